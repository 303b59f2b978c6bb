//! Look-ups of the rules of ingest. Each costs at most the depth of the type tree, whatever the
//! number of rules.

use std::sync::{Arc, OnceLock};

use hashbrown::{HashMap, HashSet};
use jiff::SignedDuration;
use regex::Regex;

use super::Catalog;
use super::resolve::NAME_ATTRIBUTE;
use super::value::compile;
use crate::model::rule::{Authority, DerivationRule, IngestRuleKind, JunkRule, SourceRights};
use crate::model::{AttributeId, AttributeValue, CiTypeId, IngestRule, Input, Name};

/// How long CIs of a type stay stale before they are retired, where neither the type nor an ancestor
/// says.
pub const RETIRE_AFTER_DEFAULT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Who decides what no rule speaks of.
static AUTHORITY_DEFAULT: Authority = Authority::DEFAULT;
/// What a source without a rule may do.
static RIGHTS_DEFAULT: SourceRights = SourceRights::DEFAULT;

impl Catalog {
    /// All rules of ingest, by kind and name.
    pub fn ingest_rules(&self) -> impl Iterator<Item = &Arc<IngestRule>> {
        self.ingest_rules.values()
    }

    /// One rule of ingest.
    pub fn ingest_rule(&self, kind: IngestRuleKind, name: &Name) -> Option<&Arc<IngestRule>> {
        self.ingest_rules.get(&(kind, name.clone()))
    }

    /// What a source may do.
    pub fn source_rights(&self, source: &Name) -> &SourceRights {
        match self.ingest_rule(IngestRuleKind::Source, source).map(Arc::as_ref) {
            Some(IngestRule::Source(rule)) => &rule.rights,
            Some(
                IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::Derivation(_) | IngestRule::ClassAlias(_),
            )
            | None => &RIGHTS_DEFAULT,
        }
    }

    /// Who decides an attribute of CIs of a type; [`AttributeId::NAME`], [`AttributeId::STAGE`] and
    /// [`AttributeId::TAGS`] stand for what every CI has. The rule of the nearest ancestor decides,
    /// and among the rules of one type that which names the attribute.
    pub fn authority(&self, ci_type: CiTypeId, attribute: AttributeId) -> &Authority {
        let rules = &self.derived().rules.authorities;
        if rules.is_empty() {
            return &AUTHORITY_DEFAULT;
        }
        let found = self.ancestors(ci_type).iter().find_map(|ancestor| {
            let of_type = rules.get(ancestor)?;
            of_type.named.get(&attribute).or(of_type.others.as_ref())
        });
        match found.map(Arc::as_ref) {
            Some(IngestRule::Authority(rule)) => &rule.authority,
            Some(
                IngestRule::Source(_) | IngestRule::Junk(_) | IngestRule::Derivation(_) | IngestRule::ClassAlias(_),
            )
            | None => &AUTHORITY_DEFAULT,
        }
    }

    /// The best place, from 1, that rules of authority about a type and its ancestors give a source, whatever
    /// attributes they govern; `None` where none names it.
    pub fn authority_place(&self, ci_type: CiTypeId, source: &Name) -> Option<u32> {
        let places = &self.derived().rules.places;
        if places.is_empty() {
            return None;
        }
        let of_types = self
            .ancestors(ci_type)
            .iter()
            .filter_map(|ancestor| places.get(ancestor));
        of_types.filter_map(|of_type| of_type.get(source)).min().copied()
    }

    /// Whether a value of an attribute identifies nothing; [`AttributeId::NAME`] stands for the CI's
    /// own name.
    pub fn is_junk(&self, attribute: AttributeId, value: &AttributeValue) -> bool {
        match value.to_input() {
            Input::Text(text) | Input::Number(text) => self.is_junk_text(attribute, &text),
            // These are not what junk looks like, and identify nothing by themselves.
            Input::Null | Input::Boolean(_) | Input::List(_) | Input::Object(_) => false,
        }
    }

    /// As [`Catalog::is_junk`], of the value as a text.
    pub fn is_junk_text(&self, attribute: AttributeId, text: &str) -> bool {
        let rules = &self.derived().rules;
        let own = rules.junk.get(&attribute).is_some_and(|junk| junk.contains(text));
        own || (self.is_identifying(attribute) && rules.junk_of_all.contains(text))
    }

    /// All derivations, by name.
    pub fn derivations(&self) -> &Arc<[DerivationRule]> {
        &self.derived().rules.derivations
    }

    /// Whether some CI type is identified within a host that a relationship of this type leads to.
    pub fn leads_to_host(&self, relationship_type: &str) -> bool {
        self.derived().rules.to_hosts.contains(relationship_type)
    }

    /// The relationship type that leads from CIs of a type to the host within which they are
    /// identified, by their first rule that names one.
    pub fn host_relationship_of(&self, ci_type: CiTypeId) -> Option<&Name> {
        self.identification_of(ci_type)
            .iter()
            .find_map(|rule| rule.host.as_ref())
    }

    /// The CI type that others call by a name, compared without regard to case.
    pub fn class_alias(&self, name: &str) -> Option<CiTypeId> {
        let name = Name::new(&name.trim().to_ascii_lowercase()).ok()?;
        match self.ingest_rule(IngestRuleKind::ClassAlias, &name)?.as_ref() {
            IngestRule::ClassAlias(alias) => Some(alias.ci_type),
            IngestRule::Source(_) | IngestRule::Authority(_) | IngestRule::Junk(_) | IngestRule::Derivation(_) => None,
        }
    }

    /// How long CIs of a type stay stale before they are retired: as the nearest ancestor says, else
    /// [`RETIRE_AFTER_DEFAULT`].
    pub fn retire_after(&self, ci_type: CiTypeId) -> SignedDuration {
        self.derived().retire_after(ci_type).unwrap_or(RETIRE_AFTER_DEFAULT)
    }
}

/// The rules of ingest by what they are looked up by.
#[derive(Debug, Default)]
pub(super) struct RuleTables {
    authorities: HashMap<CiTypeId, Authorities>,
    /// The best place of each source in the rules about authority of one type.
    places: HashMap<CiTypeId, HashMap<Name, u32>>,
    junk: HashMap<AttributeId, Junk>,
    /// Of lists that name no attribute.
    junk_of_all: Junk,
    /// Relationship types that lead to hosts.
    to_hosts: HashSet<Name>,
    derivations: Arc<[DerivationRule]>,
}

/// The rules about authority of one type.
#[derive(Debug, Default)]
struct Authorities {
    named: HashMap<AttributeId, Arc<IngestRule>>,
    others: Option<Arc<IngestRule>>,
}

/// Values that identify nothing.
#[derive(Debug, Default)]
struct Junk {
    /// In lower case, without blanks around them.
    values: HashSet<String>,
    /// With their compiled forms, made by the first use.
    patterns: Vec<(String, OnceLock<Option<Regex>>)>,
}

impl Junk {
    fn add(&mut self, rule: &JunkRule) {
        self.values
            .extend(rule.values.iter().map(|value| value.trim().to_lowercase()));
        let patterns = rule.patterns.iter();
        self.patterns
            .extend(patterns.map(|pattern| (pattern.clone(), OnceLock::new())));
    }

    fn contains(&self, text: &str) -> bool {
        let text = text.trim();
        if self.values.contains(&text.to_lowercase()) {
            return true;
        }
        self.patterns.iter().any(|(pattern, compiled)| {
            let compiled = compiled.get_or_init(|| compile(pattern).ok());
            compiled.as_ref().is_some_and(|pattern| pattern.is_match(text))
        })
    }
}

impl RuleTables {
    pub(super) fn build(catalog: &Catalog) -> Self {
        let mut tables = Self::default();
        let mut derivations = Vec::new();
        let rules = catalog
            .ci_types()
            .flat_map(|definition| definition.identification.iter().flatten());
        tables.to_hosts = rules.filter_map(|rule| rule.host.clone()).collect();
        for rule in catalog.ingest_rules() {
            match rule.as_ref() {
                IngestRule::Authority(authority) => {
                    let of_type = tables.authorities.entry(authority.ci_type).or_default();
                    if authority.attributes.is_empty() {
                        of_type.others = Some(Arc::clone(rule));
                    }
                    let named = authority.attributes.iter().filter_map(|name| governed(catalog, name));
                    of_type.named.extend(named.map(|id| (id, Arc::clone(rule))));
                    for (place, source) in (1..).zip(&authority.authority.sources) {
                        let places = tables.places.entry(authority.ci_type).or_default();
                        let best = places.entry(source.clone()).or_insert(place);
                        *best = place.min(*best);
                    }
                }
                IngestRule::Junk(junk) => {
                    if junk.attributes.is_empty() {
                        tables.junk_of_all.add(junk);
                    }
                    for id in junk.attributes.iter().filter_map(|name| governed(catalog, name)) {
                        tables.junk.entry(id).or_default().add(junk);
                    }
                }
                IngestRule::Derivation(derivation) => derivations.push(derivation.clone()),
                IngestRule::Source(_) | IngestRule::ClassAlias(_) => {}
            }
        }
        tables.derivations = derivations.into();
        tables
    }
}

/// The number of an attribute, or what stands for a field that every CI has.
fn governed(catalog: &Catalog, name: &Name) -> Option<AttributeId> {
    match name.as_str() {
        NAME_ATTRIBUTE => Some(AttributeId::NAME),
        "stage" => Some(AttributeId::STAGE),
        "tags" => Some(AttributeId::TAGS),
        other => catalog.attribute_id(other),
    }
}
