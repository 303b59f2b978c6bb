//! Unique values that a record must not bring: junk, and what another CI of the same source has.

use crate::graph::Slot;
use crate::ingest::observation::Warning;
use crate::ingest::payload::CiRecord;
use crate::model::{AttributeId, AttributeValue, CiTypeId, Input};

use super::Asker;

/// The code of the warning that a unique value identifies nothing and was left out.
pub const JUNK_IDENTIFIER: &str = "JUNK_IDENTIFIER";

/// The code of the warning that a value belongs to another CI that the same source knows.
pub const SHARED_IDENTIFIER: &str = "SHARED_IDENTIFIER";

impl Asker<'_> {
    /// Takes the unique values out of a record that are junk, or that belong to a CI which this source
    /// knows under another key: of clones with one serial number the first keeps it. `own` is the
    /// record's CI, if it is recorded. Costs nothing but a look at each attribute's definition where a
    /// record has no such value.
    pub fn leave_out(&self, record: &mut CiRecord, own: Option<Slot>) -> Vec<Warning> {
        let catalog = self.estate.catalog();
        let Some(ci_type) = catalog.ci_type_named(&record.ci_type).map(|found| found.id) else {
            return Vec::new();
        };
        let mut warnings = Vec::new();
        let key = record.key.take();
        record.attributes.retain(|(name, input)| {
            let warning = self.unusable(ci_type, (name, input), own, key.as_deref());
            let is_usable = warning.is_none();
            warnings.extend(warning);
            is_usable
        });
        record.key = key;
        warnings
    }

    fn unusable(
        &self,
        ci_type: CiTypeId,
        (name, input): (&str, &Input),
        own: Option<Slot>,
        key: Option<&str>,
    ) -> Option<Warning> {
        let catalog = self.estate.catalog();
        let definition = catalog.attribute_of(ci_type, name)?;
        if !definition.unique {
            return None;
        }
        // What cannot be read is refused later, with its reason.
        let (id, value) = catalog.parse_value(ci_type, name, input).ok()?;
        let value = value?;
        let warning = |code, message| Warning {
            code,
            message,
            field: Some(format!("attributes.{name}")),
        };
        if catalog.is_junk(id, &value) {
            let message =
                format!("the value of `{name}` identifies nothing, and is left out because it must be unique");
            return Some(warning(JUNK_IDENTIFIER, message));
        }
        let (other, other_key) = self.owner(ci_type, (id, &value), own, key)?;
        let message = format!(
            "the value of `{name}` belongs to {}, which this source knows as `{}`: it is left out, and the two are \
             taken for two",
            self.estate.ci_id(other),
            crate::ingest::observation::shorten(&other_key)
        );
        Some(warning(SHARED_IDENTIFIER, message))
    }

    /// The CI that has a unique value and that this source knows under another key.
    fn owner(
        &self,
        ci_type: CiTypeId,
        (id, value): (AttributeId, &AttributeValue),
        own: Option<Slot>,
        key: Option<&str>,
    ) -> Option<(Slot, String)> {
        let catalog = self.estate.catalog();
        let scope = catalog.unique_scope(ci_type, id)?;
        let is_other = |slot: &Slot| Some(*slot) != own && catalog.is_a(self.estate.ci_type_of(*slot), scope);
        let other = self.estate.with_identifier(id, value).find(is_other)?;
        Some((other, self.other_live_key(other, key)?))
    }
}
