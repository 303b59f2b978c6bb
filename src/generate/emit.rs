//! Writing down one CI of an estate and what it stands on.

use std::collections::VecDeque;

use crate::ingest::payload::{CiRecord, GroupRecord, MemberRecord, Record, RelationshipRecord};
use crate::model::{Input, LifecycleStage, Threshold};

use super::plan::{Kind, LAYERS, Plan};

/// What one step of the generator sees: the plan, which CI it makes, its own chance.
pub(super) struct Emitter<'e> {
    plan: &'e Plan,
    kind: Kind,
    /// The number of the CI among its kind.
    pub(super) index: u64,
    random: fastrand::Rng,
    out: &'e mut VecDeque<Record>,
}

impl<'e> Emitter<'e> {
    pub(super) fn new(plan: &'e Plan, kind: Kind, index: u64, seed: u64, out: &'e mut VecDeque<Record>) -> Self {
        // A large odd factor each keeps the streams of neighbouring CIs and kinds apart.
        let stream = seed
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add((kind as u64).wrapping_mul(0xd1b5_4a32_d192_ed03))
            .wrapping_add(index.wrapping_mul(0x8cb9_2ba7_2f3d_8dd7));
        Self {
            plan,
            kind,
            index,
            random: fastrand::Rng::with_seed(stream),
            out,
        }
    }

    /// How many CIs of a kind there are.
    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.plan.count(kind)
    }

    /// A number below `bound`, by chance.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.random.u64(0..bound.max(1))
    }

    /// Whether something that happens in so many of a hundred cases happens.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several, by chance.
    pub(super) fn pick<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.random.usize(0..options.len())]
    }

    /// Where this CI stands among those of another kind when both are laid side by side: what is
    /// near here is near there, as in a real estate.
    pub(super) fn beside(&self, kind: Kind) -> u64 {
        scale(self.index, self.count(self.kind), self.count(kind))
    }

    /// One of a kind by chance, seven of ten times one nearby.
    pub(super) fn near(&mut self, kind: Kind) -> u64 {
        let count = self.count(kind);
        if self.percent(70) {
            (self.beside(kind) + self.below(8)) % count
        } else {
            self.below(count)
        }
    }

    /// Which site this CI is at, and its number among those of its kind there.
    pub(super) fn site(&self) -> u64 {
        self.beside(Kind::Site)
    }

    /// The key of a CI.
    pub(super) fn key(kind: Kind, index: u64) -> String {
        format!("{}-{index}", LAYERS[kind as usize].prefix)
    }

    /// The key of the CI being made.
    pub(super) fn own_key(&self) -> String {
        Self::key(self.kind, self.index)
    }

    /// Emits the CI being made.
    pub(super) fn ci(&mut self, ci_type: &str, name: String, facts: Facts) {
        let attributes = facts
            .text("external_id", format!("gen-{}-{}", self.kind as u8, self.index))
            .text("cost_centre", format!("{}", 4_000 + self.below(60) * 10));
        let stage = match self.random.u64(0..1_000) {
            0..=4 => LifecycleStage::Maintenance,
            5..=7 => LifecycleStage::Degraded,
            8..=15 => LifecycleStage::Planned,
            _ => LifecycleStage::InService,
        };
        // Whatever others stand on by construction is in service: an estate in which a whole site
        // is retired is none.
        let foundation = (self.kind as u8) < Kind::VirtualMachine as u8;
        self.out.push_back(Record::Ci(CiRecord {
            key: Some(self.own_key()),
            ci_type: ci_type.to_owned(),
            name: Some(name),
            stage: Some(if foundation { LifecycleStage::InService } else { stage }),
            attributes: attributes.0,
            ..CiRecord::default()
        }));
    }

    /// Emits a relationship from the CI being made.
    pub(super) fn to(&mut self, relationship_type: &str, kind: Kind, index: u64) {
        let from = self.own_key();
        self.relate(from, relationship_type, Self::key(kind, index));
    }

    /// Emits a relationship to the CI being made.
    pub(super) fn from(&mut self, kind: Kind, index: u64, relationship_type: &str) {
        let to = self.own_key();
        self.relate(Self::key(kind, index), relationship_type, to);
    }

    /// Emits a relationship between two CIs.
    pub(super) fn relate(&mut self, from: String, relationship_type: &str, to: String) {
        self.out.push_back(Record::Relationship(RelationshipRecord {
            from,
            relationship_type: relationship_type.to_owned(),
            to,
            ..RelationshipRecord::default()
        }));
    }

    /// Emits an explicit group of which the CI being made needs `up_min`.
    pub(super) fn needs(&mut self, name: &str, up_min: Threshold, members: Vec<String>) {
        self.needs_for(self.kind, self.index, name, up_min, members);
    }

    /// Emits an explicit group of which an earlier CI needs `up_min`.
    pub(super) fn needs_for(&mut self, kind: Kind, index: u64, name: &str, up_min: Threshold, members: Vec<String>) {
        self.out.push_back(Record::Group(GroupRecord {
            name: name.to_owned(),
            consumer: Self::key(kind, index),
            members: members
                .into_iter()
                .map(|ci| MemberRecord {
                    ci,
                    ..MemberRecord::default()
                })
                .collect(),
            up_min: Some(up_min),
            ..GroupRecord::default()
        }));
    }

    /// Emits who owns the CI being made.
    pub(super) fn owned(&mut self) {
        let team = self.near(Kind::Team);
        self.to("owned_by", Kind::Team, team);
    }

    /// Lets the CI being made use shared services: 0 DNS, 1 NTP, 2 directory, 3 monitoring, 4 backup,
    /// 5 logging.
    pub(super) fn shared(&mut self, uses: &[u64]) {
        for service in uses {
            match service {
                3 => self.to("monitored_by", Kind::SharedService, 3),
                4 => self.from(Kind::SharedService, 4, "backs_up"),
                _ => self.to("uses", Kind::SharedService, *service),
            }
        }
    }

    /// A serial number, unique in the estate: it names kind and number.
    pub(super) fn serial(&mut self) -> String {
        let vendor = self.pick(&["CZ", "SG", "US", "MX"]);
        let prefix = LAYERS[self.kind as usize].prefix.to_ascii_uppercase();
        format!("{vendor}{prefix}{:08}", self.index)
    }

    /// A day within the last years before 2026, as a moment.
    pub(super) fn day(&mut self) -> String {
        let (year, month, day) = (2019 + self.below(7), 1 + self.below(12), 1 + self.below(28));
        format!("{year:04}-{month:02}-{day:02}T00:00:00Z")
    }
}

/// Where place `index` of `count` lies among `of` places.
pub(super) fn scale(index: u64, count: u64, of: u64) -> u64 {
    (index * of).checked_div(count).unwrap_or(0)
}

/// The attributes of a CI being made.
#[derive(Debug, Default)]
pub(super) struct Facts(Vec<(String, Input)>);

impl Facts {
    pub(super) fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), Input::Text(value.into())));
        self
    }

    pub(super) fn list(mut self, name: &str, values: &[String]) -> Self {
        let values = values.iter().cloned().map(Input::Text).collect();
        self.0.push((name.to_owned(), Input::List(values)));
        self
    }

    pub(super) fn number(mut self, name: &str, value: u64) -> Self {
        self.0.push((name.to_owned(), Input::Number(value.to_string())));
        self
    }

    pub(super) fn boolean(mut self, name: &str, value: bool) -> Self {
        self.0.push((name.to_owned(), Input::Boolean(value)));
        self
    }
}
