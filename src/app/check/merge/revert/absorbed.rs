//! The absorbed CI as it returns.

use super::{Loss, LossKind, Reverting};
use crate::app::check::Circumstances;
use crate::model::{Attribute, AttributeId, Attributes, CiFields, CiId, Claims, Origin};

impl Reverting<'_> {
    /// The absorbed CI as it was, with what its own sources have said since. `freed` is the survivor as
    /// it will be.
    pub(super) fn absorbed(
        &self,
        freed: Option<&CiFields>,
        circumstances: &Circumstances<'_>,
        lost: &mut Vec<Loss>,
    ) -> CiFields {
        let mut fields = self.merge.absorbed.to_fields();
        fields.changed = circumstances.stamp();
        fields.origins = self.origins(lost);
        self.hear_since(&mut fields);
        self.check_values(&mut fields, freed, lost);
        let known = fields.standing.stale.clone();
        fields.standing.stale = known
            .into_iter()
            .filter(|stale| fields.origins.iter().any(|origin| origin.source == stale.source))
            .collect();
        self.aliases(&mut fields, lost);
        fields
    }

    /// The keys that still lead to the survivor, or to nobody.
    fn origins(&self, lost: &mut Vec<Loss>) -> Vec<Origin> {
        let mut origins = Vec::new();
        for origin in self.merge.absorbed.origins() {
            let leads_to = if origin.native_key.is_empty() {
                None
            } else {
                self.estate.by_native_key(origin.source, &origin.native_key)
            };
            let at_survivor = self.now.as_ref().is_some_and(|(_, now)| {
                let is = |known: &Origin| known.source == origin.source && known.native_key == origin.native_key;
                now.origins.iter().any(is)
            });
            if at_survivor || leads_to.is_none() {
                origins.push(origin);
            } else {
                let because = "the source knows another CI by this key now";
                lost.push(Loss::new(LossKind::Key, &*origin.native_key, because));
            }
        }
        origins
    }

    /// What sources that know only this CI have said since the merge.
    fn hear_since(&self, fields: &mut CiFields) {
        let Some((_, now)) = &self.now else { return };
        let after = self.merge.after.to_fields();
        let mut effective: Vec<Attribute> = fields.attributes.iter().collect();
        let mut claims: Vec<Attribute> = fields.standing.claims.iter().collect();
        let since = now.attributes.iter().chain(now.standing.claims.iter()).filter(|claim| {
            let said = after.attributes.iter().chain(after.standing.claims.iter());
            self.leaving.contains(&claim.source) && !said.into_iter().any(|said| said == *claim)
        });
        for claim in since {
            let is_field = claim.id >= AttributeId::NAME;
            let counts = effective.iter().position(|known| known.id == claim.id);
            match counts {
                Some(place) if effective[place].source == claim.source => effective[place] = claim,
                None if !is_field && !claims.iter().any(|known| known.id == claim.id) => effective.push(claim),
                Some(_) | None => {
                    claims.retain(|known| (known.id, known.source) != (claim.id, claim.source));
                    claims.push(claim);
                }
            }
        }
        fields.attributes = Attributes::new(effective);
        fields.standing.claims = Claims::new(claims);
    }

    /// Leaves out what the catalog does not know any more, and values that only one CI may have and
    /// another has now.
    fn check_values(&self, fields: &mut CiFields, freed: Option<&CiFields>, lost: &mut Vec<Loss>) {
        let catalog = self.estate.catalog();
        let survivor = self.now.as_ref().map(|(slot, _)| *slot);
        let (mut kept, mut left_out) = (Vec::new(), Vec::new());
        for attribute in fields.attributes.iter() {
            let mut refuse = |because: &str| {
                lost.push(Loss::new(
                    LossKind::Attribute,
                    self.attribute_name(attribute.id),
                    because,
                ));
                left_out.push(attribute.id);
            };
            if catalog.attribute_by_id(fields.ci_type, attribute.id).is_none() {
                refuse("its type has no such attribute any more");
                continue;
            }
            if let Some(scope) = catalog.unique_scope(fields.ci_type, attribute.id) {
                let mut others = self.estate.with_identifier(attribute.id, &attribute.value);
                let elsewhere =
                    others.any(|slot| Some(slot) != survivor && catalog.is_a(self.estate.ci_type_of(slot), scope));
                let at_survivor = freed.is_some_and(|freed| {
                    catalog.is_a(freed.ci_type, scope)
                        && freed.attributes.value(attribute.id).as_ref() == Some(&attribute.value)
                });
                if elsewhere || at_survivor {
                    refuse("another CI has the value now, and only one may");
                    continue;
                }
            }
            kept.push(attribute);
        }
        if !left_out.is_empty() {
            fields.attributes = Attributes::new(kept);
            let claims = fields.standing.claims.iter();
            let claims = claims.filter(|claim| !left_out.contains(&claim.id));
            fields.standing.claims = Claims::new(claims.collect());
        }
    }

    /// The identities that had become its own and that the survivor has inherited.
    fn aliases(&self, fields: &mut CiFields, lost: &mut Vec<Loss>) {
        let inherited = |alias: &CiId| match &self.now {
            Some((_, now)) => now.standing.aliases.contains(alias),
            None => self.estate.slot_of(*alias).is_none(),
        };
        let (kept, gone): (Vec<_>, Vec<_>) = fields.standing.aliases.iter().copied().partition(inherited);
        let because = "it is a CI of its own again, or part of another";
        lost.extend(
            gone.iter()
                .map(|alias| Loss::new(LossKind::Alias, alias.to_string(), because)),
        );
        fields.standing.aliases = kept;
    }
}
