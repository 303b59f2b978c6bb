//! Which type of CI a machine is, by what its inventory says of its body.

/// What an inventory says of a machine's body; what it does not say is absent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clues<'a> {
    /// The word for its enclosure: `Laptop`, `Rack Mount Chassis`, `Tower`.
    pub(crate) chassis: Option<&'a str>,
    /// What makes it virtual: `vmware`, `kvm`; absent: nothing is said.
    pub(crate) virtualization: Option<&'a str>,
    /// Whether it is a guest there; absent: nothing is said.
    pub(crate) guest: Option<bool>,
    /// Its operating system, to tell a workplace from a server of the same enclosure.
    pub(crate) operating_system: Option<&'a str>,
    /// Its maker's name of the model.
    pub(crate) model: Option<&'a str>,
}

/// What containers run in: they share the machine, so they are none.
const CONTAINERS: [&str; 12] = [
    "docker",
    "podman",
    "lxc",
    "lxd",
    "openvz",
    "containerd",
    "container",
    "jail",
    "zone",
    "nspawn",
    "systemd-nspawn",
    "wsl",
];

/// Enclosures that somebody carries.
const PORTABLE: [&str; 9] = [
    "laptop",
    "notebook",
    "portable",
    "sub notebook",
    "convertible",
    "detachable",
    "tablet",
    "hand held",
    "handheld",
];

/// Enclosures of workplaces, if the operating system does not say otherwise.
const DESK: [&str; 10] = [
    "desktop",
    "low profile desktop",
    "tower",
    "mini tower",
    "all in one",
    "mini pc",
    "space-saving",
    "lunch box",
    "pizza box",
    "stick pc",
];

/// Enclosures of machine rooms.
const RACK: [&str; 8] = [
    "rack mount chassis",
    "rack mount",
    "main server chassis",
    "main system chassis",
    "blade",
    "blade enclosure",
    "multi-system chassis",
    "server",
];

/// Words in the model's name of a virtual machine.
const VIRTUAL_MODELS: [&str; 8] = [
    "virtualbox",
    "vmware",
    "virtual machine",
    "kvm",
    "qemu",
    "hvm domu",
    "bochs",
    "openstack",
];

/// The type of CI for a machine, and the kind of end-user device where it is one. Where nothing tells a
/// physical machine from a virtual one it is a `server`, which either refines later.
pub(crate) fn machine_type(clues: Clues<'_>) -> (&'static str, Option<&'static str>) {
    let word = |text: Option<&str>| text.unwrap_or_default().trim().to_lowercase();
    let (chassis, virtualization, model) = (word(clues.chassis), word(clues.virtualization), word(clues.model));
    let contained = CONTAINERS
        .iter()
        .any(|known| virtualization.split(['_', ' ']).any(|part| part == *known));
    if contained && clues.guest != Some(false) {
        return ("server", None);
    }
    let virtual_model = VIRTUAL_MODELS.iter().any(|known| model.contains(known));
    if clues.guest == Some(true) || clues.guest.is_none() && virtual_model {
        return ("virtual_machine", None);
    }
    if model.starts_with("macbook") {
        return ("end_user_device", Some("laptop"));
    }
    if model.starts_with("imac") {
        return ("end_user_device", Some("desktop"));
    }
    if PORTABLE.contains(&chassis.as_str()) {
        let kind = if chassis == "tablet" { "tablet" } else { "laptop" };
        return ("end_user_device", Some(kind));
    }
    if DESK.contains(&chassis.as_str()) && is_workplace(&word(clues.operating_system)) {
        return ("end_user_device", Some("desktop"));
    }
    if RACK.contains(&chassis.as_str()) || clues.guest == Some(false) {
        return ("physical_server", None);
    }
    ("server", None)
}

/// Whether an operating system is one for people at desks.
fn is_workplace(operating_system: &str) -> bool {
    let windows = operating_system.contains("windows") && !operating_system.contains("server");
    windows
        || ["macos", "mac os", "os x", "workstation", "desktop"]
            .iter()
            .any(|word| operating_system.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_what_its_body_says() {
        let kind = |chassis, virtualization, guest, operating_system| {
            machine_type(Clues {
                chassis,
                virtualization,
                guest,
                operating_system,
                model: None,
            })
        };
        assert_eq!(
            kind(Some("Other"), Some("virtualbox"), Some(true), None).0,
            "virtual_machine"
        );
        assert_eq!(
            kind(Some("Notebook"), Some("kvm"), Some(false), None),
            ("end_user_device", Some("laptop"))
        );
        assert_eq!(kind(Some("Tower"), None, None, Some("Debian GNU/Linux")).0, "server");
        assert_eq!(
            kind(Some("Tower"), None, None, Some("Windows 10 Pro")).0,
            "end_user_device"
        );
        assert_eq!(kind(Some("Tower"), None, None, Some("Windows Server 2019")).0, "server");
        assert_eq!(kind(Some("Rack Mount Chassis"), None, None, None).0, "physical_server");
        assert_eq!(kind(None, Some("docker"), Some(true), None).0, "server");
        assert_eq!(kind(None, None, None, None).0, "server");
    }
}
