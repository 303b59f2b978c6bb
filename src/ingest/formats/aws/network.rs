//! Networks, what is in them, and what spreads load.

use serde_json::Value;

use crate::ingest::formats::inventory::{Fields, integer_of, list_of, text_of};

use super::recorder::{Recorder, field};

/// A virtual network.
pub(super) fn vpc(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(id) = field(row, "VpcId") else { return };
    let mut fields = Fields::default();
    // Every account has networks of the same ranges, so as an attribute the range would identify what it
    // does not.
    fields.custom("cidr_block", field(row, "CidrBlock"));
    recorder.resource(&id, "network", None, row, fields);
}

/// A part of a virtual network.
pub(super) fn subnet(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(id) = field(row, "SubnetId") else { return };
    let vpc = field(row, "VpcId");
    let mut fields = Fields::default();
    fields.custom("cidr_block", field(row, "CidrBlock"));
    recorder.resource(&id, "network", None, row, fields);
    recorder.relate(&id, "hosted_on", vpc.as_deref(), "network");
    recorder.located(&id, field(row, "AvailabilityZone").as_deref());
}

fn within_vpc(id: &str, kind: &str, name: Option<&str>, row: &Value, recorder: &mut Recorder<'_, '_>) {
    let mut fields = Fields::default();
    fields.text("provider", Some("aws"));
    fields.text("resource_id", Some(id));
    fields.text("resource_kind", Some(kind));
    fields.text("account_id", field(row, "OwnerId").as_deref());
    fields.text("description", field(row, "Description").as_deref());
    recorder.resource(id, "cloud_resource", name, row, fields);
    recorder.relate(id, "hosted_on", field(row, "VpcId").as_deref(), "network");
}

/// A set of rules on who may speak to whom.
pub(super) fn security_group(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(id) = field(row, "GroupId") else { return };
    within_vpc(
        &id,
        "AWS::EC2::SecurityGroup",
        field(row, "GroupName").as_deref(),
        row,
        recorder,
    );
}

/// A table of routes; the networks that use it depend on it.
pub(super) fn route_table(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(id) = field(row, "RouteTableId") else { return };
    within_vpc(&id, "AWS::EC2::RouteTable", None, row, recorder);
    for association in list_of(row.get("Associations")) {
        recorder.relate_from(field(association, "SubnetId").as_deref(), "network", "depends_on", &id);
    }
}

/// An interface of an instance or of a service.
pub(super) fn network_interface(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(id) = field(row, "NetworkInterfaceId") else {
        return;
    };
    let mut fields = Fields::default();
    fields.mac("mac_address", field(row, "MacAddress").as_deref(), recorder.notes);
    let listed = list_of(row.get("PrivateIpAddresses")).iter();
    let private = listed.clone().filter_map(|entry| field(entry, "PrivateIpAddress"));
    let public = listed.filter_map(|entry| field(entry.get("Association")?, "PublicIp"));
    let six = list_of(row.get("Ipv6Addresses"))
        .iter()
        .filter_map(|entry| field(entry, "Ipv6Address"));
    let addresses: Vec<String> = private.chain(public).chain(six).collect();
    fields.addresses("ip_addresses", addresses.iter().map(String::as_str), recorder.notes);
    fields.text("interface_kind", field(row, "InterfaceType").as_deref());
    fields.text("description", field(row, "Description").as_deref());
    recorder.resource(&id, "interface", None, row, fields);
    let instance = row
        .get("Attachment")
        .and_then(|attachment| field(attachment, "InstanceId"));
    recorder.relate(&id, "hosted_on", instance.as_deref(), "virtual_machine");
    recorder.relate(&id, "attached_to", field(row, "SubnetId").as_deref(), "network");
}

fn balancer(key: &str, name: Option<&str>, row: &Value, mut fields: Fields, recorder: &mut Recorder<'_, '_>) {
    fields.text("fqdn", field(row, "DNSName").map(|name| name.to_lowercase()).as_deref());
    fields.custom("scheme", field(row, "Scheme"));
    recorder.resource(key, "load_balancer", name, row, fields);
}

/// A load balancer of the first generation: its instances carry it, and one is enough.
pub(super) fn classic_load_balancer(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(name) = field(row, "LoadBalancerName") else {
        return;
    };
    let key = field(row, "DNSName").unwrap_or_else(|| format!("elb:{name}"));
    let mut fields = Fields::default();
    fields.text("min_up", Some("1"));
    balancer(&key, Some(&name), row, fields, recorder);
    recorder.relate_instances(row.get("Instances"), "member_of", &key);
}

/// A load balancer.
pub(super) fn load_balancer(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(key) = field(row, "LoadBalancerArn") else {
        return;
    };
    let mut fields = Fields::default();
    let zones = list_of(row.get("AvailabilityZones")).iter();
    let listed = zones.flat_map(|zone| list_of(zone.get("LoadBalancerAddresses")));
    let addresses: Vec<String> = listed.filter_map(|entry| field(entry, "IpAddress")).collect();
    fields.addresses("virtual_ips", addresses.iter().map(String::as_str), recorder.notes);
    fields.custom("balancer_type", field(row, "Type"));
    balancer(&key, field(row, "LoadBalancerName").as_deref(), row, fields, recorder);
}

/// What a load balancer sends requests to; who is in it is another call's answer. One target is enough.
pub(super) fn target_group(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(key) = field(row, "TargetGroupArn") else {
        return;
    };
    let mut fields = Fields::default();
    fields.text("min_up", Some("1"));
    fields.text("cluster_mode", Some("active_active"));
    fields.custom("port", integer_of(row.get("Port")));
    fields.custom("protocol", field(row, "Protocol"));
    recorder.resource(&key, "cluster", field(row, "TargetGroupName").as_deref(), row, fields);
    for balancer in list_of(row.get("LoadBalancerArns"))
        .iter()
        .filter_map(|arn| text_of(Some(arn)))
    {
        recorder.relate_from(Some(&balancer), "load_balancer", "depends_on", &key);
    }
}
