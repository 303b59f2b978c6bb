//! The estate as a whole: its revision, its sources, and how many there are of what.

use std::collections::BTreeMap;

use async_graphql::{Object, SimpleObject};

use super::LifecycleStage;
use super::RunObject;
use crate::api::scalars::{DateTime, Long};
use crate::app::runs::Runs;
use crate::graph::Snapshot;
use crate::model::{self, SourceId};

/// A snapshot as a whole.
#[derive(Clone, Debug)]
pub struct EstateObject(pub(in crate::api) Snapshot);

/// The estate as this request sees it.
#[Object(name = "Estate")]
impl EstateObject {
    /// The number of the last commit.
    async fn revision(&self) -> Long {
        self.0.revision().into()
    }

    /// When that commit was made.
    async fn committed_at(&self) -> DateTime {
        DateTime(self.0.committed_at())
    }

    /// How many configuration items there are.
    async fn ci_count(&self) -> Long {
        self.0.ci_count().into()
    }

    /// How many relationships there are.
    async fn relationship_count(&self) -> Long {
        self.0.relationship_count().into()
    }

    /// How many explicit redundancy groups there are.
    async fn group_count(&self) -> Long {
        self.0.group_count().into()
    }
}

/// Who speaks: a discovery tool or a person's keyboard; which of its feeds, and of which part of the
/// world.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Source")]
pub struct SourceObject {
    /// Its name.
    pub name: String,
    /// Which of its feeds; null: none is named.
    pub feed: Option<String>,
    /// Which part of the world the feed speaks of; null: none is named.
    pub scope: Option<String>,
    /// How many CIs it knows.
    pub ci_count: Long,
    /// Its last run; null: none is known.
    pub last_run: Option<RunObject>,
    /// Its last run that was completed; null: none is known.
    pub last_completed_run: Option<RunObject>,
}

impl SourceObject {
    pub(in crate::api) fn new(view: &Snapshot, runs: &Runs, source: SourceId) -> Option<Self> {
        let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let found = view.source(source)?;
        let (last, completed) = runs.last(&found.called());
        Some(Self {
            name: found.name.to_string(),
            feed: stated(&found.feed),
            scope: stated(&found.scope),
            ci_count: view.count_of_source(source).into(),
            last_run: last.map(RunObject),
            last_completed_run: completed.map(RunObject),
        })
    }
}

/// How many CIs are of a type.
#[derive(Clone, Debug, SimpleObject)]
pub struct TypeCount {
    /// The name of the type.
    pub type_name: String,
    /// How many CIs are of exactly this type.
    pub count: Long,
}

/// How many CIs are in a stage.
#[derive(Clone, Debug, SimpleObject)]
pub struct StageCount {
    /// The stage.
    pub stage: LifecycleStage,
    /// How many CIs are in it.
    pub count: Long,
}

/// How many CIs a source knows.
#[derive(Clone, Debug, SimpleObject)]
pub struct SourceCount {
    /// The name of the source.
    pub source: String,
    /// How many CIs it knows.
    pub count: Long,
}

/// A snapshot, to be counted.
#[derive(Clone, Debug)]
pub struct Counts(pub(in crate::api) Snapshot);

/// How many there are of what.
#[Object]
impl Counts {
    /// All configuration items.
    async fn total(&self) -> Long {
        self.0.ci_count().into()
    }

    /// By exact type, by name; types without CIs are left out.
    async fn by_type(&self) -> Vec<TypeCount> {
        let mut counts: Vec<TypeCount> = self
            .0
            .catalog()
            .ci_types()
            .map(|definition| TypeCount {
                type_name: definition.name.to_string(),
                count: self.0.count_of_type(definition.id).into(),
            })
            .filter(|counted| counted.count.0 > 0)
            .collect();
        counts.sort_by(|a, b| a.type_name.cmp(&b.type_name));
        counts
    }

    /// By lifecycle stage, in the order of a life.
    async fn by_stage(&self) -> Vec<StageCount> {
        let stages = model::LifecycleStage::ALL.into_iter();
        let counted = stages.map(|stage| StageCount {
            stage: stage.into(),
            count: self.0.count_in_stage(stage).into(),
        });
        counted.collect()
    }

    /// By source, by name. A CI that several sources, or several feeds of one, know counts for each.
    async fn by_source(&self) -> Vec<SourceCount> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for source in self.0.sources() {
            *counts.entry(source.name.as_str()).or_default() += self.0.count_of_source(source.id);
        }
        let counted = counts.into_iter().map(|(source, count)| SourceCount {
            source: source.to_owned(),
            count: count.into(),
        });
        counted.collect()
    }
}
