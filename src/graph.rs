//! The live estate: configuration items and relationships in memory, and the indexes on them.

pub mod dependency;
pub mod slot;

pub use slot::Slot;
