//! What every source says of one CI, attribute by attribute, while an observation is taken in.

use jiff::Timestamp;

use super::decide::Sources;
use crate::graph::{Estate, Slot};
use crate::model::{
    Attribute, AttributeId, AttributeValue, Attributes, CiFields, Claims, LifecycleStage, Origin, SourceId, SourceName,
};

/// The claims to a CI's attributes, name, stage and tags, open to change.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    estate: &'a Estate,
    slot: Slot,
    fields: CiFields,
    effective: Vec<Attribute>,
    /// As in [`crate::model::Standing`]: of attributes all but the effective claim.
    claims: Vec<Attribute>,
    voice: Voice<'a>,
    source: SourceId,
    /// When the source observed what it says, to the second.
    at: Timestamp,
}

/// Who speaks, and since when it is so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice<'a> {
    pub(super) source: SourceId,
    /// What it is called.
    pub(super) called: &'a SourceName,
    /// When it was observed, if the source says so.
    pub(super) observed_at: Option<Timestamp>,
    /// The time of the write, to the second.
    pub(super) now: Timestamp,
}

impl Voice<'_> {
    /// Since when it is so, to the second. A moment that is to come is a wrong clock, and counts as now.
    pub(super) fn first_seen(self) -> Timestamp {
        let at = self.observed_at.map_or(self.now, |at| at.min(self.now));
        Timestamp::from_second(at.as_second()).unwrap_or(self.now)
    }
}

impl<'a> Ledger<'a> {
    /// Opens the ledger of a recorded CI.
    pub(super) fn open(estate: &'a Estate, slot: Slot, fields: CiFields, voice: Voice<'a>) -> Self {
        Self {
            estate,
            slot,
            effective: fields.attributes.iter().collect(),
            claims: fields.standing.claims.iter().collect(),
            fields,
            voice,
            source: voice.source,
            at: voice.first_seen(),
        }
    }

    /// The CI as it is now.
    pub(super) fn close(mut self) -> CiFields {
        self.fields.attributes = Attributes::new(self.effective);
        self.fields.standing.claims = Claims::new(self.claims);
        self.fields
    }

    /// The source says a value, or with `None` that it knows of none any more. What counts is decided
    /// anew.
    pub(super) fn observe(&mut self, id: AttributeId, value: Option<AttributeValue>) {
        if self.is_said_already(id, value.as_ref()) {
            return;
        }
        let mut claims = self.claims_of(id);
        let own = claims.iter().position(|claim| claim.source == self.source);
        match (own, value) {
            (Some(own), Some(_)) if self.is_outdated(&claims[own]) => return,
            (Some(own), Some(value)) if claims[own].value == value => {}
            (Some(own), Some(value)) => claims[own] = self.claim(id, value),
            // What the source said before and took back is not there for good because it is sent again.
            (Some(own), None) if self.at >= claims[own].first_seen => drop(claims.remove(own)),
            (None, Some(value)) => claims.push(self.claim(id, value)),
            (_, None) => return,
        }
        self.settle(id, claims);
    }

    /// A person says a value: it counts whoever else says what, until a source that has the authority
    /// speaks again.
    pub(super) fn state(&mut self, id: AttributeId, value: Option<AttributeValue>) {
        let before = self.value(id);
        if before == value {
            return;
        }
        let mut claims = self.claims_of(id);
        claims.retain(|claim| claim.source != self.source);
        let winner = value.map(|value| self.claim(id, value));
        claims.extend(winner.clone());
        self.write(id, claims, winner.as_ref());
    }

    /// Decides anew what counts.
    pub(super) fn decide(&mut self, id: AttributeId) {
        let claims = self.claims_of(id);
        self.settle(id, claims);
    }

    /// Takes back all that a source says.
    pub(super) fn withdraw(&mut self, source: SourceId) {
        let mut said: Vec<AttributeId> = self
            .effective
            .iter()
            .chain(&self.claims)
            .map(|claim| claim.id)
            .collect();
        said.sort_unstable();
        said.dedup();
        for id in said {
            let mut claims = self.claims_of(id);
            let all = claims.len();
            claims.retain(|claim| claim.source != source);
            if claims.len() < all {
                self.settle(id, claims);
            }
        }
    }

    /// The source speaks, of whose silence is known since when it lasted: that the CI was retired for that
    /// is taken back, and where it is retired still, also that it was for the silence of others. Who said
    /// before falling silent that it is retired has said so.
    pub(super) fn end_silence(&mut self, silent_since: Option<Timestamp>) {
        let retired = text(LifecycleStage::Retired.as_str());
        let is_retired = self.fields.stage == LifecycleStage::Retired;
        let standing = &self.fields.standing;
        let by_silence = |claim: &Attribute| {
            let since = if claim.source == self.source {
                silent_since
            } else {
                standing.stale_since(claim.source).filter(|_| is_retired)
            };
            claim.value == retired && since.is_some_and(|since| claim.first_seen >= since)
        };
        let mut claims = self.claims_of(AttributeId::STAGE);
        let all = claims.len();
        claims.retain(|claim| !by_silence(claim));
        if claims.len() < all {
            self.settle(AttributeId::STAGE, claims);
        }
    }

    /// Whether the source says in effect just this, which is by far the most frequent case.
    fn is_said_already(&self, id: AttributeId, value: Option<&AttributeValue>) -> bool {
        let place = self.effective.binary_search_by_key(&id, |attribute| attribute.id);
        let Ok(place) = place else { return false };
        let known = &self.effective[place];
        known.source == self.source
            && Some(&known.value) == value
            && known.first_seen <= self.at
            && !self.fields.standing.is_pinned(id)
    }

    /// Whether a claim of the source is newer than what it says now.
    fn is_outdated(&self, claim: &Attribute) -> bool {
        let seen = self.estate.last_seen_ci(self.slot, self.source);
        let dated = self.voice.observed_at.is_some();
        self.at < claim.first_seen || dated && seen.is_some_and(|seen| self.at < seen)
    }

    fn claim(&self, id: AttributeId, value: AttributeValue) -> Attribute {
        Attribute {
            id,
            value,
            source: self.source,
            first_seen: self.at,
        }
    }

    /// All claims to an attribute, of each source one. Where the source of a pinned value says something
    /// else since, that is its claim. Where nobody disagreed so far, whoever spoke of the CI first says
    /// its name, stage and tags.
    fn claims_of(&self, id: AttributeId) -> Vec<Attribute> {
        let others = self.claims.iter().filter(|claim| claim.id == id);
        let effective = self.effective.iter().find(|attribute| attribute.id == id);
        let mut claims: Vec<Attribute> = others.cloned().collect();
        let is_new = |effective: &&Attribute| claims.iter().all(|claim| claim.source != effective.source);
        let effective = effective.filter(is_new).cloned();
        claims.extend(effective);
        if claims.is_empty() && is_field(id) {
            claims.extend(self.implied(id));
        }
        claims
    }

    /// What the CI's first source is taken to say of its name, stage or tags.
    fn implied(&self, id: AttributeId) -> Option<Attribute> {
        implied(&self.fields, id)
    }

    /// What is in effect.
    fn value(&self, id: AttributeId) -> Option<AttributeValue> {
        field_value(&self.fields, id).or_else(|| {
            let effective = self.effective.iter().find(|attribute| attribute.id == id);
            effective.map(|attribute| attribute.value.clone())
        })
    }

    /// Writes claims down with the one that counts. A pinned value stays.
    fn settle(&mut self, id: AttributeId, claims: Vec<Attribute>) {
        let winner = if self.fields.standing.is_pinned(id) {
            let effective = self.value(id);
            let holds = |claim: &&Attribute| Some(&claim.value) == effective.as_ref();
            let pinned = claims.iter().find(holds).cloned();
            // Its own source may have changed its mind.
            pinned.or_else(|| self.effective.iter().find(|attribute| attribute.id == id).cloned())
        } else {
            let sources = Sources {
                estate: self.estate,
                slot: self.slot,
                standing: &self.fields.standing,
                voice: self.voice,
            };
            let authority = self.estate.catalog().authority(self.fields.ci_type, id);
            sources.decide(&claims, authority).cloned()
        };
        self.write(id, claims, winner.as_ref());
    }

    fn write(&mut self, id: AttributeId, claims: Vec<Attribute>, winner: Option<&Attribute>) {
        self.claims.retain(|claim| claim.id != id);
        if is_field(id) {
            self.write_field(id, claims, winner);
            return;
        }
        self.effective.retain(|attribute| attribute.id != id);
        if let Some(winner) = winner {
            let place = self.effective.partition_point(|attribute| attribute.id < id);
            self.effective.insert(place, winner.clone());
        }
        self.claims
            .extend(claims.into_iter().filter(|claim| Some(claim) != winner));
    }

    fn write_field(&mut self, id: AttributeId, claims: Vec<Attribute>, winner: Option<&Attribute>) {
        match (id, winner.map(|winner| &winner.value)) {
            (AttributeId::NAME, Some(AttributeValue::Text(name))) => self.fields.name = name.to_string(),
            (AttributeId::STAGE, Some(AttributeValue::Text(stage))) => {
                self.fields.stage = stage.parse().unwrap_or(self.fields.stage);
            }
            (AttributeId::STAGE, None) if claims.is_empty() => self.fields.stage = LifecycleStage::InService,
            (AttributeId::TAGS, Some(AttributeValue::List(tags))) => {
                let tag = |tag: &AttributeValue| {
                    if let AttributeValue::Text(tag) = tag {
                        Some(tag.to_string())
                    } else {
                        None
                    }
                };
                self.fields.tags = tags.iter().filter_map(tag).collect();
            }
            (AttributeId::TAGS, None) if claims.is_empty() => self.fields.tags.clear(),
            _ => {}
        }
        if id == AttributeId::STAGE {
            self.fields.stage_assumed = !is_said_by_first(&self.fields, &claims);
        }
        let implied = self.implied(id);
        if claims.len() > 1 || claims.first() != implied.as_ref() {
            self.claims.extend(claims);
        }
    }
}

/// Whether a CI has it as a field of its own and not among its attributes.
fn is_field(id: AttributeId) -> bool {
    id >= AttributeId::NAME
}

/// The name, stage or tags of a CI as claims state them.
pub(super) fn field_value(fields: &CiFields, id: AttributeId) -> Option<AttributeValue> {
    match id {
        AttributeId::NAME => Some(text(&fields.name)),
        AttributeId::STAGE => Some(text(fields.stage.as_str())),
        AttributeId::TAGS => Some(tags(&fields.tags)),
        _ => None,
    }
}

/// Writes down what the first of a CI's sources is taken to say, where one that joins them observed it
/// earlier and so takes that place; `known` is how many there were before.
pub(super) fn keep_implied(fields: &mut CiFields, known: usize) {
    let Some(before) = fields.origins.get(..known).and_then(first) else {
        return;
    };
    if first(&fields.origins) == Some(before) {
        return;
    }
    let unclaimed = |id: &AttributeId| fields.standing.claims.of(*id).next().is_none();
    let kept: Vec<Attribute> = [AttributeId::NAME, AttributeId::STAGE, AttributeId::TAGS]
        .into_iter()
        .filter(unclaimed)
        .filter_map(|id| implied_by(before, fields, id))
        .collect();
    fields.standing.claims = Claims::new(fields.standing.claims.iter().chain(kept).collect());
    // Whoever is the first now says it later, if at all.
    fields.stage_assumed = true;
}

/// Whether one of these claims to a CI's stage is of the first of its sources.
pub(super) fn is_said_by_first(fields: &CiFields, claims: &[Attribute]) -> bool {
    let first = first(&fields.origins);
    first.is_some_and(|first| claims.iter().any(|claim| claim.source == first.source))
}

fn first(origins: &[Origin]) -> Option<&Origin> {
    origins.iter().min_by_key(|origin| (origin.first_seen, origin.source))
}

/// What a CI's first source is taken to say of its name, stage or tags: of no tags, nothing, and of a stage
/// that it did not state, nothing either.
pub(super) fn implied(fields: &CiFields, id: AttributeId) -> Option<Attribute> {
    implied_by(first(&fields.origins)?, fields, id)
}

fn implied_by(first: &Origin, fields: &CiFields, id: AttributeId) -> Option<Attribute> {
    let is_said = match id {
        AttributeId::TAGS => !fields.tags.is_empty(),
        AttributeId::STAGE => !fields.stage_assumed,
        _ => true,
    };
    if !is_said {
        return None;
    }
    Some(Attribute {
        id,
        value: field_value(fields, id)?,
        source: first.source,
        first_seen: first.first_seen,
    })
}

/// A text as a claim states it.
pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::Text(text.into())
}

/// Tags as a claim states them: sorted, each once, so that their order is no disagreement.
pub(super) fn tags(tags: &[String]) -> AttributeValue {
    let mut tags: Vec<&String> = tags.iter().collect();
    tags.sort();
    tags.dedup();
    AttributeValue::List(tags.into_iter().map(|tag| text(tag)).collect())
}
