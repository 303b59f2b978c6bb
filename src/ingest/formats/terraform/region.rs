//! Providers, and the regions and zones that resources say they are in.

use super::state::Instance;

/// The catalog's words for providers whose resource types begin otherwise.
const PROVIDERS: [(&str, &str); 4] = [
    ("google", "gcp"),
    ("azurerm", "azure"),
    ("azuread", "azure"),
    ("azapi", "azure"),
];

/// The provider of a type of resource: what its name begins with.
pub(super) fn provider(kind: &str) -> &str {
    let prefix = kind.split('_').next().unwrap_or(kind);
    PROVIDERS
        .iter()
        .find(|(theirs, _)| *theirs == prefix)
        .map_or(prefix, |(_, ours)| ours)
}

/// Where something is: a zone, if it says so, and the region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) region: Option<String>,
    pub(super) zone: Option<String>,
}

/// Where a resource is.
pub(super) fn place(instance: &Instance<'_>) -> Place {
    let text = |name: &str| instance.text(name).map(|text| text.to_string());
    let of_arn = instance
        .text("arn")
        .and_then(|arn| arn.split(':').nth(3).map(str::to_owned))
        .filter(|region| !region.is_empty());
    let (region, zone) = match provider(instance.kind) {
        "aws" => {
            let zone = text("availability_zone");
            let of_zone = zone
                .as_deref()
                .and_then(|zone| zone.strip_suffix(|last: char| last.is_ascii_lowercase()));
            let region = of_zone.map(str::to_owned).or(of_arn).or_else(|| text("region"));
            (region, zone)
        }
        "gcp" => {
            let zone = text("zone");
            let of_zone = zone
                .as_deref()
                .and_then(|zone| zone.rsplit_once('-'))
                .map(|(region, _)| region.to_owned());
            (of_zone.or_else(|| text("region")), zone)
        }
        "azure" => (
            text("location").map(|location| location.replace(' ', "").to_ascii_lowercase()),
            None,
        ),
        _ => (text("region"), None),
    };
    Place {
        region: region.filter(|region| is_code(region)),
        zone: zone.filter(|zone| is_code(zone)),
    }
}

/// Whether a text can be the name of a region; not an address, a sentence or a reference to one.
fn is_code(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
