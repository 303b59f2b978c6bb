//! Rules of ingest: from the tables of a catalog file to rules, each checked by itself and against
//! the types it names.

use std::sync::Arc;

use hashbrown::HashSet;
use jiff::SignedDuration;
use toml::Spanned;

use super::error::shortened;
use super::file::{File, Place, RawAuthority, RawClassAlias, RawDerivation, RawJunk, RawRelated, RawSource};
use super::resolve::{self, NAME_ATTRIBUTE, within};
use super::value::{self, compile};
use super::{Catalog, CatalogError, DESCRIPTION_BYTES_MAX, PATTERN_BYTES_MAX, Problem, RULE_ATTRIBUTES_MAX};
use crate::model::definition::RelatedIdentifier;
use crate::model::rule::{
    Authority, AuthorityPolicy, AuthorityRule, ClassAlias, DerivationRule, IngestRuleKind, JunkRule, OnManyMatches,
    OnNoMatch, SourceRights, SourceRule,
};
use crate::model::{AttributeValue, CiTypeId, DeltaItem, IngestRule, Input, Name};

/// Most rules of ingest of one kind.
pub const INGEST_RULES_MAX: usize = 5_000;
/// Most sources, attributes or patterns that one rule of ingest lists.
pub const INGEST_RULE_ITEMS_MAX: usize = 200;
/// Most values of one junk list.
pub const JUNK_VALUES_MAX: usize = 10_000;
/// Longest grace or lapse, in days.
pub const GRACE_DAYS_MAX: i64 = 36_500;

/// The pseudo-attributes that a rule about authority may name.
const GOVERNED: [&str; 3] = [NAME_ATTRIBUTE, "stage", "tags"];

/// The rules of a file that are not in the catalog yet, as delta items. `draft` is the catalog with
/// the file's types.
pub(super) fn items(draft: &Catalog, file: &File) -> Result<Vec<DeltaItem>, CatalogError> {
    let content = &file.content;
    let mut rules = Rules {
        draft,
        file,
        items: Vec::new(),
        seen: HashSet::new(),
    };
    for raw in &content.source {
        rules.add(raw, &raw.get_ref().name, IngestRuleKind::Source, source)?;
    }
    for raw in &content.authority {
        rules.add(raw, &raw.get_ref().name, IngestRuleKind::Authority, authority)?;
    }
    for raw in &content.junk {
        rules.add(raw, &raw.get_ref().name, IngestRuleKind::Junk, junk)?;
    }
    for raw in &content.derivation {
        rules.add(raw, &raw.get_ref().name, IngestRuleKind::Derivation, derivation)?;
    }
    for raw in &content.class_alias {
        rules.add(raw, &raw.get_ref().name, IngestRuleKind::ClassAlias, class_alias)?;
    }
    Ok(rules.items)
}

struct Rules<'a> {
    draft: &'a Catalog,
    file: &'a File,
    items: Vec<DeltaItem>,
    seen: HashSet<(IngestRuleKind, Name)>,
}

impl Rules<'_> {
    fn add<T>(
        &mut self,
        raw: &Spanned<T>,
        name: &str,
        kind: IngestRuleKind,
        read: impl Fn(&Catalog, &T, Name) -> Result<IngestRule, Problem>,
    ) -> Result<(), CatalogError> {
        let place: Place = self.file.place(raw, format!("{kind} `{}`", shortened(name)));
        let refuse = |problem: Problem| place.refuse(problem);
        let name = Name::new(name).map_err(|problem| refuse(problem.into()))?;
        if !self.seen.insert((kind, name.clone())) {
            return Err(refuse(Problem::Duplicate));
        }
        let rule = read(self.draft, raw.get_ref(), name.clone()).map_err(refuse)?;
        let known: Option<&Arc<IngestRule>> = self.draft.ingest_rules.get(&(kind, name));
        if let Some(change) = super::define::changed(known, rule) {
            self.items.push(DeltaItem::IngestRule(change));
        }
        Ok(())
    }
}

fn source(_: &Catalog, raw: &RawSource, name: Name) -> Result<IngestRule, Problem> {
    within("the description", raw.description.len(), DESCRIPTION_BYTES_MAX)?;
    let default = SourceRights::DEFAULT;
    let share = raw.sweep_share_max.map(|share| {
        let percent = u8::try_from(share).ok().filter(|percent| *percent <= 100);
        percent.ok_or(Problem::InvalidShare(share))
    });
    Ok(IngestRule::Source(SourceRule {
        name,
        description: raw.description.clone(),
        rights: SourceRights {
            may_create: raw.may_create.unwrap_or(default.may_create),
            may_update: raw.may_update.unwrap_or(default.may_update),
            may_retire: raw.may_retire.unwrap_or(default.may_retire),
            may_create_placeholders: raw.may_create_placeholders.unwrap_or(default.may_create_placeholders),
            on_no_match: stated(raw.on_no_match.as_ref(), &OnNoMatch::ALL.map(|one| (one.as_str(), one)))?
                .unwrap_or(default.on_no_match),
            on_many_matches: stated(
                raw.on_many_matches.as_ref(),
                &OnManyMatches::ALL.map(|one| (one.as_str(), one)),
            )?
            .unwrap_or(default.on_many_matches),
            sweep_share_max: share.transpose()?.unwrap_or(default.sweep_share_max),
        },
    }))
}

fn authority(draft: &Catalog, raw: &RawAuthority, name: Name) -> Result<IngestRule, Problem> {
    let ci_type = ci_type(draft, &raw.ci_type)?;
    if raw.attributes.as_ref().is_some_and(Vec::is_empty) {
        return Err(Problem::Empty("`attributes`"));
    }
    let attributes = names("`attributes`", raw.attributes.as_deref().unwrap_or_default())?;
    for attribute in &attributes {
        if !GOVERNED.contains(&attribute.as_str()) && draft.attribute_of(ci_type, attribute.as_str()).is_none() {
            return Err(Problem::UnknownAttribute(attribute.clone()));
        }
    }
    let policies = AuthorityPolicy::ALL.map(|one| (one.as_str(), one));
    let policy = stated(Some(&raw.policy), &policies)?.unwrap_or(AuthorityPolicy::Newest);
    let sources = names("`sources`", &raw.sources)?;
    match (policy, sources.len()) {
        (AuthorityPolicy::LockedToSource, 1) => {}
        (AuthorityPolicy::LockedToSource, _) => {
            return Err(Problem::KeyMisplaced(
                "`locked_to_source` needs one source: name it in `sources`",
            ));
        }
        (AuthorityPolicy::SourcePriority, 0) => return Err(Problem::Empty("`sources`")),
        (AuthorityPolicy::SourcePriority, _)
        | (AuthorityPolicy::WriteIfEmpty | AuthorityPolicy::Newest | AuthorityPolicy::MostReported, 0) => {}
        (AuthorityPolicy::WriteIfEmpty | AuthorityPolicy::Newest | AuthorityPolicy::MostReported, _) => {
            return Err(Problem::KeyMisplaced(
                "`sources` is for `source_priority` and `locked_to_source`: leave it out",
            ));
        }
    }
    Ok(IngestRule::Authority(AuthorityRule {
        name,
        ci_type,
        attributes,
        authority: Authority {
            policy,
            sources,
            lapse: length(raw.lapse.as_ref())?,
        },
    }))
}

fn junk(draft: &Catalog, raw: &RawJunk, name: Name) -> Result<IngestRule, Problem> {
    if raw.attributes.as_ref().is_some_and(Vec::is_empty) {
        return Err(Problem::Empty("`attributes`"));
    }
    let attributes = names("`attributes`", raw.attributes.as_deref().unwrap_or_default())?;
    let unknown = attributes
        .iter()
        .find(|name| name.as_str() != NAME_ATTRIBUTE && draft.attribute_id(name.as_str()).is_none());
    if let Some(unknown) = unknown {
        return Err(Problem::UnknownAttribute(unknown.clone()));
    }
    if raw.values.is_empty() && raw.patterns.is_empty() {
        return Err(Problem::Empty("`values` and `patterns`"));
    }
    within("`values`", raw.values.len(), JUNK_VALUES_MAX)?;
    within("`patterns`", raw.patterns.len(), INGEST_RULE_ITEMS_MAX)?;
    for value in &raw.values {
        within("one of `values`", value.len(), PATTERN_BYTES_MAX)?;
        if value.trim().is_empty() {
            return Err(Problem::Empty("one of `values`"));
        }
    }
    for pattern in &raw.patterns {
        within("one of `patterns`", pattern.len(), PATTERN_BYTES_MAX)?;
        compile(pattern).map_err(|error| resolve::invalid_pattern(pattern, &error))?;
    }
    Ok(IngestRule::Junk(JunkRule {
        name,
        attributes,
        values: raw.values.clone(),
        patterns: raw.patterns.clone(),
    }))
}

fn derivation(draft: &Catalog, raw: &RawDerivation, name: Name) -> Result<IngestRule, Problem> {
    let relationship_type = draft
        .relationship_type_named(&raw.relationship_type)
        .ok_or_else(|| Problem::UnknownRelationshipType(shortened(&raw.relationship_type)))?
        .id;
    let rule = DerivationRule {
        name,
        from: ci_type(draft, &raw.from)?,
        attribute: Name::new(&raw.attribute)?,
        relationship_type,
        to: ci_type(draft, &raw.to)?,
        to_attribute: Name::new(raw.to_attribute.as_deref().unwrap_or(NAME_ATTRIBUTE))?,
        reversed: raw.reversed,
    };
    Ok(IngestRule::Derivation(rule))
}

fn class_alias(draft: &Catalog, raw: &RawClassAlias, name: Name) -> Result<IngestRule, Problem> {
    let ci_type = ci_type(draft, &raw.ci_type)?;
    Ok(IngestRule::ClassAlias(ClassAlias { name, ci_type }))
}

fn ci_type(draft: &Catalog, name: &str) -> Result<CiTypeId, Problem> {
    let found = draft.ci_type_named(name).map(|found| found.id);
    found.ok_or_else(|| Problem::UnknownCiType(shortened(name)))
}

/// A list of names without repetitions.
fn names(what: &'static str, raw: &[String]) -> Result<Vec<Name>, Problem> {
    within(what, raw.len(), INGEST_RULE_ITEMS_MAX)?;
    let mut names: Vec<Name> = Vec::with_capacity(raw.len());
    for text in raw {
        let name = Name::new(text)?;
        if names.contains(&name) {
            return Err(Problem::ListedTwice { list: what, name });
        }
        names.push(name);
    }
    Ok(names)
}

/// The word that a text is, if there is a text.
fn stated<T: Copy>(text: Option<&String>, words: &[(&'static str, T)]) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found = words.iter().find(|(word, _)| word == text).map(|(_, value)| *value);
    found.map(Some).ok_or_else(|| Problem::UnknownWord {
        word: shortened(text),
        known: words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "),
    })
}

/// A length of time of whole seconds: `30d`.
pub(super) fn length(text: Option<&String>) -> Result<Option<SignedDuration>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let longest = SignedDuration::from_hours(GRACE_DAYS_MAX * 24);
    match value::duration(&Input::Text(text.clone())) {
        Ok(AttributeValue::Duration(length))
            if !length.is_negative() && length.subsec_nanos() == 0 && length <= longest =>
        {
            Ok(Some(length))
        }
        Ok(_) | Err(_) => Err(Problem::InvalidLength(shortened(text))),
    }
}

/// The values of another CI that identify one.
pub(super) fn related(raw: &RawRelated) -> Result<RelatedIdentifier, Problem> {
    if raw.attributes.is_empty() {
        return Err(Problem::Empty("`attributes` of `related`"));
    }
    within("`attributes` of `related`", raw.attributes.len(), RULE_ATTRIBUTES_MAX)?;
    Ok(RelatedIdentifier {
        relationship_type: Name::new(&raw.relationship_type)?,
        ci_type: Name::new(&raw.ci_type)?,
        attributes: names("`attributes` of `related`", &raw.attributes)?,
    })
}

#[cfg(test)]
mod tests;
