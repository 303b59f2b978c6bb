//! How large a document is once its fragments are expanded, without expanding them: each fragment
//! is weighed once and its weight reused. Time and space O(selections as written); the numbers
//! saturate.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::{DocumentError, DocumentLimits, limit};

/// The size of a selection set, expanded.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    selections: usize,
    aliases: usize,
    depth: usize,
    levels: usize,
}

enum Visit {
    Open,
    Done(Weight),
}

struct Scale<'a> {
    document: &'a ExecutableDocument,
    limits: &'a DocumentLimits,
    fragments: HashMap<&'a str, Visit>,
}

/// Refuses a document whose expansion exceeds a limit, or has none because of a cycle.
pub(super) fn check(document: &ExecutableDocument, limits: &DocumentLimits) -> Result<(), DocumentError> {
    let mut scale = Scale {
        document,
        limits,
        fragments: HashMap::new(),
    };
    let mut sum = Weight::default();
    for (_, operation) in document.operations.iter() {
        let weight = scale.set(&operation.node.selection_set.node)?;
        sum.selections = sum.selections.saturating_add(weight.selections);
        sum.aliases = sum.aliases.saturating_add(weight.aliases);
        scale.within_limits(&sum)?;
    }
    // Validation walks unused fragments as well.
    let mut names: Vec<&str> = document.fragments.keys().map(AsRef::as_ref).collect();
    names.sort_unstable();
    for name in names {
        scale.fragment(name)?;
    }
    Ok(())
}

impl<'a> Scale<'a> {
    /// Recursion is bounded by the parser's own depth and, across fragments, by the tokens of the
    /// document; each level counted here is refused beyond `LEVELS_MAX` on the way back.
    fn set(&mut self, set: &'a SelectionSet) -> Result<Weight, DocumentError> {
        let mut sum = Weight::default();
        for item in &set.items {
            let weight = match &item.node {
                Selection::Field(field) => {
                    let inner = self.set(&field.node.selection_set.node)?;
                    Weight {
                        depth: inner.depth + 1,
                        aliases: inner.aliases.saturating_add(usize::from(field.node.alias.is_some())),
                        ..inner
                    }
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            sum.selections = sum.selections.saturating_add(weight.selections).saturating_add(1);
            sum.aliases = sum.aliases.saturating_add(weight.aliases);
            sum.depth = sum.depth.max(weight.depth);
            sum.levels = sum.levels.max(weight.levels + 1);
        }
        self.within_limits(&sum)?;
        Ok(sum)
    }

    fn fragment(&mut self, name: &str) -> Result<Weight, DocumentError> {
        // A name nobody defined weighs nothing; validation reports it.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Weight::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(Visit::Done(weight)) => return Ok(*weight),
            Some(Visit::Open) => {
                let name = name.to_string();
                return Err(DocumentError::FragmentCycle { name });
            }
            None => {}
        }
        self.fragments.insert(name, Visit::Open);
        let weight = self.set(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Visit::Done(weight));
        Ok(weight)
    }

    fn within_limits(&self, weight: &Weight) -> Result<(), DocumentError> {
        limit(
            "selections after expansion",
            weight.selections,
            self.limits.selections_max,
        )?;
        limit("aliases after expansion", weight.aliases, self.limits.aliases_max)?;
        limit("levels of fields", weight.depth, self.limits.depth_max)?;
        limit("levels of selections", weight.levels, DocumentLimits::LEVELS_MAX)
    }
}
