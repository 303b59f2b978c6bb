//! Values as people and scripts write them, before the catalog has given them a type.

/// A value of no type yet: what JSON, CSV or a command line can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Says that there is no value: removes an attribute.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, in the digits it was written with.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Input>),
    /// An object, in the order it was written.
    Object(Vec<(String, Input)>),
}

impl Input {
    /// The word for this kind of value in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Input {
    fn from(number: i64) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<bool> for Input {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}
