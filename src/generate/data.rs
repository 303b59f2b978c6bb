//! Storage, databases, queues and shares.

use crate::model::Threshold;

use super::compute::environment;
use super::emit::{Emitter, Facts};
use super::facility::{racked, site_name};
use super::network::uplinks;
use super::plan::Kind;

pub(super) fn storage_array(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("serial_number", e.serial())
        .text("manufacturer", "NetApp")
        .text("model", "AFF A400")
        .number("capacity", 400_000)
        .text("firmware_version", "9.14.1")
        .number("controller_count", 2);
    let site = e.site();
    e.ci(
        "storage_array",
        format!("{}-array-{:03}", site_name(site), e.index + 1),
        facts,
    );
    let rack = e.beside(Kind::Rack);
    racked(e, rack);
    uplinks(e, rack);
    if !e.index.is_multiple_of(2) {
        e.from(Kind::StorageArray, e.index - 1, "replicates_to");
    }
    e.owned();
}

pub(super) fn volume(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .number("size", e.pick(&[500, 1_000, 2_000, 8_000]) * 1_024)
        .text("raid_level", e.pick(&["raid6", "raid10"]))
        .text("volume_kind", e.pick(&["lun", "datastore"]))
        .boolean("encrypted", true);
    e.ci("volume", format!("vol-{:05}", e.index + 1), facts);
    let array = e.beside(Kind::StorageArray);
    e.to("hosted_on", Kind::StorageArray, array);
}

pub(super) fn database_cluster(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("min_up", "1")
        .text("cluster_mode", "active_passive")
        .text("engine", engine(e.index))
        .text("environment", environment(e.index));
    e.ci("database_cluster", format!("dbc-{:04}", e.index + 1), facts);
    e.owned();
}

fn engine(number: u64) -> &'static str {
    ["postgresql", "mysql", "oracle", "sqlserver"][usize::try_from(number % 4).expect("below four")]
}

pub(super) fn database_instance(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("engine", engine(e.index / 2))
        .text("version", "16.4")
        .number("port", 5_432)
        .text(
            "instance_role",
            if e.index.is_multiple_of(2) {
                "primary"
            } else {
                "standby"
            },
        )
        .text("environment", environment(e.index / 2));
    e.ci("database_instance", format!("dbi-{:05}", e.index + 1), facts);
    e.to("member_of", Kind::DatabaseCluster, e.index / 2);
    let machine = (e.beside(Kind::VirtualMachine) + e.index % 2 * 19) % e.count(Kind::VirtualMachine);
    e.to("runs_on", Kind::VirtualMachine, machine);
    if !e.index.is_multiple_of(2) {
        e.from(Kind::DatabaseInstance, e.index - 1, "replicates_to");
    }
    e.shared(&[1, 3, 4]);
}

pub(super) fn database(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("engine", engine(e.beside(Kind::DatabaseCluster)))
        .number("size", (e.below(900) + 1) * 1_024)
        .text(
            "instance_name",
            format!("dbc-{:04}", e.beside(Kind::DatabaseCluster) + 1),
        )
        .text("environment", environment(e.index))
        .text(
            "data_classification",
            e.pick(&["public", "internal", "confidential", "restricted"]),
        );
    e.ci("database", format!("db-{:05}", e.index + 1), facts);
    let cluster = e.beside(Kind::DatabaseCluster);
    e.to("hosted_on", Kind::DatabaseCluster, cluster);
    e.owned();
}

pub(super) fn message_queue(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("vendor", e.pick(&["rabbitmq", "kafka", "activemq"]))
        .text("queue_kind", "broker")
        .text("version", "3.13")
        .number("port", 5_672)
        .text("environment", environment(e.index));
    e.ci("message_queue", format!("mq-{:04}", e.index + 1), facts);
    // A quorum of three machines.
    let machines = e.count(Kind::VirtualMachine);
    let first = e.beside(Kind::VirtualMachine);
    let members = (0..3).map(|place| Emitter::key(Kind::VirtualMachine, (first + place * 11) % machines));
    let members = members.collect();
    e.needs("quorum", Threshold::Percent(51), members);
    e.shared(&[3]);
    e.owned();
}

pub(super) fn file_share(e: &mut Emitter<'_>) {
    let facts = Facts::default()
        .text("share_path", format!("//files.example.net/share-{:05}", e.index + 1))
        .text("share_protocol", "smb")
        .number("quota", e.below(4_000) + 10);
    e.ci("file_share", format!("share-{:05}", e.index + 1), facts);
    let volume = e.near(Kind::Volume);
    e.to("hosted_on", Kind::Volume, volume);
    e.shared(&[2, 4]);
    e.owned();
}
