//! Findings about the model.

mod sentence;

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use jiff::Timestamp;

use super::{CiObject, group_id, group_name};
use crate::api::connection::{Connection, Cursors, QuestionHash, page_size, rows};
use crate::api::context::api;
use crate::api::error::{ApiError, ApiResult};
use crate::api::query::subject::impact_view;
use crate::api::scalars::{DateTime, Long};
use crate::graph::Snapshot;
use crate::impact::{self, TruncationReason};

use super::enums::mirror;

mirror! {
    /// What a finding says of the model.
    LintCode = impact::LintCode {
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
}

mirror! {
    /// How much a finding matters. Ordered: INFO is least, ERROR is most.
    LintSeverity = impact::LintSeverity {
        /// Worth a look: it may well be meant.
        Info,
        /// Redundancy is thinner than it looks, or an outage may not be seen.
        Warning,
        /// The model contradicts itself: it cannot be meant.
        Error,
    }
}

/// Which findings are counted and listed: all that is said here.
#[derive(InputObject, Clone, Debug, Default)]
#[graphql(name = "LintFilter")]
pub struct LintFilterInput {
    /// About CIs of these types or their subtypes; a group is about its consumer. An empty list: about none.
    pub types: Option<Vec<String>>,
    /// About CIs in one of these tiers, 1 to 4; an empty list: in any or none.
    pub tiers: Option<Vec<u8>>,
    /// About these CIs, or with one of them among the CIs concerned. An empty list: about none.
    pub refs: Option<Vec<String>>,
    /// That matter at least so much.
    pub min_severity: Option<LintSeverity>,
}

/// How often something was found.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct LintCount {
    /// The code.
    pub code: LintCode,
    /// How much a finding of it matters.
    pub severity: LintSeverity,
    /// How often it was found, whatever is listed.
    pub count: Long,
    /// Whether everything was looked at; if not, there may be more.
    pub complete: bool,
}

/// The redundancy group that a finding is about, with its arithmetic. Numbers are weights; they are
/// counts where every weight is 1.
#[derive(Clone, Debug, SimpleObject)]
pub struct LintGroup {
    /// Its id, or for an implicit group the pool and the consumer.
    pub id: String,
    /// Its name, or its pool's.
    pub name: String,
    /// k as stated: a number or a percentage; absent: all are needed.
    pub up_min_stated: Option<String>,
    /// k: weight needed to work at all, no more than there is.
    pub up_min: Long,
    /// n: the whole weight.
    pub total: Long,
    /// Whether support must be derivable from something that needs none.
    pub grounded: bool,
}

/// Findings, what they are about, and what was asked.
#[derive(Debug)]
pub(in crate::api) struct LintAnswer {
    pub(in crate::api) view: Snapshot,
    pub(in crate::api) at: Timestamp,
    pub(in crate::api) report: impact::LintReport,
    pub(in crate::api) question: QuestionHash,
}

/// One place where the model is not what it seems.
#[derive(Clone, Debug)]
pub struct LintFinding {
    answer: Arc<LintAnswer>,
    place: usize,
}

impl LintFinding {
    fn found(&self) -> &impact::LintFinding {
        &self.answer.report.findings[self.place]
    }
}

/// One place where the model is not what it seems.
#[Object]
impl LintFinding {
    /// What is wrong.
    async fn code(&self) -> LintCode {
        self.found().code.into()
    }

    /// How much it matters.
    async fn severity(&self) -> LintSeverity {
        self.found().code.severity().into()
    }

    /// The CI it is about; of a group its consumer.
    async fn ci(&self) -> CiObject {
        CiObject::at(&self.answer.view, self.found().ci)
    }

    /// The redundancy group it is about.
    async fn group(&self) -> Option<LintGroup> {
        let (view, key) = (&self.answer.view, self.found().group?);
        let index = impact_view(view).index;
        let parameters = index.group_parameters(index.group_number(&key)?)?;
        let gate = index.gate(&key)?;
        Some(LintGroup {
            id: group_id(view, key),
            name: group_name(view, key),
            up_min_stated: parameters.thresholds.up_min.map(|threshold| threshold.to_string()),
            up_min: Long(gate.up_min),
            total: Long(gate.total),
            grounded: parameters.grounded,
        })
    }

    /// The name of the relationship type by which the CIs carry the dependent, of a `FORGOTTEN_GROUP`.
    async fn relationship_type(&self) -> Option<String> {
        let catalog = self.answer.view.catalog();
        let definition = catalog.relationship_type(self.found().relationship_type?)?;
        Some(definition.name.to_string())
    }

    /// The CIs concerned, by id; of a `SHARED_FATE` those first that take the fewest others down, as a
    /// rack before its room.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn cis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "So many are skipped.", default = 0)] offset: i32,
    ) -> ApiResult<Vec<CiObject>> {
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let offset = usize::try_from(offset)
            .map_err(|_| ApiError::input("offset", "`offset` must not be negative").with("value", offset))?;
        let page = self.found().cis.iter().skip(offset).take(first);
        Ok(page.map(|slot| CiObject::at(&self.answer.view, *slot)).collect())
    }

    /// How many CIs are concerned.
    async fn ci_count(&self) -> Long {
        self.found().cis.len().into()
    }

    /// What it means here, in a sentence.
    async fn explanation(&self) -> String {
        sentence::explain(&self.answer.view, self.found())
    }

    /// What to do about it.
    async fn remedy(&self) -> &'static str {
        self.found().code.remedy()
    }
}

/// Where the model is not what it seems.
#[derive(Clone, Debug)]
pub struct LintReportObject(pub(in crate::api) Arc<LintAnswer>);

/// Where the model is not what it seems.
#[Object(name = "LintReport")]
impl LintReportObject {
    /// The revision of the estate that was asked.
    async fn revision(&self) -> Long {
        self.0.view.revision().into()
    }

    /// The moment of valid time that was asked about.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Whether everything was looked at. If not, every finding stands, and there may be more.
    async fn complete(&self) -> bool {
        self.0.report.truncated.is_none()
    }

    /// The limit that was met, if one was: ARCS, RESULTS or TIME.
    async fn truncated_reason(&self) -> Option<&'static str> {
        self.0.report.truncated.map(TruncationReason::as_str)
    }

    /// How to see the rest, if not everything was looked at.
    async fn how_to_go_on(&self) -> Option<&'static str> {
        self.0.report.truncated.map(|reason| match reason {
            TruncationReason::Depth | TruncationReason::Arcs => {
                "ask for fewer `codes` at a time, or raise `limits`, or the server's in its configuration"
            }
            TruncationReason::Results | TruncationReason::Count => "ask for fewer `codes` at a time, or raise `limits`",
            TruncationReason::Time => {
                "ask for fewer `codes` at a time, when the server is less busy, or raise the time in its configuration"
            }
        })
    }

    /// How often each code was found, whatever is listed: all codes that were looked for, in order.
    async fn counts(&self) -> Vec<LintCount> {
        let counts = self.0.report.counts.iter().map(|count| LintCount {
            code: count.code.into(),
            severity: count.code.severity().into(),
            count: Long(count.count),
            complete: count.complete,
        });
        counts.collect()
    }

    /// The findings: by code, then by the id of the CI they are about, then by group.
    #[graphql(complexity = "rows(first, child_complexity)")]
    async fn findings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items of the page: 50 if not said, at most 1,000.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins.")] after: Option<String>,
    ) -> ApiResult<Connection<LintFinding>> {
        let first = page_size(first, api(ctx)?.limits.page_max)?;
        let cursors = Cursors {
            revision: self.0.view.revision(),
            question: QuestionHash::of(&("findings", self.0.question)),
        };
        let total = self.0.report.findings.len();
        let mut page = cursors.page(after.as_deref(), first, total, |place| LintFinding {
            answer: Arc::clone(&self.0),
            place,
        })?;
        page.complete = self.0.report.truncated.is_none();
        Ok(page)
    }

    /// How many links looking cost.
    async fn links_visited(&self) -> Long {
        Long(self.0.report.arcs_visited)
    }
}
