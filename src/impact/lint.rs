//! Where the model is not what it seems: findings about redundancy that do not need a failure to be
//! seen (section 10 of the law). Nothing is changed.
//!
//! One file a family. Each looks at the whole estate once, in time linear in its links, but for
//! [`LintCode::SharedFate`], which lets CIs fail one after the other.

mod cyclic;
mod forgotten;
mod meter;
mod peer;
mod redundant;
mod shared_fate;
mod size;
mod ungrounded;

use crate::graph::Slot;
use crate::graph::dependency::GroupKey;
use crate::model::RelationshipTypeId;

use super::question::{Budget, ImpactView};
use super::report::TruncationReason;
use super::scratch::Scratch;
use meter::Meter;
use redundant::Redundant;

/// What a finding says of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LintCode {
    /// Members of a redundancy group take each other down, so that together they are one.
    PeerHardEdge,
    /// A group needs more than it has, as a count.
    GroupUndersized,
    /// A group needs all it has, as a count: the first loss is an outage.
    ZeroHeadroom,
    /// A CI below the members of a redundancy group takes enough of them down at once, and the consumer would stand otherwise.
    SharedFate,
    /// A group that is not grounded may be held up by its own consumer, round a circle.
    CyclicGroup,
    /// Grounded groups of a CI stand on nothing but each other even when nothing has failed.
    UngroundedAtBaseline,
    /// A few CIs of one type carry one dependent, each alone: maybe they are meant as a group.
    ForgottenGroup,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LintSeverity {
    /// Worth a look: it may well be meant.
    Info,
    /// Redundancy is thinner than it looks, or an outage may not be seen.
    Warning,
    /// The model contradicts itself: it cannot be meant.
    Error,
}

impl LintCode {
    /// All codes, in the order of findings.
    pub const ALL: [Self; 7] = [
        Self::PeerHardEdge,
        Self::GroupUndersized,
        Self::ZeroHeadroom,
        Self::SharedFate,
        Self::CyclicGroup,
        Self::UngroundedAtBaseline,
        Self::ForgottenGroup,
    ];

    /// The name in API, files and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PeerHardEdge => "PEER_HARD_EDGE",
            Self::GroupUndersized => "GROUP_UNDERSIZED",
            Self::ZeroHeadroom => "ZERO_HEADROOM",
            Self::SharedFate => "SHARED_FATE",
            Self::CyclicGroup => "CYCLIC_GROUP",
            Self::UngroundedAtBaseline => "UNGROUNDED_AT_BASELINE",
            Self::ForgottenGroup => "FORGOTTEN_GROUP",
        }
    }

    /// How much a finding of this code matters.
    pub const fn severity(self) -> LintSeverity {
        match self {
            Self::PeerHardEdge | Self::GroupUndersized | Self::UngroundedAtBaseline => LintSeverity::Error,
            Self::ZeroHeadroom | Self::SharedFate | Self::CyclicGroup => LintSeverity::Warning,
            Self::ForgottenGroup => LintSeverity::Info,
        }
    }

    /// What to do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::PeerHardEdge => {
                "if the members do not need each other, give the relationship between them a strength of AT_RISK or \
                 the type `peers_with`; if they do, they are no redundancy for each other: find a third one"
            }
            Self::GroupUndersized => {
                "lower `upMin`, add the members that are missing, or bring back those that have been retired"
            }
            Self::ZeroHeadroom => "add a member, or lower `upMin` if fewer would do",
            Self::SharedFate => {
                "move a member to what does not stand on this CI, or make what they share redundant itself"
            }
            Self::CyclicGroup => {
                "let the group or its pool say `grounded` if members must not hold each other up, as in networks; \
                 leave it if services that run may need each other, as DNS and NTP do"
            }
            Self::UngroundedAtBaseline => {
                "record the relationship to what these CIs are supplied by, as the uplink of a switch, or retire them"
            }
            Self::ForgottenGroup => {
                "if one can stand in for another, put them into a redundancy group; if all are needed, nothing is wrong"
            }
        }
    }
}

/// One place where the model is not what it seems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    /// What is wrong.
    pub code: LintCode,
    /// The CI it is about; of a group its consumer.
    pub ci: Slot,
    /// The group it is about.
    pub group: Option<GroupKey>,
    /// By which relationships the CIs carry the dependent, of a [`LintCode::ForgottenGroup`].
    pub relationship_type: Option<RelationshipTypeId>,
    /// The CIs concerned, all of them, by CI id; of a [`LintCode::SharedFate`] those first that take
    /// the fewest others down, as a rack before its room.
    pub cis: Vec<Slot>,
}

/// How often a code was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LintCount {
    /// The code.
    pub code: LintCode,
    /// How often.
    pub count: u64,
    /// Whether everything was looked at; if not, there may be more.
    pub complete: bool,
}

/// The findings on one estate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintReport {
    /// The findings by code, then by the id of the CI they are about, then by group.
    pub findings: Vec<LintFinding>,
    /// One for each code that was asked for, in the order of codes.
    pub counts: Vec<LintCount>,
    /// The limit that was met, if one was: every finding stands, and there may be more.
    pub truncated: Option<TruncationReason>,
    /// Links looked at.
    pub arcs_visited: u64,
}

/// Looks for findings of these codes.
///
/// Linear in links for all codes but `SHARED_FATE`, which is the sum of what goes down, among what
/// members of groups stand on, over single failures. Memory: some bytes a CI and a group, and the
/// findings. `results_max` of the budget bounds the CIs listed in all findings together.
pub fn lints(view: ImpactView<'_>, codes: &[LintCode], budget: &Budget<'_>, scratch: &mut Scratch) -> LintReport {
    let mut meter = Meter::new(budget);
    let mut findings = Vec::new();
    let mut incomplete = Vec::new();
    let redundant = Redundant::find(view, &mut meter);
    // The dear one last, so that it leaves enough to the others.
    let (dear, cheap): (Vec<LintCode>, Vec<LintCode>) = LintCode::ALL
        .iter()
        .filter(|code| codes.contains(code))
        .partition(|code| **code == LintCode::SharedFate);
    let mut truncated = None;
    for code in cheap.into_iter().chain(dear) {
        let found = match (code, &redundant) {
            (LintCode::GroupUndersized, _) => size::undersized(view, &mut meter, &mut findings),
            (LintCode::ZeroHeadroom, _) => size::zero_headroom(view, &mut meter, &mut findings),
            (LintCode::UngroundedAtBaseline, _) => ungrounded::find(view, &mut meter, &mut findings),
            (LintCode::ForgottenGroup, _) => forgotten::find(view, &mut meter, &mut findings),
            (_, Err(reason)) => Err(*reason),
            (LintCode::PeerHardEdge, Ok(redundant)) => peer::find(view, redundant, &mut meter, &mut findings),
            (LintCode::CyclicGroup, Ok(redundant)) => cyclic::find(view, redundant, &mut meter, &mut findings),
            (LintCode::SharedFate, Ok(redundant)) => {
                shared_fate::find(view, redundant, &mut meter, scratch, &mut findings)
            }
        };
        if let Err(reason) = found {
            truncated = truncated.or(Some(reason));
            incomplete.push(code);
        }
    }
    findings.sort_by_cached_key(|finding| {
        let group = finding.group.map(|key| match key {
            GroupKey::Explicit(id) => (0, Some(id), None),
            GroupKey::Pool { pool, .. } => (1, None, Some(pool)),
        });
        let first = finding.cis.first().map(|slot| view.columns.id(*slot));
        let id = view.columns.id(finding.ci);
        (finding.code, id, group, finding.relationship_type, first)
    });
    let mut asked = codes.to_vec();
    asked.sort_unstable();
    asked.dedup();
    let count = |code: LintCode| LintCount {
        code,
        count: findings.iter().filter(|finding| finding.code == code).count() as u64,
        complete: !incomplete.contains(&code),
    };
    let counts = asked.into_iter().map(count).collect();
    LintReport {
        findings,
        counts,
        truncated,
        arcs_visited: meter.visited(),
    }
}

/// By CI id, each once.
fn in_order(view: ImpactView<'_>, mut cis: Vec<Slot>) -> Vec<Slot> {
    cis.sort_unstable_by_key(|slot| view.columns.id(*slot));
    cis.dedup();
    cis
}

/// A finding about a group.
fn about_group(view: ImpactView<'_>, code: LintCode, group: u32, cis: Vec<Slot>) -> Option<LintFinding> {
    Some(LintFinding {
        code,
        ci: view.index.consumer(group),
        group: Some(view.index.group_key(group)?),
        relationship_type: None,
        cis,
    })
}
