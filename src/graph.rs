//! The live estate: every CI and relationship in memory, petgraph inside, ids outside.
//!
//! An [`Estate`] changes only by [`Estate::apply`], which cannot fail: what it is given has been
//! checked. A [`Snapshot`] is one revision of it, immutable, for readers. Questions about impact
//! run on the [`dependency::DependencyIndex`] that the same `apply` keeps up.

mod apply;
mod as_of;
pub mod budget;
mod build;
pub mod dependency;
mod derive;
mod estate;
pub mod find;
mod group_table;
mod identity_table;
mod label;
mod listing;
mod lookup;
pub mod marks;
mod reference;
mod relationship_table;
pub mod restore;
mod review_table;
pub mod search;
mod shared;
pub mod sightings;
pub mod slips;
mod slot;
pub mod traverse;

pub use estate::{Estate, RelationshipRef, Snapshot};
pub use identity_table::{IDENTITY_CHUNKS, identity_chunk};
pub use reference::ReferenceError;
pub use slot::Slot;
