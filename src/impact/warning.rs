//! What an answer wants to be said beside it (section 9 of the law). The answer stands.

use std::collections::BTreeMap;

use crate::graph::Slot;
use crate::graph::dependency::GroupKey;
use crate::model::{CiId, RelationshipId};

use super::question::ImpactView;

/// The kinds of warnings. Those the dependency index cannot see are added by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WarningCode {
    /// A relationship leads to a CI that does not exist.
    DanglingEdge,
    /// A relationship leads from a CI to itself.
    SelfEdge,
    /// A relationship has a type the catalog does not know.
    UnknownType,
    /// A failed CI was named more than once; the worse state counts.
    DuplicateRoot,
    /// A failed CI does not take part and has no effect.
    RootExcluded,
    /// A failed CI does not exist, and the question said to go on.
    RootNotFound,
    /// A group has no members that take part.
    GroupEmpty,
    /// A group needs more weight than its members have.
    GroupUndersized,
    /// A group's consumer is listed as its own member.
    GroupSelfMember,
    /// A group lists a member that does not exist.
    GroupMemberMissing,
    /// A member also reaches the consumer by a plain arc; both count.
    GroupMemberAlsoPlain,
    /// A group's consumer does not exist.
    GroupConsumerMissing,
    /// A relationship names a group of another consumer.
    GroupConsumerMismatch,
    /// A relationship names a group that does not exist.
    GroupUnknown,
    /// A CI's grounded groups stand on nothing but each other even when nothing has failed; they
    /// are read like any other group.
    UngroundedAtBaseline,
}

impl WarningCode {
    /// The name in API, files and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DanglingEdge => "DANGLING_EDGE",
            Self::SelfEdge => "SELF_EDGE",
            Self::UnknownType => "UNKNOWN_TYPE",
            Self::DuplicateRoot => "DUPLICATE_ROOT",
            Self::RootExcluded => "ROOT_EXCLUDED",
            Self::RootNotFound => "ROOT_NOT_FOUND",
            Self::GroupEmpty => "GROUP_EMPTY",
            Self::GroupUndersized => "GROUP_UNDERSIZED",
            Self::GroupSelfMember => "GROUP_SELF_MEMBER",
            Self::GroupMemberMissing => "GROUP_MEMBER_MISSING",
            Self::GroupMemberAlsoPlain => "GROUP_MEMBER_ALSO_PLAIN",
            Self::GroupConsumerMissing => "GROUP_CONSUMER_MISSING",
            Self::GroupConsumerMismatch => "GROUP_CONSUMER_MISMATCH",
            Self::GroupUnknown => "GROUP_UNKNOWN",
            Self::UngroundedAtBaseline => "UNGROUNDED_AT_BASELINE",
        }
    }
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningSample {
    /// A CI.
    Ci(CiId),
    /// A group.
    Group(GroupKey),
    /// A relationship.
    Relationship(RelationshipId),
}

/// One kind of warning, how often, and some of what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpactWarning {
    /// The kind.
    pub code: WarningCode,
    /// How often.
    pub count: u64,
    /// The first of what it is about, at most [`ImpactWarning::SAMPLES_MAX`].
    pub samples: Vec<WarningSample>,
}

impl ImpactWarning {
    /// Samples kept per kind: enough to start looking.
    pub const SAMPLES_MAX: usize = 5;
}

/// Warnings under collection. Samples are those of the least CI ids, whatever the order of adding.
#[derive(Clone, Debug, Default)]
pub(super) struct Warnings {
    found: BTreeMap<WarningCode, (u64, Vec<(CiId, WarningSample)>)>,
}

impl Warnings {
    pub(super) fn add_ci(&mut self, view: ImpactView<'_>, code: WarningCode, slot: Slot) {
        let id = view.columns.id(slot);
        self.add(code, id, WarningSample::Ci(id));
    }

    /// Adds a group, ordered by its consumer.
    pub(super) fn add_group(&mut self, view: ImpactView<'_>, code: WarningCode, group: u32) {
        if let Some(key) = view.index.group_key(group) {
            let consumer = view.index.consumer(group);
            self.add(code, view.columns.id(consumer), WarningSample::Group(key));
        }
    }

    fn add(&mut self, code: WarningCode, order: CiId, sample: WarningSample) {
        let (count, samples) = self.found.entry(code).or_default();
        *count += 1;
        let at = samples.partition_point(|known| *known < (order, sample));
        if at < ImpactWarning::SAMPLES_MAX {
            samples.insert(at, (order, sample));
            samples.truncate(ImpactWarning::SAMPLES_MAX);
        }
    }

    /// The warnings by code.
    pub(super) fn finish(self) -> Vec<ImpactWarning> {
        let found = self.found.into_iter();
        found
            .map(|(code, (count, samples))| ImpactWarning {
                code,
                count,
                samples: samples.into_iter().map(|(_, sample)| sample).collect(),
            })
            .collect()
    }
}
