//! The survivor without what came from the absorbed CI.

use super::{Loss, LossKind, Reverting, said};
use crate::app::check::Circumstances;
use crate::app::check::ledger::Ledger;
use crate::graph::Slot;
use crate::model::{Attribute, AttributeId, Attributes, CiFields, Claims};

/// Why a value stays with the survivor.
const CHANGED: &str = "it was changed after the merge: the survivor keeps it as it is now";

impl Reverting<'_> {
    /// A CI without what came from the absorbed CI by this merge: the survivor as it is now, or as the
    /// record of a later merge has it.
    pub(super) fn survivor(
        &self,
        slot: Slot,
        now: &CiFields,
        circumstances: &Circumstances<'_>,
        lost: &mut Vec<Loss>,
    ) -> CiFields {
        let (before, after) = (self.merge.before.to_fields(), self.merge.after.to_fields());
        let mut fields = now.clone();
        self.plain_fields(&mut fields, &before, &after, lost);
        self.attributes(&mut fields, &before, &after, lost);
        if fields.stage_assumed == after.stage_assumed {
            fields.stage_assumed = before.stage_assumed;
        }
        let mut ledger = Ledger::open(self.estate, slot, fields, circumstances.voice(None));
        for source in &self.leaving {
            ledger.withdraw(*source);
        }
        ledger.close()
    }

    /// What is not an attribute: given back where the merge changed it and nobody did since.
    fn plain_fields(&self, fields: &mut CiFields, before: &CiFields, after: &CiFields, lost: &mut Vec<Loss>) {
        let mut stays = |name: &str| lost.push(Loss::new(LossKind::Attribute, name, CHANGED));
        if before.ci_type != after.ci_type {
            if fields.ci_type == after.ci_type {
                fields.ci_type = before.ci_type;
            } else {
                stays("type");
            }
        }
        if before.validity != after.validity {
            if fields.validity == after.validity {
                fields.validity = before.validity;
            } else {
                stays("validity");
            }
        }
        if before.name != after.name {
            if fields.name == after.name {
                fields.name.clone_from(&before.name);
            } else {
                stays("name");
            }
        }
        if before.stage != after.stage {
            if fields.stage == after.stage {
                fields.stage = before.stage;
            } else {
                stays("stage");
            }
        }
        if before.tags != after.tags {
            if fields.tags == after.tags {
                fields.tags.clone_from(&before.tags);
            } else {
                stays("tags");
            }
        }
        let absorbed = self.merge.absorbed.to_fields();
        fields.origins.retain(|origin| {
            let is =
                |known: &crate::model::Origin| known.source == origin.source && known.native_key == origin.native_key;
            before.origins.iter().any(is) || !absorbed.origins.iter().any(is)
        });
        for origin in &mut fields.origins {
            let same =
                |known: &&crate::model::Origin| known.source == origin.source && known.native_key == origin.native_key;
            if let Some(known) = before.origins.iter().find(same) {
                origin.first_seen = known.first_seen;
            }
        }
        let standing = &mut fields.standing;
        if standing.stale == after.standing.stale {
            standing.stale.clone_from(&before.standing.stale);
        } else {
            standing.stale.retain(|stale| !self.leaving.contains(&stale.source));
        }
        standing
            .pins
            .retain(|pin| before.standing.is_pinned(pin.attribute) || !after.standing.pins.contains(pin));
        for pin in &before.standing.pins {
            if !after.standing.is_pinned(pin.attribute) && !standing.is_pinned(pin.attribute) {
                standing.pins.push(pin.clone());
            }
        }
        standing.pins.sort_by_key(|pin| pin.attribute);
        standing.aliases.retain(|alias| {
            before.standing.aliases.contains(alias)
                || *alias != absorbed.id && !absorbed.standing.aliases.contains(alias)
        });
    }

    /// Attributes and claims: where nobody has said anything since, as they were before.
    fn attributes(&self, fields: &mut CiFields, before: &CiFields, after: &CiFields, lost: &mut Vec<Loss>) {
        let mut ids: Vec<AttributeId> = [&*fields, before, after]
            .into_iter()
            .flat_map(|fields| fields.attributes.iter().chain(fields.standing.claims.iter()))
            .map(|claim| claim.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let (mut effective, mut claims): (Vec<Attribute>, Vec<Attribute>) = (Vec::new(), Vec::new());
        for id in ids {
            let (now, was, became) = (said(fields, id), said(before, id), said(after, id));
            let untouched = now == became;
            let leaves = |claim: &Attribute| self.leaving.contains(&claim.source);
            let stays = !untouched && was.0 != became.0 && now.0 != became.0;
            if stays && !now.0.as_ref().is_some_and(leaves) {
                lost.push(Loss::new(LossKind::Attribute, self.attribute_name(id), CHANGED));
            }
            let (counts, others) = if untouched { was } else { now };
            effective.extend(counts);
            claims.extend(others);
        }
        fields.attributes = Attributes::new(effective);
        fields.standing.claims = Claims::new(claims);
    }
}
