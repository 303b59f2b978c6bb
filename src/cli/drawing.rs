//! Answers as pictures.

/// The language of a picture.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Drawing {
    /// Graphviz.
    Dot,
    /// Mermaid, as Markdown pages show it.
    Mermaid,
    /// The JSON Graph Format.
    Json,
}

impl Drawing {
    /// As the API names it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Dot => "DOT",
            Self::Mermaid => "MERMAID",
            Self::Json => "JSON",
        }
    }
}
