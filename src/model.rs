//! The pure vocabulary: what a configuration management database speaks about.
//!
//! Values in, values out: no I/O, no clock, no async, and nothing that crosses a wire.
//! Every boundary (store, API, ingest) has types of its own and converts.

pub mod attribute;
pub mod command;
pub mod configuration_item;
pub mod decimal;
pub mod definition;
pub mod delta;
pub mod id;
pub mod impact_state;
pub mod input;
pub mod json;
pub mod lifecycle;
pub mod merge;
pub mod name;
pub mod network;
pub mod packed;
pub mod provenance;
pub mod redundancy;
pub mod relationship;
pub mod review;
pub mod rule;
pub mod run;
pub mod strength;
pub mod validity;

pub use attribute::{Attribute, AttributeValue, Attributes};
pub use command::{CatalogCommand, CiPatch, Command, GroupPatch, RelationshipPatch};
pub use configuration_item::{CiFields, ConfigurationItem, Origin, PackedCi, Stamp};
pub use decimal::Decimal;
pub use delta::{Actor, BeforeAfter, Delta, DeltaItem, IdempotencyKey, JournalEntry, Revision};
pub use id::{AttributeId, CiId, CiTypeId, GroupId, PoolId, RelationshipId, RelationshipTypeId, ReviewId, SourceId};
pub use impact_state::ImpactState;
pub use input::Input;
pub use lifecycle::LifecycleStage;
pub use merge::{Distinction, Merge, MergeChoice, MergeSide, MergedGroup, MergedRelationship, RelationshipFate};
pub use name::Name;
pub use provenance::{Claims, Pin, Source, SourceName, Stale, Standing};
pub use redundancy::{GroupMember, RedundancyGroup, Threshold, Thresholds, Weight};
pub use relationship::{Relationship, SaidBy};
pub use review::{ReviewCommand, ReviewItem};
pub use rule::{Authority, AuthorityPolicy, IngestRule};
pub use strength::Strength;
pub use validity::Validity;
