//! What a GraphQL document may be before anything runs it.
//!
//! The checks of the GraphQL crate come too late or never: they expand fragments to find out that
//! there are too many. These are linear in the text, in the order from cheap to dear: bytes, then
//! tokens, then one parse, then a count over the fragments that visits each one once.

mod expand;
mod scan;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;

use crate::app::ErrorCode;
use crate::config::LimitsConfig;

/// The limits of a document; the configuration explains them.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Bytes of text.
    pub bytes_max: usize,
    /// Tokens.
    pub tokens_max: usize,
    /// Depth of brackets of all kinds.
    pub nesting_max: usize,
    /// Directives.
    pub directives_max: usize,
    /// Fragments.
    pub fragments_max: usize,
    /// Operations.
    pub operations_max: usize,
    /// Selections once fragments are expanded.
    pub selections_max: usize,
    /// Aliases once fragments are expanded.
    pub aliases_max: usize,
    /// Depth of fields once fragments are expanded.
    pub depth_max: usize,
}

impl DocumentLimits {
    /// Depth of selection sets, fragments counted: what the executor recurses into.
    pub const LEVELS_MAX: usize = 32;
}

impl From<&LimitsConfig> for DocumentLimits {
    fn from(config: &LimitsConfig) -> Self {
        Self {
            bytes_max: config.document_bytes_max,
            tokens_max: config.document_tokens_max,
            nesting_max: config.document_nesting_max,
            directives_max: config.document_directives_max,
            fragments_max: config.document_fragments_max,
            operations_max: config.document_operations_max,
            selections_max: config.document_selections_max,
            aliases_max: config.document_aliases_max,
            depth_max: config.document_depth_max,
        }
    }
}

/// Why a document is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It exceeds a limit.
    #[error("the document has {found} {what}, the limit is {allowed}")]
    LimitExceeded {
        /// What is counted.
        what: &'static str,
        /// How many there are, or at how many the count stopped.
        found: usize,
        /// How many there may be.
        allowed: usize,
    },
    /// A fragment leads back to itself.
    #[error("fragment `{name}` contains itself")]
    FragmentCycle {
        /// The fragment.
        name: String,
    },
    /// It does not parse.
    #[error("{message}")]
    Malformed {
        /// What the parser says.
        message: String,
        /// Line and column, from 1.
        at: Option<(usize, usize)>,
    },
}

impl DocumentError {
    /// The code clients see.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::LimitExceeded { .. } => ErrorCode::LimitExceeded,
            Self::FragmentCycle { .. } | Self::Malformed { .. } => ErrorCode::InvalidDocument,
        }
    }
}

/// Refuses `found` above `allowed`.
fn limit(what: &'static str, found: usize, allowed: usize) -> Result<(), DocumentError> {
    if found > allowed {
        return Err(DocumentError::LimitExceeded { what, found, allowed });
    }
    Ok(())
}

/// Checks a document and hands it over parsed. Time and space are linear in the text.
pub fn check(text: &str, limits: &DocumentLimits) -> Result<ExecutableDocument, DocumentError> {
    limit("bytes", text.len(), limits.bytes_max)?;
    let counts = scan::scan(text.as_bytes(), limits)?;
    limit("directives", counts.directives, limits.directives_max)?;
    let document = parse_query(text).map_err(|error| DocumentError::Malformed {
        at: error.positions().next().map(|at| (at.line, at.column)),
        message: error.to_string(),
    })?;
    limit("fragments", document.fragments.len(), limits.fragments_max)?;
    limit("operations", document.operations.iter().len(), limits.operations_max)?;
    expand::check(&document, limits)?;
    Ok(document)
}

#[cfg(test)]
mod tests;
