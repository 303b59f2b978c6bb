//! A realistic estate of any size, made up: for trying Linchpin out, for demonstrations and for
//! measurements.
//!
//! The estate is made layer by layer, from sites up to business services. How many CIs a layer has
//! follows from the size of the whole, and which ones a CI stands on follows from its number, so
//! nothing needs to be remembered: records stream in constant memory, each CI before the
//! relationships that name it. The same size and seed give the same bytes on every machine.

mod business;
mod compute;
mod data;
mod emit;
mod facility;
mod network;
mod plan;
mod software;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::ingest::payload::{HeaderRecord, Record};

use emit::Emitter;
use plan::{LAYERS, Plan};

/// The name of the source that generated estates give.
pub const SOURCE: &str = "generator";

/// The smallest estate: fewer CIs do not make one of each kind.
pub const CIS_MIN: u64 = 400;

/// The largest estate: what a store of one machine is meant to hold, with room.
pub const CIS_MAX: u64 = 20_000_000;

/// An estate of `cis` CIs, brought into [`CIS_MIN`]..=[`CIS_MAX`], and about three relationships a
/// CI. Time and memory a record are constant.
pub fn estate(cis: u64, seed: u64) -> Estate {
    Estate {
        plan: Plan::new(cis.clamp(CIS_MIN, CIS_MAX)),
        seed,
        layer: 0,
        index: 0,
        ready: VecDeque::from([Record::Header(HeaderRecord {
            source: Some(SOURCE.to_owned()),
            ..HeaderRecord::default()
        })]),
    }
}

/// The records of a generated estate, one after the other.
#[derive(Debug)]
pub struct Estate {
    plan: Plan,
    seed: u64,
    layer: usize,
    index: u64,
    ready: VecDeque<Record>,
}

impl Estate {
    /// How many CIs it has in all.
    pub fn cis(&self) -> u64 {
        self.plan.total()
    }
}

impl Iterator for Estate {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.ready.is_empty() {
            let layer = LAYERS.get(self.layer)?;
            if self.index == self.plan.count(layer.kind) {
                self.layer += 1;
                self.index = 0;
                continue;
            }
            let mut emitter = Emitter::new(&self.plan, layer.kind, self.index, self.seed, &mut self.ready);
            (layer.make)(&mut emitter);
            self.index += 1;
        }
        self.ready.pop_front()
    }
}
