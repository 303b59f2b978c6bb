//! What SPDX's types of relationships mean here.

use crate::model::Strength;

/// A type of relationship in our words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) relationship_type: &'static str,
    /// Whether ours starts where theirs ends.
    pub(super) reversed: bool,
    /// Tells what is needed at one time from what is needed at another.
    pub(super) qualifier: &'static str,
    /// How much a failure of the end hits the start, where that is not what the type says.
    pub(super) reverse: Option<Strength>,
}

impl Meaning {
    /// What a type means: of version 2 as it is written, of version 3 in capitals with underscores.
    /// `None`: it says nothing of what depends on what.
    pub(super) fn of(kind: &str, scope: Option<&str>) -> Option<Self> {
        let needs = |reversed, qualifier| {
            // What a test needs can break without anything that runs noticing; what a build needs is in
            // what was built.
            let reverse = matches!(qualifier, "test" | "development").then_some(Strength::NONE);
            let reverse = reverse.or((qualifier == "optional").then_some(Strength::SOFT));
            Self {
                relationship_type: "depends_on",
                reversed,
                qualifier,
                reverse,
            }
        };
        let contains = |reversed| Self {
            relationship_type: "part_of",
            reversed,
            qualifier: "",
            reverse: None,
        };
        let scoped = match scope {
            Some("test") => "test",
            Some("development" | "design") => "development",
            Some("build") => "build",
            Some(_) | None => "",
        };
        let meaning = match kind {
            "DEPENDS_ON"
            | "DYNAMIC_LINK"
            | "STATIC_LINK"
            | "HAS_PREREQUISITE"
            | "HAS_DYNAMIC_LINK"
            | "HAS_STATIC_LINK"
            | "HAS_PROVIDED_DEPENDENCY" => needs(false, scoped),
            "HAS_OPTIONAL_DEPENDENCY" | "HAS_OPTIONAL_COMPONENT" => needs(false, "optional"),
            "DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF" | "PREREQUISITE_FOR" | "PROVIDED_DEPENDENCY_OF" => {
                needs(true, "")
            }
            "OPTIONAL_DEPENDENCY_OF" | "OPTIONAL_COMPONENT_OF" => needs(true, "optional"),
            "BUILD_DEPENDENCY_OF" => needs(true, "build"),
            "DEV_DEPENDENCY_OF" => needs(true, "development"),
            "TEST_DEPENDENCY_OF" => needs(true, "test"),
            "CONTAINS" => contains(true),
            "CONTAINED_BY" | "PACKAGE_OF" => contains(false),
            _ => return None,
        };
        Some(meaning)
    }
}
