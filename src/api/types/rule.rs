//! Rules of ingest.

use async_graphql::{Enum, ID, Object, SimpleObject};

use super::CiTypeObject;
use super::enums::mirror;
use crate::graph::Snapshot;
use crate::model;
use crate::model::rule::{AuthorityRule, DerivationRule, JunkRule, SourceRule};
use crate::model::{CiTypeId, IngestRule};

mirror! {
    /// Which kind of rule of ingest.
    IngestRuleKind = model::rule::IngestRuleKind {
        /// What a source may do.
        Source,
        /// Who decides an attribute.
        Authority,
        /// Values that identify nothing.
        Junk,
        /// Relationships that follow from attribute values.
        Derivation,
        /// What others call a CI type.
        ClassAlias,
    }
}

mirror! {
    /// What becomes of an item that matches no CI.
    OnNoMatch = model::rule::OnNoMatch {
        /// A CI is created.
        Create,
        /// It is refused.
        Error,
        /// It waits in the review queue.
        Stage,
    }
}

mirror! {
    /// What becomes of an item that matches several CIs.
    OnManyMatches = model::rule::OnManyMatches {
        /// It waits in the review queue.
        Review,
        /// It is refused.
        Error,
    }
}

mirror! {
    /// How an attribute that several sources speak of is decided.
    AuthorityPolicy = model::rule::AuthorityPolicy {
        /// Only the one source decides.
        LockedToSource,
        /// The first of the sources that speaks decides.
        SourcePriority,
        /// Who was first decides; the others fill only what is empty.
        WriteIfEmpty,
        /// The newest observation decides.
        Newest,
        /// The value that most sources report decides.
        MostReported,
    }
}

/// What a source may do.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each right is given by itself, in the words of the catalog file"
)]
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "SourceRights")]
pub struct SourceRightsObject {
    /// What the source is.
    pub description: String,
    /// Whether it may create CIs.
    pub may_create: bool,
    /// Whether it may change CIs.
    pub may_update: bool,
    /// Whether its silence may retire CIs.
    pub may_retire: bool,
    /// Whether a relationship to a CI that is not known makes a placeholder.
    pub may_create_placeholders: bool,
    /// What becomes of an item that matches no CI.
    pub on_no_match: OnNoMatch,
    /// What becomes of an item that matches several CIs.
    pub on_many_matches: OnManyMatches,
    /// Most CIs that one sync session may let go stale, in percent of what it speaks of.
    pub sweep_share_max: u8,
}

impl From<&SourceRule> for SourceRightsObject {
    fn from(rule: &SourceRule) -> Self {
        let rights = &rule.rights;
        Self {
            description: rule.description.clone(),
            may_create: rights.may_create,
            may_update: rights.may_update,
            may_retire: rights.may_retire,
            may_create_placeholders: rights.may_create_placeholders,
            on_no_match: rights.on_no_match.into(),
            on_many_matches: rights.on_many_matches.into(),
            sweep_share_max: rights.sweep_share_max,
        }
    }
}

/// Who decides attributes.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Authority")]
pub struct AuthorityObject {
    /// The type of the CIs, with its subtypes.
    pub ci_type: Option<CiTypeObject>,
    /// The attributes, `name`, `stage` and `tags` among them; empty: all that no other rule of the
    /// type names.
    pub attributes: Vec<String>,
    /// How they are decided.
    pub policy: AuthorityPolicy,
    /// The sources the policy speaks of, the first of the highest authority.
    pub sources: Vec<String>,
    /// A source that has been silent on the CI for longer has no say while others speak; ISO 8601.
    pub lapse: Option<String>,
}

/// Values that identify nothing.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "JunkList")]
pub struct JunkObject {
    /// The attributes it speaks of; empty: every identifying attribute, but not `name`.
    pub attributes: Vec<String>,
    /// Values, compared without regard to case and to blanks around them.
    pub values: Vec<String>,
    /// Regular expressions that match the whole value.
    pub patterns: Vec<String>,
}

/// Relationships that follow from attribute values.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Derivation")]
pub struct DerivationObject {
    /// The type whose CIs state the value, with its subtypes.
    pub from: Option<CiTypeObject>,
    /// The attribute that states it.
    pub attribute: String,
    /// The type of the relationship.
    pub relationship_type: String,
    /// The type of the CIs that the value names, with its subtypes.
    pub to: Option<CiTypeObject>,
    /// The attribute of theirs that must equal the value.
    pub to_attribute: String,
    /// Whether the relationship leads from the CI that is named to the one that names it.
    pub reversed: bool,
}

/// A rule of ingest of a snapshot's catalog.
#[derive(Clone, Debug)]
pub struct IngestRuleObject {
    view: Snapshot,
    rule: std::sync::Arc<IngestRule>,
}

impl IngestRuleObject {
    pub(in crate::api) fn new(view: &Snapshot, rule: &std::sync::Arc<IngestRule>) -> Self {
        Self {
            view: view.clone(),
            rule: std::sync::Arc::clone(rule),
        }
    }

    fn ci_type_object(&self, id: CiTypeId) -> Option<CiTypeObject> {
        CiTypeObject::of(&self.view, id)
    }
}

/// A rule of ingest: one of its five kinds.
#[Object(name = "IngestRule")]
impl IngestRuleObject {
    /// Its identity: the word of its kind in a catalog file, `:` and its name.
    pub async fn id(&self) -> ID {
        ID(format!("{}:{}", self.rule.kind().as_str(), self.rule.name()))
    }

    /// Its kind.
    async fn kind(&self) -> IngestRuleKind {
        self.rule.kind().into()
    }

    /// Its name, unique among the rules of its kind. Of a source, the source's name; of a class alias,
    /// what others call the type.
    async fn name(&self) -> &str {
        self.rule.name().as_str()
    }

    /// As the text of a catalog file, to be changed and defined again.
    async fn text(&self) -> String {
        self.view.catalog().render_ingest_rule(&self.rule)
    }

    /// What the source may do, if it is a rule of that kind.
    async fn source(&self) -> Option<SourceRightsObject> {
        match self.rule.as_ref() {
            IngestRule::Source(rule) => Some(rule.into()),
            IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::Derivation(_) | IngestRule::ClassAlias(_) => {
                None
            }
        }
    }

    /// Who decides what, if it is a rule of that kind.
    async fn authority(&self) -> Option<AuthorityObject> {
        match self.rule.as_ref() {
            IngestRule::Authority(AuthorityRule {
                ci_type,
                attributes,
                authority,
                ..
            }) => Some(AuthorityObject {
                ci_type: self.ci_type_object(*ci_type),
                attributes: attributes.iter().map(ToString::to_string).collect(),
                policy: authority.policy.into(),
                sources: authority.sources.iter().map(ToString::to_string).collect(),
                lapse: authority.lapse.map(|lapse| lapse.to_string()),
            }),
            IngestRule::Source(_) | IngestRule::Junk(_) | IngestRule::Derivation(_) | IngestRule::ClassAlias(_) => None,
        }
    }

    /// The values that identify nothing, if it is a rule of that kind.
    async fn junk(&self) -> Option<JunkObject> {
        match self.rule.as_ref() {
            IngestRule::Junk(JunkRule {
                attributes,
                values,
                patterns,
                ..
            }) => Some(JunkObject {
                attributes: attributes.iter().map(ToString::to_string).collect(),
                values: values.clone(),
                patterns: patterns.clone(),
            }),
            IngestRule::Source(_)
            | IngestRule::Authority(_)
            | IngestRule::Derivation(_)
            | IngestRule::ClassAlias(_) => None,
        }
    }

    /// What follows from which value, if it is a rule of that kind.
    async fn derivation(&self) -> Option<DerivationObject> {
        match self.rule.as_ref() {
            IngestRule::Derivation(DerivationRule {
                from,
                attribute,
                relationship_type,
                to,
                to_attribute,
                reversed,
                ..
            }) => Some(DerivationObject {
                from: self.ci_type_object(*from),
                attribute: attribute.to_string(),
                relationship_type: self
                    .view
                    .catalog()
                    .relationship_type(*relationship_type)
                    .map_or_else(String::new, |definition| definition.name.to_string()),
                to: self.ci_type_object(*to),
                to_attribute: to_attribute.to_string(),
                reversed: *reversed,
            }),
            IngestRule::Source(_) | IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::ClassAlias(_) => None,
        }
    }

    /// The type that others call by the name, if it is a rule of that kind.
    async fn class_alias(&self) -> Option<CiTypeObject> {
        match self.rule.as_ref() {
            IngestRule::ClassAlias(alias) => self.ci_type_object(alias.ci_type),
            IngestRule::Source(_) | IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::Derivation(_) => None,
        }
    }
}
