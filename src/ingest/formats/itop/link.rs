//! References between iTop's objects, and the objects that are nothing but links.

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::observation::{Problem, RecordKind};
use crate::ingest::payload::RelationshipRecord;
use crate::model::Input;

use super::Object;
use super::class::{Class, key};

/// A field of an object that leads to another.
struct Reference {
    field: &'static str,
    /// What shares numbers with the other one.
    root: &'static str,
    relationship_type: &'static str,
    /// Whether the relationship starts at the other one.
    reversed: bool,
}

const fn reference(field: &'static str, root: &'static str, relationship_type: &'static str) -> Reference {
    Reference {
        field,
        root,
        relationship_type,
        reversed: false,
    }
}

const CI: &str = "FunctionalCI";

/// Fields that mean the same wherever they stand.
const REFERENCES: [Reference; 22] = [
    reference("server_id", CI, "runs_on"),
    reference("virtualhost_id", CI, "runs_on"),
    reference("system_id", CI, "runs_on"),
    reference("farm_id", CI, "member_of"),
    reference("dbserver_id", CI, "hosted_on"),
    reference("db_server_instance_id", CI, "hosted_on"),
    reference("webserver_id", CI, "hosted_on"),
    reference("middleware_id", CI, "hosted_on"),
    reference("device_id", CI, "hosted_on"),
    reference("connectableci_id", CI, "hosted_on"),
    reference("virtualmachine_id", CI, "hosted_on"),
    reference("storagesystem_id", CI, "hosted_on"),
    reference("nas_id", CI, "hosted_on"),
    reference("rack_id", CI, "located_in"),
    reference("enclosure_id", CI, "located_in"),
    reference("powersource_id", CI, "powered_by"),
    reference("powerstart_id", CI, "powered_by"),
    reference("powerA_id", CI, "powered_by"),
    reference("powerB_id", CI, "powered_by"),
    reference("software_id", "Software", "instance_of"),
    reference("softwarelicence_id", "Licence", "licensed_by"),
    reference("oslicence_id", "Licence", "licensed_by"),
];

/// Says where the references of a CI lead.
pub(super) fn references(object: &Object, class: &Class, from: &str, findings: &mut Findings<'_>) {
    let own: &[Reference] = match (class.root, class.ci_type) {
        (CI, _) => &[
            reference("org_id", "Organization", "owned_by"),
            reference("location_id", "Location", "located_in"),
        ],
        ("Contact", "person") => &[
            reference("org_id", "Organization", "belongs_to"),
            reference("location_id", "Location", "based_at"),
            reference("manager_id", "Contact", "managed_by"),
        ],
        ("Contact", _) => &[reference("org_id", "Organization", "belongs_to")],
        ("Organization", _) => &[reference("parent_id", "Organization", "belongs_to")],
        ("Contract", _) => &[reference("provider_id", "Organization", "supplied_by")],
        ("Service", _) => &[reference("org_id", "Organization", "supplied_by")],
        // An offering is what its service offers: it fails with it.
        ("ServiceSubcategory", _) => &[Reference {
            field: "service_id",
            root: "Service",
            relationship_type: "provides",
            reversed: true,
        }],
        (_, _) => &[],
    };
    for reference in REFERENCES.iter().chain(own) {
        let Some(id) = object.reference(reference.field) else {
            continue;
        };
        let to = key(reference.root, id);
        if reference.reversed {
            findings.relationship(to, reference.relationship_type, from);
        } else {
            findings.relationship(from, reference.relationship_type, to);
        }
    }
}

/// A class whose objects are relationships.
#[derive(Debug)]
pub(super) struct Link {
    class: &'static str,
    from: (&'static str, &'static str),
    relationship_type: &'static str,
    to: (&'static str, &'static str),
}

const fn link(
    class: &'static str,
    from: (&'static str, &'static str),
    relationship_type: &'static str,
    to: (&'static str, &'static str),
) -> Link {
    Link {
        class,
        from,
        relationship_type,
        to,
    }
}

const CONTRACT: &str = "Contract";

const LINKS: [Link; 18] = [
    // A solution needs all that it is made of, unless its setting `redundancy` says how many.
    link(
        "lnkApplicationSolutionToFunctionalCI",
        ("functionalci_id", CI),
        "part_of",
        ("applicationsolution_id", CI),
    ),
    link("lnkSolutionToCI", ("ci_id", CI), "part_of", ("solution_id", CI)),
    link(
        "lnkApplicationSolutionToBusinessProcess",
        ("businessprocess_id", CI),
        "depends_on",
        ("applicationsolution_id", CI),
    ),
    link(
        "lnkProcessToSolution",
        ("process_id", CI),
        "depends_on",
        ("solution_id", CI),
    ),
    link(
        "lnkConnectableCIToNetworkDevice",
        ("connectableci_id", CI),
        "connects_to",
        ("networkdevice_id", CI),
    ),
    link(
        "lnkContactToFunctionalCI",
        ("functionalci_id", CI),
        "supported_by",
        ("contact_id", "Contact"),
    ),
    link(
        "lnkContactToService",
        ("service_id", "Service"),
        "supported_by",
        ("contact_id", "Contact"),
    ),
    link(
        "lnkPersonToTeam",
        ("person_id", "Contact"),
        "belongs_to",
        ("team_id", "Contact"),
    ),
    link(
        "lnkFunctionalCIToService",
        ("service_id", "Service"),
        "depends_on",
        ("functionalci_id", CI),
    ),
    link(
        "lnkFunctionalCIToProviderContract",
        ("functionalci_id", CI),
        "covered_by",
        ("providercontract_id", CONTRACT),
    ),
    link(
        "lnkCustomerContractToFunctionalCI",
        ("functionalci_id", CI),
        "covered_by",
        ("customercontract_id", CONTRACT),
    ),
    link(
        "lnkCustomerContractToService",
        ("service_id", "Service"),
        "covered_by",
        ("customercontract_id", CONTRACT),
    ),
    link(
        "lnkProviderContractToService",
        ("service_id", "Service"),
        "covered_by",
        ("providercontract_id", CONTRACT),
    ),
    link(
        "lnkServerToVolume",
        ("server_id", CI),
        "mounts",
        ("volume_id", "LogicalVolume"),
    ),
    link(
        "lnkVirtualDeviceToVolume",
        ("virtualdevice_id", CI),
        "mounts",
        ("volume_id", "LogicalVolume"),
    ),
    link(
        "lnkDocumentToFunctionalCI",
        ("functionalci_id", CI),
        "documented_by",
        ("document_id", "Document"),
    ),
    link(
        "lnkSanToDatacenterDevice",
        ("datacenterdevice_id", CI),
        "connects_to",
        ("san_id", CI),
    ),
    link(
        "lnkPhysicalInterfaceToVLAN",
        ("physicalinterface_id", "NetworkInterface"),
        "attached_to",
        ("vlan_id", "VLAN"),
    ),
];

/// The link class of a name.
pub(super) fn of(name: &str) -> Option<&'static Link> {
    LINKS.iter().find(|link| link.class == name)
}

impl Link {
    /// Says the relationship that an object of the class is.
    pub(super) fn say(&self, object: &Object, findings: &mut Findings<'_>) {
        let end = |(field, root): (&str, &str)| object.reference(field).map(|id| key(root, id));
        let (Some(mut from), Some(mut to)) = (end(self.from), end(self.to)) else {
            let message = format!("a `{}` lacks `{}` or `{}`", self.class, self.from.0, self.to.0);
            let problem = Problem::new(ErrorCode::BadUserInput, message);
            findings.unreadable(RecordKind::Relationship, Some(key(self.class, &object.id)), problem);
            return;
        };
        // The device behind an uplink is nearer to the rest of the network than the one that has it.
        let mut ports = ["device_port", "network_port"];
        if object.text("connection_type").or_else(|| object.text("link_type")) == Some("uplink") {
            std::mem::swap(&mut from, &mut to);
            ports.reverse();
        }
        let attributes = if self.relationship_type == "connects_to" {
            let port = |(ours, theirs): (&str, &str)| Some((ours.to_owned(), Input::from(object.text(theirs)?)));
            ["local_port", "remote_port"]
                .into_iter()
                .zip(ports)
                .filter_map(port)
                .collect()
        } else {
            Vec::new()
        };
        findings.relationship_record(RelationshipRecord {
            from,
            relationship_type: self.relationship_type.to_owned(),
            to,
            attributes,
            ..RelationshipRecord::default()
        });
    }
}
