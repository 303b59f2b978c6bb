//! What a machine has mounted: its own file systems, and shares of others.

use std::collections::BTreeSet;

use crate::ingest::formats::document::Findings;

use super::fields::Fields;
use super::notes::{IGNORED, Notes};
use super::parts::{Machine, Part};

/// A file system on a machine.
#[derive(Debug, Default)]
pub(crate) struct Volume {
    /// Where it is in the file system, or its drive letter.
    pub(crate) name: String,
    /// Its size in MiB.
    pub(crate) size: Option<i64>,
    /// The file system on it.
    pub(crate) file_system: Option<String>,
    /// Whether it is encrypted.
    pub(crate) encrypted: Option<bool>,
    /// The block device it lies on.
    pub(crate) device: Option<String>,
    /// The identity of the file system.
    pub(crate) uuid: Option<String>,
    /// Its label.
    pub(crate) label: Option<String>,
}

/// File systems that the kernel makes up: they hold nothing.
const PSEUDO: [&str; 38] = [
    "autofs",
    "bpf",
    "binfmt_misc",
    "cgroup",
    "cgroup2",
    "configfs",
    "ctfs",
    "debugfs",
    "devfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fd",
    "fdesc",
    "fdescfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "kernfs",
    "lofs",
    "mntfs",
    "mqueue",
    "nsfs",
    "objfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "ramfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "sharefs",
    "squashfs",
    "sysfs",
    "tmpfs",
    "tracefs",
    "udf",
];

/// File systems of other machines.
const REMOTE: [&str; 8] = ["nfs", "nfs3", "nfs4", "cifs", "smb", "smb3", "smbfs", "afpfs"];

impl Volume {
    /// Whether the kernel makes it up.
    fn is_pseudo(&self) -> bool {
        let kind = self.file_system.as_deref().unwrap_or_default().to_ascii_lowercase();
        PSEUDO.contains(&kind.as_str()) || kind.starts_with("fuse.")
    }

    /// The path and protocol of the share it is, if it is another machine's.
    fn share(&self) -> Option<(&str, &'static str)> {
        let kind = self.file_system.as_deref()?.to_ascii_lowercase();
        let path = self.device.as_deref()?.trim();
        if !REMOTE.contains(&kind.as_str()) || path.is_empty() {
            return None;
        }
        let protocol = match kind.as_str() {
            "afpfs" => "afp",
            other if other.starts_with("nfs") => "nfs",
            _ => "smb",
        };
        Some((path, protocol))
    }

    /// Records it on its machine.
    pub(crate) fn tell(&self, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
        let mut fields = Fields::default();
        let device = self.device.as_deref().unwrap_or_default();
        let logical = device.starts_with("/dev/mapper/") || device.starts_with("/dev/dm-");
        fields.text(
            "volume_kind",
            Some(if logical { "logical_volume" } else { "partition" }),
        );
        fields.count("size", self.size, notes);
        fields.text("file_system", self.file_system.as_deref());
        fields.boolean("encrypted", self.encrypted);
        fields.custom("device", self.device.clone());
        fields.custom("uuid", self.uuid.clone());
        fields.custom("label", self.label.clone());
        let part = Part {
            ci_type: "volume",
            local_key: &self.name,
            name: &self.name,
            relationship_type: "hosted_on",
            forward: None,
        };
        machine.part(&part, fields, findings);
    }
}

/// What a machine has mounted, as it is told one by one.
#[derive(Debug, Default)]
pub(crate) struct Volumes {
    names: BTreeSet<String>,
    shares: BTreeSet<String>,
}

impl Volumes {
    /// Records a volume on its machine, or the share that is mounted there; what holds nothing and what
    /// was told before is noted.
    pub(crate) fn tell(&mut self, volume: &Volume, machine: &Machine, notes: &mut Notes, findings: &mut Findings<'_>) {
        if !self.names.insert(volume.name.clone()) {
            let reason = "a mount point that is listed again is taken once";
            notes.add(IGNORED, reason, &volume.name);
        } else if let Some(share) = volume.share() {
            tell_share(machine, share, &mut self.shares, findings);
        } else if volume.is_pseudo() {
            let reason = "file systems that the kernel makes up are no volumes";
            notes.add(IGNORED, reason, &volume.name);
        } else {
            volume.tell(machine, notes, findings);
        }
    }
}

/// Records another machine's share that a machine mounts, once for all its mount points.
fn tell_share(
    machine: &Machine,
    (path, protocol): (&str, &str),
    told: &mut BTreeSet<String>,
    findings: &mut Findings<'_>,
) {
    let key = format!("file_share:{path}");
    if told.insert(key.clone()) {
        let mut fields = Fields::default();
        fields.text("share_path", Some(path));
        fields.text("share_protocol", Some(protocol));
        findings.ci(machine.record(key.clone(), "file_share", path, fields.finish()));
    }
    machine.relate("mounts", &key, findings);
}
