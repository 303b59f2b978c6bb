//! References to CIs that an earlier command of the same list creates.
//!
//! References are read before the first command is executed, when these CIs are not there yet. So each
//! such CI is given its identity here, and takes the place of its name in the commands behind.

use async_graphql::ID;
use rustc_hash::FxHashMap;

use super::CommandInput;
use crate::graph::{Estate, ReferenceError};
use crate::model::CiId;

/// What a name of the list stands for.
enum Created {
    /// The command at this place creates it, under this identity, if it has one by now.
    At(usize, Option<String>),
    /// Several commands do: nobody knows which is meant.
    Several,
}

/// Puts an identity in the place of each `type:name` that nothing recorded answers to and that exactly
/// one earlier command creates. A command that gave no `id` gets one.
pub(in crate::api) fn name_created(commands: &mut [CommandInput], view: &Estate, mut new_id: impl FnMut() -> CiId) {
    let mut created: FxHashMap<String, Created> = FxHashMap::default();
    let mut given: Vec<(usize, String)> = Vec::new();
    for (place, command) in commands.iter_mut().enumerate() {
        for reference in references(command) {
            let Some(Created::At(creator, id)) = created.get_mut(reference) else {
                continue;
            };
            if !matches!(view.resolve(reference), Err(ReferenceError::NotFound { .. })) {
                continue;
            }
            let id = id.get_or_insert_with(|| {
                let id = new_id().to_string();
                given.push((*creator, id.clone()));
                id
            });
            reference.clone_from(id);
        }
        if let CommandInput::CreateConfigurationItem(input) = command {
            let id = input.id.as_ref().map(|id| id.to_string());
            let name = format!("{}:{}", input.ci_type, input.name);
            let found = created.entry(name);
            found
                .and_modify(|known| *known = Created::Several)
                .or_insert(Created::At(place, id));
        }
    }
    for (place, id) in given {
        if let Some(CommandInput::CreateConfigurationItem(input)) = commands.get_mut(place) {
            input.id = Some(ID(id));
        }
    }
}

/// The references to CIs in a command.
fn references(command: &mut CommandInput) -> Vec<&mut String> {
    match command {
        CommandInput::UpdateConfigurationItem(input) => vec![&mut input.reference],
        CommandInput::MoveConfigurationItem(input) => vec![&mut input.reference],
        CommandInput::RetireConfigurationItem(input) => vec![&mut input.reference],
        CommandInput::DeleteConfigurationItem(input) => vec![&mut input.reference],
        CommandInput::Relate(input) => vec![&mut input.from, &mut input.to],
        CommandInput::CreateRedundancyGroup(input) => {
            let members = input.members.iter_mut().map(|member| &mut member.reference);
            std::iter::once(&mut input.consumer).chain(members).collect()
        }
        CommandInput::ChangeRedundancyGroup(input) => {
            let added = input.add_members.iter_mut().map(|member| &mut member.reference);
            added.chain(&mut input.remove_members).collect()
        }
        CommandInput::CreateConfigurationItem(_)
        | CommandInput::ChangeRelationship(_)
        | CommandInput::Unrelate(_)
        | CommandInput::DeleteRedundancyGroup(_)
        | CommandInput::DefineCatalog(_)
        | CommandInput::RemoveCiType(_)
        | CommandInput::RemoveRelationshipType(_)
        | CommandInput::RemoveIngestRule(_)
        | CommandInput::ChangeLifecycle(_) => Vec::new(),
    }
}
