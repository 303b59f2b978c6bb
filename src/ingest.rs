//! Inventory pushed from outside: bytes, observations, identification, reconciliation, commands.

pub mod payload;
