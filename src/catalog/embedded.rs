//! The default catalog: the files of `schema/catalog`, read by the same parser as a user's.

use super::{Catalog, CatalogError};
use crate::model::DeltaItem;

/// The files, each after those whose types it names.
pub(super) const FILES: [(&str, &str); 13] = [
    ("lifecycle.toml", include_str!("../../schema/catalog/lifecycle.toml")),
    ("base.toml", include_str!("../../schema/catalog/base.toml")),
    ("business.toml", include_str!("../../schema/catalog/business.toml")),
    (
        "application.toml",
        include_str!("../../schema/catalog/application.toml"),
    ),
    ("compute.toml", include_str!("../../schema/catalog/compute.toml")),
    ("storage.toml", include_str!("../../schema/catalog/storage.toml")),
    ("network.toml", include_str!("../../schema/catalog/network.toml")),
    ("facility.toml", include_str!("../../schema/catalog/facility.toml")),
    ("cloud.toml", include_str!("../../schema/catalog/cloud.toml")),
    (
        "people_and_assets.toml",
        include_str!("../../schema/catalog/people_and_assets.toml"),
    ),
    ("monitoring.toml", include_str!("../../schema/catalog/monitoring.toml")),
    (
        "relationship_types.toml",
        include_str!("../../schema/catalog/relationship_types.toml"),
    ),
    ("ingest.toml", include_str!("../../schema/catalog/ingest.toml")),
];

pub(super) fn items() -> Result<Vec<DeltaItem>, CatalogError> {
    let mut catalog = Catalog::default();
    let mut items = Vec::new();
    for (_, text) in FILES {
        let found = catalog.define(text)?;
        for item in &found {
            catalog.apply(item);
        }
        items.extend(found);
    }
    Ok(items)
}
