//! From what is written to commands: references become ids, texts become typed values.

use async_graphql::MaybeUndefined;

use super::inputs::{
    ChangeLifecycleInput, ChangeRedundancyGroupInput, ChangeRelationshipInput, CreateConfigurationItemInput,
    CreateRedundancyGroupInput, DefineCatalogInput, DeleteConfigurationItemInput, DeleteRedundancyGroupInput,
    GroupMemberInput, MoveConfigurationItemInput, RelateInput, RemoveIngestRuleInput, RemoveTypeInput,
    RetireConfigurationItemInput, ThresholdsInput, UnrelateInput, UpdateConfigurationItemInput,
};
use crate::api::context::resolve;
use crate::api::error::{ApiError, ApiResult};
use crate::api::scalars::DateTime;
use crate::api::types::inputs_by_name;
use crate::app::ErrorCode;
use crate::graph::Estate;
use crate::model::command::{Migration, NewCi, NewGroup, NewRelationship};
use crate::model::definition::LifecycleRule;
use crate::model::{
    CatalogCommand, CiId, CiPatch, Command, GroupId, GroupMember, GroupPatch, LifecycleStage, Name, RelationshipId,
    RelationshipPatch, Strength, Threshold, Thresholds, Weight,
};

/// Something that is written and becomes a command.
pub(in crate::api) trait ToCommand {
    fn to_command(self, view: &Estate) -> ApiResult<Command>;
}

/// The CI of a reference. An id is taken as it is: an earlier command of the same bulk may create it,
/// and the writer refuses it if nothing does.
pub(super) fn ci(view: &Estate, field: &'static str, reference: &str) -> ApiResult<CiId> {
    match reference.parse() {
        Ok(id) => Ok(id),
        Err(_) => resolve(view, field, reference).map(|slot| view.ci_id(slot)),
    }
}

fn relationship(id: &str) -> ApiResult<RelationshipId> {
    id.parse().map_err(|error| ApiError::from(error).with("field", "id"))
}

fn group(field: &'static str, id: &str) -> ApiResult<GroupId> {
    id.parse().map_err(|error| ApiError::from(error).with("field", field))
}

fn strength(field: &'static str, text: &str) -> ApiResult<Strength> {
    text.parse().map_err(|error: crate::model::strength::StrengthError| {
        ApiError::new(ErrorCode::InvalidStrength, error.to_string())
            .with("field", field)
            .with("value", text)
    })
}

fn weight(number: i32) -> ApiResult<Weight> {
    Weight::new(i64::from(number)).map_err(|error| {
        ApiError::new(ErrorCode::InvalidWeight, error.to_string())
            .with("field", "weight")
            .with("value", number)
    })
}

fn name(field: &'static str, text: &str) -> ApiResult<Name> {
    Name::new(text).map_err(|error| {
        ApiError::new(ErrorCode::InvalidName, error.to_string())
            .with("field", field)
            .with("value", text)
    })
}

fn thresholds(given: ThresholdsInput) -> ApiResult<Thresholds> {
    let read = |field: &'static str, text: Option<String>| -> ApiResult<Option<Threshold>> {
        text.map(|text| {
            text.parse().map_err(|error: crate::model::redundancy::ThresholdError| {
                ApiError::new(ErrorCode::InvalidK, error.to_string())
                    .with("field", field)
                    .with("value", text.clone())
            })
        })
        .transpose()
    };
    Ok(Thresholds {
        up_min: read("upMin", given.up_min)?,
        capacity_min: read("capacityMin", given.capacity_min)?,
        spare_min: read("spareMin", given.spare_min)?,
    })
}

fn members(view: &Estate, given: &[GroupMemberInput]) -> ApiResult<Vec<GroupMember>> {
    let members = given.iter().map(|member| {
        Ok(GroupMember {
            ci: ci(view, "members.ref", &member.reference)?,
            weight: weight(member.weight)?,
            strength: strength("members.strength", &member.strength)?,
        })
    });
    members.collect()
}

/// What is said of something that may be left out, set, or set to nothing.
#[expect(clippy::option_option, reason = "the model says leave, set and clear in this way")]
fn patch<T, U>(given: MaybeUndefined<T>, read: impl FnOnce(T) -> ApiResult<U>) -> ApiResult<Option<Option<U>>> {
    match given {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Ok(Some(None)),
        MaybeUndefined::Value(value) => Ok(Some(Some(read(value)?))),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is passed where reading may fail")]
fn moment(given: DateTime) -> ApiResult<jiff::Timestamp> {
    Ok(given.0)
}

impl ToCommand for CreateConfigurationItemInput {
    fn to_command(self, _: &Estate) -> ApiResult<Command> {
        let id = self
            .id
            .as_ref()
            .map(|id| id.parse().map_err(|error| ApiError::from(error).with("field", "id")));
        Ok(Command::CreateCi(NewCi {
            id: id.transpose()?,
            ci_type: self.ci_type,
            name: self.name,
            stage: self.stage.map(Into::into),
            attributes: inputs_by_name("attributes", self.attributes)?,
            tags: self.tags.unwrap_or_default(),
            valid_from: self.valid_from.map(|at| at.0),
            valid_to: self.valid_to.map(|at| at.0),
            native_key: self.native_key,
            observed_at: None,
            aliases: Vec::new(),
            pins: Vec::new(),
            is_observed: false,
        }))
    }
}

impl ToCommand for UpdateConfigurationItemInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        Ok(Command::UpdateCi {
            ci: ci(view, "ref", &self.reference)?,
            expected: self.expected_revision.map(Into::into),
            patch: CiPatch {
                name: self.name,
                ci_type: self.ci_type,
                attributes: inputs_by_name("attributes", self.attributes)?,
                tags: self.tags,
                valid_from: patch(self.valid_from, moment)?,
                valid_to: patch(self.valid_to, moment)?,
                native_key: self.native_key,
            },
        })
    }
}

impl ToCommand for MoveConfigurationItemInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        Ok(Command::MoveCi {
            ci: ci(view, "ref", &self.reference)?,
            expected: self.expected_revision.map(Into::into),
            stage: self.stage.into(),
        })
    }
}

impl ToCommand for RetireConfigurationItemInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        Ok(Command::MoveCi {
            ci: ci(view, "ref", &self.reference)?,
            expected: self.expected_revision.map(Into::into),
            stage: LifecycleStage::Retired,
        })
    }
}

impl ToCommand for DeleteConfigurationItemInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        Ok(Command::DeleteCi {
            ci: ci(view, "ref", &self.reference)?,
            expected: self.expected_revision.map(Into::into),
            reason: self.reason,
            with_relationships: self.with_relationships,
        })
    }
}

impl ToCommand for RelateInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        let forward = self
            .forward_strength
            .map(|text| strength("forwardStrength", &text))
            .transpose()?;
        let reverse = self
            .reverse_strength
            .map(|text| strength("reverseStrength", &text))
            .transpose()?;
        let named = self
            .redundancy_group
            .map(|id| group("redundancyGroup", &id))
            .transpose()?;
        Ok(Command::Relate(NewRelationship {
            relationship_type: self.relationship_type,
            from: ci(view, "from", &self.from)?,
            to: ci(view, "to", &self.to)?,
            qualifier: self.qualifier,
            properties: RelationshipPatch {
                forward: forward.map(Some),
                reverse: reverse.map(Some),
                weight: self.weight.map(weight).transpose()?,
                group: named.map(Some),
                attributes: inputs_by_name("attributes", self.attributes)?,
                valid_from: self.valid_from.map(|at| Some(at.0)),
                valid_to: self.valid_to.map(|at| Some(at.0)),
            },
        }))
    }
}

impl ToCommand for ChangeRelationshipInput {
    fn to_command(self, _: &Estate) -> ApiResult<Command> {
        Ok(Command::ChangeRelationship {
            relationship: relationship(&self.id)?,
            patch: RelationshipPatch {
                forward: patch(self.forward_strength, |text| strength("forwardStrength", &text))?,
                reverse: patch(self.reverse_strength, |text| strength("reverseStrength", &text))?,
                weight: self.weight.map(weight).transpose()?,
                group: patch(self.redundancy_group, |id| group("redundancyGroup", &id))?,
                attributes: inputs_by_name("attributes", self.attributes)?,
                valid_from: patch(self.valid_from, moment)?,
                valid_to: patch(self.valid_to, moment)?,
            },
        })
    }
}

impl ToCommand for UnrelateInput {
    fn to_command(self, _: &Estate) -> ApiResult<Command> {
        Ok(Command::Unrelate {
            relationship: relationship(&self.id)?,
        })
    }
}

impl ToCommand for CreateRedundancyGroupInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        Ok(Command::CreateGroup(NewGroup {
            id: self.id.map(|id| group("id", &id)).transpose()?,
            name: name("name", &self.name)?,
            consumer: ci(view, "consumer", &self.consumer)?,
            members: members(view, &self.members)?,
            thresholds: thresholds(self.thresholds.unwrap_or_default())?,
            strength: strength("strength", &self.strength)?,
            grounded: self.grounded,
            valid_from: self.valid_from.map(|at| at.0),
            valid_to: self.valid_to.map(|at| at.0),
        }))
    }
}

impl ToCommand for ChangeRedundancyGroupInput {
    fn to_command(self, view: &Estate) -> ApiResult<Command> {
        let removed = self
            .remove_members
            .iter()
            .map(|reference| ci(view, "removeMembers", reference));
        Ok(Command::ChangeGroup {
            group: group("id", &self.id)?,
            patch: GroupPatch {
                name: self.name.map(|text| name("name", &text)).transpose()?,
                add_members: members(view, &self.add_members)?,
                remove_members: removed.collect::<Result<_, _>>()?,
                thresholds: self.thresholds.map(thresholds).transpose()?,
                strength: self.strength.map(|text| strength("strength", &text)).transpose()?,
                grounded: self.grounded,
            },
        })
    }
}

impl ToCommand for DeleteRedundancyGroupInput {
    fn to_command(self, _: &Estate) -> ApiResult<Command> {
        Ok(Command::DeleteGroup {
            group: group("id", &self.id)?,
        })
    }
}

impl ToCommand for DefineCatalogInput {
    fn to_command(self, _: &Estate) -> ApiResult<Command> {
        let defaults = inputs_by_name("defaults", self.defaults)?;
        let migration = if self.migrate {
            Migration::Migrate { defaults }
        } else {
            Migration::Refuse
        };
        Ok(Command::Catalog(CatalogCommand::Define {
            text: self.text,
            migration,
        }))
    }
}

impl ToCommand for ChangeLifecycleInput {
    fn to_command(self, _: &Estate) -> ApiResult<Command> {
        let rules = self.rules.into_iter().map(|rule| LifecycleRule {
            stage: rule.stage.into(),
            takes_part: rule.takes_part,
            current_state: rule.current_state.into(),
            next: rule.next.into_iter().map(Into::into).collect(),
        });
        Ok(Command::Catalog(CatalogCommand::Lifecycle { rules: rules.collect() }))
    }
}

impl ToCommand for RemoveIngestRuleInput {
    fn to_command(self, _: &Estate) -> ApiResult<Command> {
        Ok(Command::Catalog(CatalogCommand::RemoveIngestRule {
            kind: self.kind.into(),
            name: self.name,
        }))
    }
}

/// The command that removes a CI type.
pub(super) fn remove_ci_type(given: RemoveTypeInput) -> Command {
    Command::Catalog(CatalogCommand::RemoveCiType { name: given.name })
}

/// The command that removes a relationship type.
pub(super) fn remove_relationship_type(given: RemoveTypeInput) -> Command {
    Command::Catalog(CatalogCommand::RemoveRelationshipType { name: given.name })
}
