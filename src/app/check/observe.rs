//! Observations: what a source says of a CI beside all that others say, and what its silence means.

use std::sync::Arc;

use jiff::Timestamp;

use super::ci::{
    add_origin, aliases_with, changed, changed_type, check_tags, check_transition, parse_attributes, seen,
    validity_after,
};
use super::ledger::{Ledger, keep_implied, tags, text};
use super::{Circumstances, check_text};
use crate::app::CommandError;
use crate::app::command_error::{CI_NAME_BYTES_MAX, SHORT_TEXT_BYTES_MAX};
use crate::graph::{Estate, Slot};
use crate::model::command::{CiObservation, NewPin};
use crate::model::{
    AttributeId, CiFields, CiId, ConfigurationItem, Delta, LifecycleStage, Origin, Pin, SourceId, Stale,
};

/// A source speaks of a CI.
pub(super) fn observe(
    estate: &Estate,
    ci: CiId,
    observation: &CiObservation,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let (slot, before) = seen(estate, ci, None)?;
    let patch = &observation.patch;
    let mut fields = before.to_fields();
    if let Some(name) = &patch.ci_type {
        fields.ci_type = changed_type(estate, ci, &before, name)?.id;
    }
    fields.validity = validity_after(fields.validity, patch)?;
    let ci_type = fields.ci_type;
    let voice = circumstances.voice(observation.observed_at);
    let known = fields.origins.len();
    add_origin(&mut fields.origins, patch.native_key.as_deref(), voice)?;
    if fields.origins.len() > known {
        keep_implied(&mut fields, known);
    }
    let silent_since = hear_again(&mut fields, circumstances.source);
    let aliases = aliases_with(estate, &fields.standing.aliases, before.id(), &observation.aliases)?;
    fields.standing.aliases = aliases;
    let mut ledger = Ledger::open(estate, slot, fields, voice);
    if let Some(name) = &patch.name {
        check_text("name", name, CI_NAME_BYTES_MAX)?;
        ledger.observe(AttributeId::NAME, Some(text(name)));
    }
    if let Some(said) = &patch.tags {
        check_tags(said)?;
        ledger.observe(AttributeId::TAGS, Some(tags(said)));
    }
    for (id, value) in parse_attributes(estate, ci_type, &patch.attributes)? {
        ledger.observe(id, value);
    }
    if silent_since.is_some() || before.stage() == LifecycleStage::Retired {
        ledger.end_silence(silent_since);
    }
    if let Some(stage) = observation.stage {
        ledger.observe(AttributeId::STAGE, Some(text(stage.as_str())));
    }
    let mut fields = ledger.close();
    fix(estate, &mut fields, &observation.pins, circumstances)?;
    finish(estate, slot, &before, fields, circumstances)
}

/// A sync session that was completed did not mention a CI.
pub(super) fn miss(
    estate: &Estate,
    ci: CiId,
    retire: bool,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let (slot, before) = seen(estate, ci, None)?;
    let source = circumstances.source;
    let mut fields = before.to_fields();
    if !fields.origins.iter().any(|origin| origin.source == source) {
        return Ok(Delta::default());
    }
    if fields.standing.stale_since(source).is_none() {
        fields.standing.stale.push(Stale {
            source,
            since: circumstances.second(),
        });
        fields.standing.stale.sort_by_key(|stale| stale.source);
    }
    if !retire {
        return finish(estate, slot, &before, fields, circumstances);
    }
    let silent = |origin: &Origin| fields.standing.stale_since(origin.source).is_some();
    let all_silent = fields.origins.iter().all(silent);
    if all_silent {
        let mut ledger = Ledger::open(estate, slot, fields, circumstances.voice(None));
        ledger.state(AttributeId::STAGE, Some(text(LifecycleStage::Retired.as_str())));
        return finish(estate, slot, &before, ledger.close(), circumstances);
    }
    // Others still speak of it: what this source said goes with it.
    fields.origins.retain(|origin| origin.source != source);
    fields.standing.stale.retain(|stale| stale.source != source);
    let mut ledger = Ledger::open(estate, slot, fields, circumstances.voice(None));
    ledger.withdraw(source);
    finish(estate, slot, &before, ledger.close(), circumstances)
}

/// A person fixes values, or lets them go.
pub(super) fn pin(
    estate: &Estate,
    ci: CiId,
    (pin, unpin): (&[String], &[String]),
    by: &str,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    let (slot, before) = seen(estate, ci, None)?;
    let mut fields = before.to_fields();
    let pins = pin.iter().map(|attribute| NewPin {
        attribute: attribute.clone(),
        at: None,
        by: Some(by.to_owned()),
    });
    fix(estate, &mut fields, &pins.collect::<Vec<_>>(), circumstances)?;
    let mut free = Vec::new();
    for name in unpin {
        let attribute = pinnable(estate, &fields, name)?;
        fields.standing.pins.retain(|pin| pin.attribute != attribute);
        free.push(attribute);
    }
    let mut ledger = Ledger::open(estate, slot, fields, circumstances.voice(None));
    for attribute in free {
        ledger.decide(attribute);
    }
    finish(estate, slot, &before, ledger.close(), circumstances)
}

/// Fixes values as they are; what is fixed already stays as it was fixed.
pub(super) fn fix(
    estate: &Estate,
    fields: &mut CiFields,
    pins: &[NewPin],
    circumstances: &Circumstances<'_>,
) -> Result<(), CommandError> {
    let now = circumstances.second();
    for pin in pins {
        let attribute = pinnable(estate, fields, &pin.attribute)?;
        if fields.standing.is_pinned(attribute) {
            continue;
        }
        let by = pin.by.as_deref().unwrap_or(circumstances.called.name.as_str());
        check_text("by", by, SHORT_TEXT_BYTES_MAX)?;
        let at = pin.at.map_or(now, |at| at.min(now));
        fields.standing.pins.push(Pin {
            attribute,
            at: Timestamp::from_second(at.as_second()).unwrap_or(now),
            by: by.into(),
        });
    }
    fields.standing.pins.sort_by_key(|pin| pin.attribute);
    Ok(())
}

/// What a pin may name.
pub(super) fn pinnable(estate: &Estate, fields: &CiFields, name: &str) -> Result<AttributeId, CommandError> {
    match name {
        "name" => Ok(AttributeId::NAME),
        "stage" => Ok(AttributeId::STAGE),
        "tags" => Ok(AttributeId::TAGS),
        _ => {
            let null = crate::model::Input::Null;
            let (id, _) = estate.catalog().parse_value(fields.ci_type, name, &null)?;
            Ok(id)
        }
    }
}

/// The source speaks again; gives since when it was silent, if it was.
fn hear_again(fields: &mut CiFields, source: SourceId) -> Option<Timestamp> {
    let since = fields.standing.stale_since(source);
    fields.standing.stale.retain(|stale| stale.source != source);
    since
}

fn finish(
    estate: &Estate,
    slot: Slot,
    before: &Arc<ConfigurationItem>,
    fields: CiFields,
    circumstances: &Circumstances<'_>,
) -> Result<Delta, CommandError> {
    check_transition(estate, fields.id, before.stage(), fields.stage)?;
    changed(estate, slot, before, fields, circumstances)
}
