//! An impact report with the state it was asked on and the filter of its list.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::{CiObject, CiState, ImpactWarning, ImpactedCi};
use crate::api::connection::{Connection, Cursors, QuestionHash};
use crate::api::error::ApiResult;
use crate::api::scalars::Long;
use crate::api::types::{group_id, group_name};
use crate::graph::dependency::GroupKey;
use crate::graph::slips::Slip;
use crate::graph::{Slot, Snapshot};
use crate::impact::{self, FailedCi, ImpactReport, ImpactView, Premises, WarningCode, WarningSample, Weakened};
use crate::model::{CiTypeId, ImpactState};

/// Which impacted CIs are listed.
#[derive(Clone, Debug)]
pub(in crate::api) struct ResultFilter {
    pub(in crate::api) types: Option<Vec<CiTypeId>>,
    pub(in crate::api) min_state: ImpactState,
    pub(in crate::api) tags: Vec<String>,
}

impl ResultFilter {
    fn is_by_state_only(&self) -> bool {
        self.types.is_none() && self.tags.is_empty()
    }
}

/// An answered question.
#[derive(Debug)]
pub(in crate::api) struct Answer {
    pub(in crate::api) view: Snapshot,
    pub(in crate::api) at: Timestamp,
    pub(in crate::api) report: ImpactReport,
    pub(in crate::api) roots: Vec<FailedCi>,
    pub(in crate::api) premises: Premises,
    /// References that led nowhere and were to be ignored.
    pub(in crate::api) missing: Vec<String>,
    pub(in crate::api) filter: ResultFilter,
    pub(in crate::api) question: QuestionHash,
    pub(in crate::api) filtered: OnceLock<Vec<impact::ImpactedCi>>,
    pub(in crate::api) weakened: OnceLock<Vec<Weakened>>,
}

impl Answer {
    pub(in crate::api) fn impact_view(&self) -> ImpactView<'_> {
        ImpactView {
            index: self.view.dependency_index(),
            columns: self.view.columns(),
        }
    }

    pub(super) fn page(
        self: &Arc<Self>,
        cursors: Cursors,
        after: Option<&str>,
        first: usize,
    ) -> ApiResult<Connection<ImpactedCi>> {
        let total = self.listed_count();
        let places = cursors.places(after, first, total)?;
        let found = self.listed(places.clone());
        let start = places.start;
        let mut page = cursors.page(after, first, total, |place| ImpactedCi {
            answer: Arc::clone(self),
            found: found[place - start],
        })?;
        page.complete = self.report.is_complete();
        Ok(page)
    }

    /// How many impacted CIs pass the filter.
    pub(super) fn listed_count(&self) -> usize {
        if self.filter.is_by_state_only() {
            self.report.impacted_count(self.filter.min_state)
        } else {
            self.filtered().len()
        }
    }

    /// The impacted CIs that pass the filter, at these places of the stated order.
    pub(super) fn listed(&self, places: Range<usize>) -> Vec<impact::ImpactedCi> {
        if self.filter.is_by_state_only() {
            self.report.page(self.impact_view(), places)
        } else {
            self.filtered()[places].to_vec()
        }
    }

    /// The links that weakened a failure on its way, in the stated order.
    pub(super) fn weakened(&self) -> &[Weakened] {
        self.weakened.get_or_init(|| self.report.weakened(self.impact_view()))
    }

    /// The impacted CIs that pass the filter, in the stated order.
    fn filtered(&self) -> &[impact::ImpactedCi] {
        self.filtered.get_or_init(|| {
            let passes = |found: &&impact::ImpactedCi| {
                found.after >= self.filter.min_state
                    && self
                        .filter
                        .types
                        .as_ref()
                        .is_none_or(|types| types.contains(&self.view.ci_type_of(found.slot)))
                    && (self.filter.tags.is_empty() || self.has_tags(found.slot))
            };
            let mut passing: Vec<impact::ImpactedCi> = self
                .report
                .impacted_unordered()
                .iter()
                .filter(passes)
                .copied()
                .collect();
            self.sort(&mut passing);
            passing
        })
    }

    /// Puts CIs into the order of the law: the worst first, then tier, depth and id.
    pub(super) fn sort(&self, found: &mut [impact::ImpactedCi]) {
        found.sort_unstable_by_key(|found| {
            let tier = self.view.tier_of(found.slot).unwrap_or(u8::MAX);
            (Reverse(found.after), tier, found.depth, self.view.ci_id(found.slot))
        });
    }

    fn has_tags(&self, slot: Slot) -> bool {
        let ci = self.view.ci_at(slot);
        self.filter.tags.iter().all(|wanted| ci.tags().any(|tag| tag == wanted))
    }

    pub(super) fn states(&self, offset: usize, first: usize) -> Vec<CiState> {
        let impacted = self.report.impacted_unordered().iter().map(|found| found.slot);
        let impaired = self.report.impaired_before().iter().map(|(slot, _)| *slot);
        let mut slots: Vec<Slot> = impacted.chain(impaired).collect();
        slots.sort_unstable_by_key(|slot| self.view.ci_id(*slot));
        slots.dedup();
        let page = slots.into_iter().skip(offset).take(first).map(|slot| CiState {
            ci: CiObject::at(&self.view, slot),
            before: self.report.before(slot).into(),
            after: self.report.after(slot).into(),
        });
        page.collect()
    }

    pub(super) fn warnings(&self) -> Vec<ImpactWarning> {
        let found = self.report.warnings.iter();
        let found = found.map(|warning| ImpactWarning::new(&self.view, warning));
        let missing = (!self.missing.is_empty()).then(|| ImpactWarning::missing(&self.missing));
        let mut warnings: Vec<ImpactWarning> = found.chain(missing).collect();
        warnings.extend(self.slips());
        warnings.sort_by(|a, b| a.code.cmp(&b.code));
        warnings
    }

    /// Slips of modelling at CIs that the answer touches.
    fn slips(&self) -> Vec<ImpactWarning> {
        let touched = |slot: &Slot| {
            self.report.after(*slot) > ImpactState::Ok || self.roots.iter().any(|root| root.slot == *slot)
        };
        let mut found: BTreeMap<WarningCode, Vec<WarningSample>> = BTreeMap::new();
        for slip in self.view.slips().iter() {
            let (code, at, sample) = match slip {
                Slip::SelfEdge { relationship, ci } => (
                    WarningCode::SelfEdge,
                    [*ci; 2],
                    WarningSample::Relationship(*relationship),
                ),
                Slip::ConsumerMismatch {
                    relationship,
                    source,
                    target,
                } => {
                    let sample = WarningSample::Relationship(*relationship);
                    (WarningCode::GroupConsumerMismatch, [*source, *target], sample)
                }
                Slip::UnknownGroup {
                    relationship,
                    source,
                    target,
                } => {
                    let sample = WarningSample::Relationship(*relationship);
                    (WarningCode::GroupUnknown, [*source, *target], sample)
                }
                Slip::SelfMember { group, consumer } => {
                    let sample = WarningSample::Group(GroupKey::Explicit(*group));
                    (WarningCode::GroupSelfMember, [*consumer; 2], sample)
                }
            };
            if at.iter().any(touched) {
                found.entry(code).or_default().push(sample);
            }
        }
        let warning = |(code, samples): (WarningCode, Vec<WarningSample>)| ImpactWarning {
            code: code.as_str().to_owned(),
            count: samples.len().into(),
            samples: samples
                .iter()
                .take(impact::ImpactWarning::SAMPLES_MAX)
                .map(|one| sample(&self.view, *one))
                .collect(),
        };
        found.into_iter().map(warning).collect()
    }

    pub(super) fn group_id(&self, key: GroupKey) -> String {
        group_id(&self.view, key)
    }

    pub(super) fn group_name(&self, key: GroupKey) -> String {
        group_name(&self.view, key)
    }
}

impl ImpactWarning {
    /// A warning of the engine, in ids.
    pub(in crate::api) fn new(view: &Snapshot, warning: &impact::ImpactWarning) -> Self {
        Self {
            code: warning.code.as_str().to_owned(),
            count: Long(warning.count),
            samples: warning.samples.iter().map(|of| sample(view, *of)).collect(),
        }
    }

    /// References that led nowhere, as they were written.
    pub(in crate::api) fn missing(references: &[String]) -> Self {
        let samples = references.iter().take(impact::ImpactWarning::SAMPLES_MAX);
        Self {
            code: WarningCode::RootNotFound.as_str().to_owned(),
            count: references.len().into(),
            samples: samples.cloned().collect(),
        }
    }
}

fn sample(view: &Snapshot, of: WarningSample) -> String {
    match of {
        WarningSample::Ci(id) => id.to_string(),
        WarningSample::Relationship(id) => id.to_string(),
        WarningSample::Group(key) => group_id(view, key),
    }
}
