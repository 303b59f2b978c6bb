//! What two CIs that are one say of themselves, as one.

use std::collections::BTreeMap;

use super::{Decision, Pair};
use crate::app::CommandError;
use crate::app::check::ledger::{field_value, implied, is_said_by_first, text};
use crate::app::check::observe::pinnable;
use crate::graph::Estate;
use crate::model::{
    Attribute, AttributeId, AttributeValue, Attributes, CiFields, Claims, MergeChoice, MergeSide, Origin, SourceId,
    Stale, Standing,
};

/// The fields that every CI has and that claims and pins speak of.
const FIELDS: [AttributeId; 3] = [AttributeId::NAME, AttributeId::STAGE, AttributeId::TAGS];

/// Whose word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The survivor's.
    Survivor,
    /// The absorbed CI's.
    Absorbed,
    /// What both say together: tags, and what they agree in.
    Both,
}

/// What two CIs say of one thing, and what counts of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedField {
    /// The attribute; or `name`, `type`, `stage`, `tags`, `validity`.
    pub name: String,
    /// What the survivor says.
    pub survivor: Option<AttributeValue>,
    /// What the absorbed CI says.
    pub absorbed: Option<AttributeValue>,
    /// Whose word counts.
    pub taken: Taken,
    /// Whether the values must not be shown.
    pub secret: bool,
}

/// Choices, with the names understood.
#[derive(Debug, Default)]
pub(super) struct Choices {
    by_attribute: BTreeMap<AttributeId, MergeSide>,
    validity: Option<MergeSide>,
}

impl Choices {
    pub(super) fn new(estate: &Estate, pair: &Pair, given: &[MergeChoice]) -> Result<Self, CommandError> {
        let mut choices = Self::default();
        for choice in given {
            if choice.attribute == "validity" {
                choices.validity = Some(choice.take);
                continue;
            }
            let ci = match choice.take {
                MergeSide::Survivor => &pair.of_survivor,
                MergeSide::Absorbed => &pair.of_absorbed,
            };
            let fields = ci.to_fields();
            let attribute = pinnable(estate, &fields, &choice.attribute)?;
            if !FIELDS.contains(&attribute) && fields.attributes.get(attribute).is_none() {
                return Err(CommandError::MergeChoice {
                    attribute: choice.attribute.clone(),
                    ci: fields.id,
                });
            }
            choices.by_attribute.insert(attribute, choice.take);
        }
        Ok(choices)
    }
}

/// The survivor as it becomes, and how that came about.
pub(super) struct Merged {
    pub(super) fields: CiFields,
    pub(super) shown: Vec<MergedField>,
}

pub(super) fn merge(estate: &Estate, pair: &Pair, choices: &Choices, decision: Decision) -> Merged {
    let merging = Merging {
        estate,
        sides: [pair.of_survivor.to_fields(), pair.of_absorbed.to_fields()],
        choices,
        decision,
    };
    merging.merge()
}

struct Merging<'a> {
    estate: &'a Estate,
    /// The survivor, then the absorbed CI.
    sides: [CiFields; 2],
    choices: &'a Choices,
    decision: Decision,
}

impl Merging<'_> {
    fn merge(&self) -> Merged {
        let [survivor, absorbed] = &self.sides;
        let mut shown = Vec::new();
        let mut fields = survivor.clone();
        fields.changed = self.decision.stamp;
        let type_side = self.type_side();
        fields.ci_type = self.side(type_side).ci_type;
        let validity_side = self.choices.validity.unwrap_or(MergeSide::Survivor);
        fields.validity = self.side(validity_side).validity;
        fields.origins = origins(survivor, absorbed);
        fields.standing = Standing {
            claims: Claims::default(),
            pins: Vec::new(),
            stale: stale(survivor, absorbed),
            aliases: aliases(survivor, absorbed),
        };
        shown.extend(self.shown_field("type", type_side, |fields| self.type_name(fields)));
        let mut claims = Vec::new();
        for id in FIELDS {
            let side = self.merge_field(id, &mut fields, &mut claims);
            let name = match id {
                AttributeId::NAME => "name",
                AttributeId::STAGE => "stage",
                _ => "tags",
            };
            let value = |fields: &CiFields| field_value(fields, id);
            shown.extend(side.map_or_else(
                || self.shown_as(name, Taken::Both, value),
                |side| self.shown_field(name, side, value),
            ));
        }
        shown.extend(self.shown_field("validity", validity_side, validity));
        let mut effective = Vec::new();
        for id in self.attribute_ids() {
            let side = self.attribute_side(id);
            self.merge_attribute(id, side, &mut effective, &mut claims);
            if let Some(mut field) =
                self.shown_field(&self.attribute_name(id), side, |fields| fields.attributes.value(id))
            {
                let definition = self.estate.catalog().attribute_by_id(fields.ci_type, id);
                field.secret = definition.is_none_or(|definition| definition.secret);
                shown.push(field);
            }
        }
        fields.standing.pins = self.pins();
        fields.attributes = Attributes::new(effective);
        fields.standing.claims = Claims::new(claims);
        Merged { fields, shown }
    }

    fn side(&self, side: MergeSide) -> &CiFields {
        let [survivor, absorbed] = &self.sides;
        match side {
            MergeSide::Survivor => survivor,
            MergeSide::Absorbed => absorbed,
        }
    }

    /// The more specific type has all that the other has.
    fn type_side(&self) -> MergeSide {
        let [survivor, absorbed] = &self.sides;
        if self.estate.catalog().is_a(survivor.ci_type, absorbed.ci_type) {
            MergeSide::Survivor
        } else {
            MergeSide::Absorbed
        }
    }

    fn type_name(&self, fields: &CiFields) -> Option<AttributeValue> {
        let definition = self.estate.catalog().ci_type(fields.ci_type)?;
        Some(text(definition.name.as_str()))
    }

    fn attribute_name(&self, id: AttributeId) -> String {
        let name = self.estate.catalog().attribute_name(id);
        name.map(ToString::to_string).unwrap_or_default()
    }

    /// All attributes that either has, or of which a source of either says something.
    fn attribute_ids(&self) -> Vec<AttributeId> {
        let of = |fields: &CiFields| -> Vec<AttributeId> {
            let claims = fields.standing.claims.iter().chain(fields.attributes.iter());
            claims.map(|claim| claim.id).filter(|id| !FIELDS.contains(id)).collect()
        };
        let mut ids: Vec<AttributeId> = self.sides.iter().flat_map(of).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Whose value of an attribute counts: as chosen; else what a person fixed on one side only; else
    /// the survivor's, and the absorbed CI's where the survivor has none.
    fn attribute_side(&self, id: AttributeId) -> MergeSide {
        if let Some(side) = self.choices.by_attribute.get(&id) {
            return *side;
        }
        let [survivor, absorbed] = &self.sides;
        let pinned = [survivor, absorbed].map(|fields| fields.standing.is_pinned(id));
        let has = |fields: &CiFields| fields.attributes.get(id).is_some();
        match pinned {
            [false, true] => MergeSide::Absorbed,
            [false, false] if !has(survivor) && has(absorbed) => MergeSide::Absorbed,
            [true, _] | [false, false] => MergeSide::Survivor,
        }
    }

    /// Whose name or stage counts; of tags `None`: those of both.
    fn field_side(&self, id: AttributeId) -> Option<MergeSide> {
        let [survivor, absorbed] = &self.sides;
        if let Some(side) = self.choices.by_attribute.get(&id) {
            return Some(*side);
        }
        match (survivor.standing.is_pinned(id), absorbed.standing.is_pinned(id)) {
            (false, true) => Some(MergeSide::Absorbed),
            (false, false) if id == AttributeId::TAGS => None,
            (false, false) if id == AttributeId::STAGE && stated(survivor, id).is_empty() => {
                let says = !stated(absorbed, id).is_empty();
                Some(if says { MergeSide::Absorbed } else { MergeSide::Survivor })
            }
            (true, _) | (false, false) => Some(MergeSide::Survivor),
        }
    }

    fn merge_field(&self, id: AttributeId, fields: &mut CiFields, claims: &mut Vec<Attribute>) -> Option<MergeSide> {
        let side = self.field_side(id);
        match (id, side) {
            (AttributeId::NAME, Some(side)) => fields.name.clone_from(&self.side(side).name),
            (AttributeId::STAGE, Some(side)) => fields.stage = self.side(side).stage,
            (AttributeId::TAGS, Some(side)) => fields.tags.clone_from(&self.side(side).tags),
            _ => {
                let [survivor, absorbed] = &self.sides;
                fields.tags = survivor.tags.iter().chain(&absorbed.tags).cloned().collect();
                fields.tags.sort();
                fields.tags.dedup();
            }
        }
        let said = newest(self.sides.iter().flat_map(|side| stated(side, id)));
        let said: Vec<Attribute> = said.into_values().collect();
        if id == AttributeId::STAGE {
            fields.stage_assumed = !is_said_by_first(fields, &said);
        }
        let implied = implied(fields, id);
        if said.len() > 1 || said.first() != implied.as_ref() {
            claims.extend(said);
        }
        side
    }

    /// Each source's word stays, its newer one where it knew both CIs. Where the value that counts is
    /// not what its source says any more, the decision to merge says it.
    fn merge_attribute(
        &self,
        id: AttributeId,
        side: MergeSide,
        effective: &mut Vec<Attribute>,
        claims: &mut Vec<Attribute>,
    ) {
        let stated = |fields: &CiFields| -> Vec<Attribute> {
            let effective = fields.attributes.get(id);
            effective.into_iter().chain(fields.standing.claims.of(id)).collect()
        };
        let mut said = newest(self.sides.iter().flat_map(stated));
        if let Some(taken) = self.side(side).attributes.get(id) {
            let is_said = said.get(&taken.source).is_some_and(|said| said.value == taken.value);
            let source = if is_said { taken.source } else { self.decision.source };
            let said_by_source = said.remove(&source);
            let stands = said_by_source.filter(|said| said.value == taken.value);
            effective.push(stands.unwrap_or(Attribute {
                source,
                first_seen: second(self.decision),
                ..taken
            }));
        }
        claims.extend(said.into_values());
    }

    /// A pin holds where the value that it fixed counts.
    fn pins(&self) -> Vec<crate::model::Pin> {
        let [survivor, absorbed] = &self.sides;
        let mut pins = survivor.standing.pins.clone();
        pins.retain(|pin| self.side_of(pin.attribute) != Some(MergeSide::Absorbed));
        for pin in &absorbed.standing.pins {
            let counts = self.side_of(pin.attribute) == Some(MergeSide::Absorbed);
            if counts && pins.iter().all(|known| known.attribute != pin.attribute) {
                pins.push(pin.clone());
            }
        }
        pins.sort_by_key(|pin| pin.attribute);
        pins
    }

    fn side_of(&self, id: AttributeId) -> Option<MergeSide> {
        if FIELDS.contains(&id) {
            self.field_side(id)
        } else {
            Some(self.attribute_side(id))
        }
    }

    fn shown_field(
        &self,
        name: &str,
        side: MergeSide,
        value: impl Fn(&CiFields) -> Option<AttributeValue>,
    ) -> Option<MergedField> {
        let [survivor, absorbed] = &self.sides;
        let taken = match side {
            _ if value(survivor) == value(absorbed) => Taken::Both,
            MergeSide::Survivor => Taken::Survivor,
            MergeSide::Absorbed => Taken::Absorbed,
        };
        self.shown_as(name, taken, value)
    }

    fn shown_as(
        &self,
        name: &str,
        taken: Taken,
        value: impl Fn(&CiFields) -> Option<AttributeValue>,
    ) -> Option<MergedField> {
        let [survivor, absorbed] = &self.sides;
        let field = MergedField {
            name: name.to_owned(),
            survivor: value(survivor),
            absorbed: value(absorbed),
            taken,
            secret: false,
        };
        (field.survivor.is_some() || field.absorbed.is_some()).then_some(field)
    }
}

/// What is said of a field that every CI has.
fn stated(fields: &CiFields, id: AttributeId) -> Vec<Attribute> {
    let stated: Vec<Attribute> = fields.standing.claims.of(id).collect();
    if stated.is_empty() {
        implied(fields, id).into_iter().collect()
    } else {
        stated
    }
}

fn second(decision: Decision) -> jiff::Timestamp {
    let at = decision.stamp.at;
    jiff::Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// One claim of each source: the newest, and of equally new ones the first.
fn newest(claims: impl Iterator<Item = Attribute>) -> BTreeMap<SourceId, Attribute> {
    let mut newest: BTreeMap<SourceId, Attribute> = BTreeMap::new();
    for claim in claims {
        match newest.get(&claim.source) {
            Some(known) if known.first_seen >= claim.first_seen => {}
            Some(_) | None => {
                newest.insert(claim.source, claim);
            }
        }
    }
    newest
}

fn origins(survivor: &CiFields, absorbed: &CiFields) -> Vec<Origin> {
    let mut origins = survivor.origins.clone();
    for origin in &absorbed.origins {
        let same = |known: &&mut Origin| known.source == origin.source && known.native_key == origin.native_key;
        match origins.iter_mut().find(same) {
            Some(known) => known.first_seen = known.first_seen.min(origin.first_seen),
            None => origins.push(origin.clone()),
        }
    }
    origins
}

/// A source is silent on the one CI if it was silent on both, as far as it knew them.
fn stale(survivor: &CiFields, absorbed: &CiFields) -> Vec<Stale> {
    let knows = |fields: &CiFields, source| fields.origins.iter().any(|origin| origin.source == source);
    let mut stale: Vec<Stale> = Vec::new();
    for (fields, other) in [(survivor, absorbed), (absorbed, survivor)] {
        for one in &fields.standing.stale {
            let speaks = knows(other, one.source) && other.standing.stale_since(one.source).is_none();
            match stale.iter_mut().find(|known| known.source == one.source) {
                Some(same) => same.since = same.since.max(one.since),
                None if speaks => {}
                None => stale.push(*one),
            }
        }
    }
    stale.sort_by_key(|stale| stale.source);
    stale
}

fn aliases(survivor: &CiFields, absorbed: &CiFields) -> Vec<crate::model::CiId> {
    let mut aliases = survivor.standing.aliases.clone();
    aliases.push(absorbed.id);
    aliases.extend(&absorbed.standing.aliases);
    aliases.sort_unstable();
    aliases.dedup();
    aliases
}

fn validity(fields: &CiFields) -> Option<AttributeValue> {
    let validity = fields.validity?;
    let shown = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    Some(text(&format!("{}/{}", shown(validity.from()), shown(validity.to()))))
}
