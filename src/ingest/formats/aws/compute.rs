//! Instances, volumes, scaling groups, databases, stacks.

use serde_json::Value;

use crate::ingest::formats::inventory::{Fields, addresses_beyond_host, integer_of, list_of, moment};

use super::recorder::{Recorder, field};

/// The instances of a reservation.
pub(super) fn reservation(row: &Value, recorder: &mut Recorder<'_, '_>) {
    for row in list_of(row.get("Instances")) {
        match field(row, "InstanceId") {
            Some(id) => instance(&id, row, recorder),
            None => recorder.unreadable("Instances", "InstanceId", row),
        }
    }
}

fn instance(id: &str, row: &Value, recorder: &mut Recorder<'_, '_>) {
    let state = row
        .get("State")
        .and_then(|state| field(state, "Name"))
        .unwrap_or_default();
    if state == "terminated" {
        recorder
            .notes
            .add("IGNORED", "instances that are terminated are no CIs", id);
        return;
    }
    let mut fields = Fields::default();
    fields.text("instance_id", Some(id));
    fields.text("model", field(row, "InstanceType").as_deref());
    fields.text("operating_system", field(row, "PlatformDetails").as_deref());
    fields.text("template", field(row, "ImageId").as_deref());
    fields.moment("last_boot_at", field(row, "LaunchTime").as_deref().and_then(moment));
    fields.text(
        "power_state",
        match state.as_str() {
            "running" | "pending" => Some("on"),
            "stopped" | "stopping" | "shutting-down" => Some("off"),
            _ => None,
        },
    );
    let processors = row
        .get("CpuOptions")
        .and_then(|options| integer_of(options.get("CoreCount")));
    fields.count("cpu_cores", processors, recorder.notes);
    let own = [field(row, "PrivateIpAddress"), field(row, "PublicIpAddress")];
    fields.address("primary_ip", own.first().and_then(Option::as_deref), recorder.notes);
    let addresses = own.iter().flatten().map(String::as_str);
    fields.addresses("ip_addresses", addresses_beyond_host(addresses), recorder.notes);
    fields.custom("architecture", field(row, "Architecture"));
    recorder.resource(id, "virtual_machine", None, row, fields);
    recorder.relate(id, "attached_to", field(row, "SubnetId").as_deref(), "network");
    for mapping in list_of(row.get("BlockDeviceMappings")) {
        let volume = mapping.get("Ebs").and_then(|volume| field(volume, "VolumeId"));
        recorder.relate(id, "stores_on", volume.as_deref(), "volume");
    }
    let zone = row
        .get("Placement")
        .and_then(|placement| field(placement, "AvailabilityZone"));
    recorder.located(id, zone.as_deref());
}

/// A volume of block storage.
pub(super) fn volume(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(id) = field(row, "VolumeId") else { return };
    let mut fields = Fields::default();
    fields.text("volume_kind", Some("disk"));
    fields.count(
        "size",
        integer_of(row.get("Size")).map(|size| size.saturating_mul(1024)),
        recorder.notes,
    );
    fields.boolean("encrypted", row.get("Encrypted").and_then(Value::as_bool));
    fields.custom("volume_type", field(row, "VolumeType"));
    recorder.resource(&id, "volume", None, row, fields);
    recorder.relate_instances(row.get("Attachments"), "stores_on", &id);
    recorder.located(&id, field(row, "AvailabilityZone").as_deref());
}

/// A scaling group: its instances carry it together, and it works with as many as it keeps at least.
pub(super) fn auto_scaling_group(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let name = field(row, "AutoScalingGroupName");
    let Some(key) = field(row, "AutoScalingGroupARN").or_else(|| name.as_ref().map(|name| format!("asg:{name}")))
    else {
        return;
    };
    let mut fields = Fields::default();
    let least = integer_of(row.get("MinSize")).filter(|least| *least > 0);
    fields.text("min_up", least.map(|least| least.to_string()).as_deref());
    fields.text("cluster_mode", Some("active_active"));
    fields.custom("desired_capacity", integer_of(row.get("DesiredCapacity")));
    fields.custom("max_size", integer_of(row.get("MaxSize")));
    recorder.resource(&key, "cluster", name.as_deref(), row, fields);
    recorder.relate_instances(row.get("Instances"), "member_of", &key);
    for target in list_of(row.get("TargetGroupARNs")).iter().filter_map(Value::as_str) {
        recorder.relate(&key, "member_of", Some(target), "cluster");
    }
}

/// A database instance. Its endpoint is where it is reached; the name of its master user is left out.
pub(super) fn db_instance(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let id = field(row, "DBInstanceIdentifier");
    let Some(key) = field(row, "DBInstanceArn").or_else(|| id.as_ref().map(|id| format!("db:{id}"))) else {
        return;
    };
    let endpoint = row.get("Endpoint");
    let mut fields = Fields::default();
    fields.text("engine", field(row, "Engine").as_deref());
    fields.text("version", field(row, "EngineVersion").as_deref());
    fields.integer(
        "port",
        endpoint.and_then(|endpoint| integer_of(endpoint.get("Port"))),
        0..=65_535,
        recorder.notes,
    );
    fields.text(
        "host_name",
        endpoint.and_then(|endpoint| field(endpoint, "Address")).as_deref(),
    );
    fields.boolean("encrypted", row.get("StorageEncrypted").and_then(Value::as_bool));
    fields.custom("instance_class", field(row, "DBInstanceClass"));
    fields.custom("multi_az", row.get("MultiAZ").and_then(Value::as_bool));
    fields.custom("status", field(row, "DBInstanceStatus"));
    recorder.resource(&key, "database_instance", id.as_deref(), row, fields);
    for subnet in list_of(row.get("DBSubnetGroup").and_then(|group| group.get("Subnets"))) {
        recorder.notes.add(
            "IGNORED",
            "subnets that a database may be in say not where it is",
            &field(subnet, "SubnetIdentifier").unwrap_or_default(),
        );
    }
    recorder.located(&key, field(row, "AvailabilityZone").as_deref());
}

/// A stack. Its parameters and outputs are left out, because they hold secrets.
pub(super) fn stack(row: &Value, recorder: &mut Recorder<'_, '_>) {
    let Some(id) = field(row, "StackId") else { return };
    let mut fields = Fields::default();
    fields.text("provider", Some("aws"));
    fields.text("resource_id", Some(&id));
    fields.text("resource_kind", Some("AWS::CloudFormation::Stack"));
    fields.text("description", field(row, "Description").as_deref());
    fields.custom("status", field(row, "StackStatus"));
    recorder.resource(&id, "cloud_resource", field(row, "StackName").as_deref(), row, fields);
}
