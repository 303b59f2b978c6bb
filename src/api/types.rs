//! The types of the schema: each wraps what the estate holds and converts on access.

mod attribute;
mod catalog;
mod cfia;
mod ci;
mod claim;
mod comparison;
mod delta;
pub(super) mod drawing;
mod enums;
mod estate;
mod filter;
mod group;
mod identify;
mod impact;
mod impact_input;
mod lint;
mod merge;
mod probable_cause;
mod relationship;
mod review;
mod rule;
mod run;
mod search;
mod structure;
mod traverse;
mod watch;

pub use attribute::AttributeObject;
pub(super) use attribute::{inputs_by_name, object};
pub use catalog::{
    AttributeDefinitionObject, CiTypeObject, IdentificationRuleObject, LifecycleRuleObject, PoolObject,
    RelatedIdentifierObject, RelationshipTypeObject,
};
pub use cfia::{CfiaCellObject, CfiaObject, CfiaRowObject, CfiaServiceObject};
pub use ci::{CiObject, OriginObject, StampObject, ValidityObject};
pub use claim::{ClaimObject, PinObject};
pub use comparison::{Compared, ScenarioComparison, ServiceCompared, Side};
pub use delta::{Change, DeltaItemObject, DeltaKind, DeltaObject, JournalEntryObject};
pub use drawing::{Drawing, DrawingFormat};
pub use enums::{AtRiskReading, BatchMode, DependencyRole, Direction, ImpactState, LifecycleStage, StartingState};
pub use estate::{Counts, EstateObject, SourceCount, SourceObject, StageCount, TypeCount};
pub use filter::{AttributeFilter, CiFilterInput, CiOrderInput, CiSortField, Comparison, OwnersInput, RelatedInput};
pub(super) use filter::{bounded, ci_types};
pub use group::{GroupMemberObject, GroupObject};
pub(super) use group::{group_id, group_name};
pub use identify::{AttemptObject, AttemptResult, ExplanationObject, IdentifyOperation, RecordProblemObject};
pub use impact::{
    AbsorbedGroup, CiState, EvidenceWeakness, HeldAssumption, ImpactCounts, ImpactCountsOfTier, ImpactCountsOfType,
    ImpactEvidence, ImpactReportObject, ImpactRoot, ImpactWarning, ImpactedCi, ImpactedService, PotentialImpact,
    ProofCauseObject, ProofNodeObject, ProofObject, RelationshipAuthority, Truncated, WeakenedObject, WeakestEvidence,
    WitnessGroup, WitnessKind, WitnessObject, WitnessRelationship, WitnessStep,
};
pub(super) use impact::{Answer, ResultFilter};
pub use impact_input::{FailedCiInput, ImpactFilterInput, ImpactLimitsInput, ObservationWeightInput};
pub(super) use lint::LintAnswer;
pub use lint::{LintCode, LintCount, LintFilterInput, LintFinding, LintGroup, LintReportObject, LintSeverity};
pub use merge::{
    AmbiguousDerivationObject, DistinctionObject, DuplicateObject, DuplicateReasonObject, DuplicateState,
    DuplicateValue, Fate, LossKind, MergeChoiceInput, MergeInput, MergeLoss, MergeObject, MergePayload, MergePreview,
    MergeSide, MergedField, MergedGroup, MergedRelationship, ReasonKind, RevertMergePayload, Taken,
};
pub use probable_cause::{JointCauseObject, ProbableCauseObject, ProbableCausesObject, RecentChangeObject};
pub use relationship::RelationshipObject;
pub use review::{ReviewKind, ReviewObject, ReviewStateName};
pub use rule::{
    AuthorityObject, AuthorityPolicy, DerivationObject, IngestRuleKind, IngestRuleObject, JunkObject, OnManyMatches,
    OnNoMatch, SourceRightsObject,
};
pub(in crate::api) use run::source_name;
pub use run::{
    CompleteSyncPayload, RunCountsObject, RunObject, RunStateName, SweepOutcome, SyncSessionObject, UnsweptObject,
};
pub use search::{MatchKind, SearchHitObject};
pub use structure::{
    CutSetObject, CutSetsObject, DependenciesObject, DependencyGroup, DependencyObject, DependencyStepObject,
    SinglePointObject, SinglePointsObject, SinglePointsOfFailureObject,
};
pub use traverse::{NeighbourObject, NeighbourhoodObject, PathObject, PathStepObject, PathsObject};
pub use watch::{RedundancyChange, WatchEvent, WatchedCiObject, WatchedGroupObject};
