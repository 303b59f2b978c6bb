//! Where is the model not what it seems?

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, Object};

use super::subject::{Asked, Subject, answers};
use crate::api::connection::QuestionHash;
use crate::api::context::resolve;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::DateTime;
use crate::api::types::{
    ImpactLimitsInput, LintAnswer, LintCode, LintFilterInput, LintReportObject, bounded, ci_types,
};
use crate::graph::{Slot, Snapshot};
use crate::impact::{self, LintFinding};
use crate::model::CiTypeId;

/// Lints, on the estate of the request or on a scenario.
#[derive(Debug, Default)]
pub(in crate::api) struct LintQuery(pub(super) Subject);

/// What a report counts as in the cost of a document, beside its lists.
const REPORT_COST: usize = 500;

/// CIs listed in all findings together: four bytes each.
const CIS_MAX: u64 = 1_000_000;

/// Lints.
#[Object]
impl LintQuery {
    /// Where the model is not what it seems: redundancy that is none, outages that would not be seen,
    /// groups that were forgotten. A report; nothing is changed. `complete` says whether everything was
    /// looked at: where not, nothing found is not safety. `BAD_USER_INPUT` for a tier that is none,
    /// `UNKNOWN_CI_TYPE`, `CI_NOT_FOUND`; `CURSOR_EXPIRED` for a page after another commit.
    ///
    /// Example: `{ lints(filter: { minSeverity: WARNING }) { complete counts { code count } findings(first: 10) {
    /// nodes { code explanation remedy } pageInfo { hasNextPage endCursor } } } }`
    #[graphql(complexity = "REPORT_COST.saturating_add(child_complexity)")]
    async fn lints(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Look for these only; all, if not said or empty.")] codes: Option<Vec<LintCode>>,
        #[graphql(desc = "Which findings are counted and listed.")] filter: Option<LintFilterInput>,
        #[graphql(desc = "The moment of valid time to ask about; now if not said.")] at: Option<DateTime>,
        #[graphql(desc = "How much looking may cost, below what the server allows.")] limits: Option<ImpactLimitsInput>,
    ) -> ApiResult<LintReportObject> {
        let mut codes = bounded("codes", codes.as_deref())?.to_vec();
        codes.sort_unstable();
        codes.dedup();
        let question = LintArguments {
            codes,
            filter: filter.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
        };
        let view = self.0.view(ctx)?;
        // Where nothing is limited in valid time, every moment has the same answer.
        let moment = view.has_bounded_validity().then(|| at.map(|at| at.0));
        let hash = self.0.hash(&("lints", &question, moment));
        let answers = answers(ctx)?;
        // An answer for "now" holds only now, if anything is limited in time.
        let keep = moment != Some(None);
        if let Some(known) = answers.lints.find(view.revision(), hash).filter(|_| keep) {
            return Ok(LintReportObject(known));
        }
        let put = self.0.ask(ctx, at, move |asked| question.answer(asked, hash));
        let answer = Arc::new(put.await?);
        if keep && answer.report.truncated.is_none() && self.0.may_keep(ctx, &answer.view)? {
            answers.lints.keep(&answer);
        }
        Ok(LintReportObject(answer))
    }
}

/// A question as it was written.
#[derive(Debug)]
struct LintArguments {
    /// Empty: all.
    codes: Vec<LintCode>,
    filter: LintFilterInput,
    limits: ImpactLimitsInput,
}

impl LintArguments {
    fn answer(&self, asked: &Asked<'_>, hash: QuestionHash) -> ApiResult<LintAnswer> {
        let filter = Filter::new(asked.view, &self.filter)?;
        let codes: Vec<impact::LintCode> = if self.codes.is_empty() {
            impact::LintCode::ALL.to_vec()
        } else {
            self.codes.iter().map(|code| (*code).into()).collect()
        };
        let codes: Vec<impact::LintCode> = codes
            .into_iter()
            .filter(|code| filter.min_severity.is_none_or(|least| code.severity() >= least))
            .collect();
        let links_max = self.limits.max_links.map_or(u64::MAX, |links| links.0);
        let budget = impact::Budget {
            arcs_visited_max: links_max.min(asked.budget.arcs_visited_max),
            results_max: self.limits.max_cis.map_or(CIS_MAX, |cis| cis.0.min(CIS_MAX)),
            ..asked.budget
        };
        let view = asked.impact_view();
        let mut report = asked
            .scratches
            .with(|scratch| impact::lints(view, &codes, &budget, scratch));
        report.findings.retain(|finding| filter.passes(asked.view, finding));
        for count in &mut report.counts {
            let of_code = report.findings.iter().filter(|finding| finding.code == count.code);
            count.count = of_code.count() as u64;
        }
        Ok(LintAnswer {
            view: asked.view.clone(),
            at: asked.at,
            report,
            question: hash,
        })
    }
}

/// Which findings are told.
struct Filter {
    types: Option<Vec<CiTypeId>>,
    tiers: Vec<u8>,
    cis: Option<BTreeSet<Slot>>,
    min_severity: Option<impact::LintSeverity>,
}

impl Filter {
    fn new(view: &Snapshot, input: &LintFilterInput) -> ApiResult<Self> {
        let types = input.types.as_deref().map(|names| ci_types(view, names, true));
        let cis = input.refs.as_deref().map(|refs| {
            let refs = bounded("refs", Some(refs))?.iter();
            refs.map(|reference| resolve(view, "refs", reference)).collect()
        });
        let tiers = bounded("tiers", input.tiers.as_deref())?.to_vec();
        if let Some(tier) = tiers.iter().find(|tier| !(1..=4).contains(*tier)) {
            return Err(ApiError::input("tiers", "tiers are 1 to 4").with("value", *tier));
        }
        Ok(Self {
            types: types.transpose()?,
            tiers,
            cis: cis.transpose()?,
            min_severity: input.min_severity.map(Into::into),
        })
    }

    fn passes(&self, view: &Snapshot, finding: &LintFinding) -> bool {
        let is_of_type = |types: &Vec<CiTypeId>| types.contains(&view.ci_type_of(finding.ci));
        let is_of_tier = |tier: u8| self.tiers.contains(&tier);
        let concerns =
            |cis: &BTreeSet<Slot>| cis.contains(&finding.ci) || finding.cis.iter().any(|ci| cis.contains(ci));
        self.types.as_ref().is_none_or(is_of_type)
            && (self.tiers.is_empty() || view.tier_of(finding.ci).is_some_and(is_of_tier))
            && self.cis.as_ref().is_none_or(concerns)
    }
}
