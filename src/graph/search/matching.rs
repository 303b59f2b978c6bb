//! Comparing a CI's texts with what was typed.

use super::token::{KEY_BYTES, tokens};
use super::{TEXT_BYTES_MAX, WORDS_MAX};
use crate::catalog::Catalog;
use crate::graph::find::text_of;
use crate::model::{AttributeId, AttributeValue, CiTypeId, ConfigurationItem};

/// How well a CI fits, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Some word is there with this many typing errors less than 10.
    Similar(u8),
    /// Every word is there, some only as the beginning of one.
    Beginning,
    /// Every word is there.
    Words,
    /// The name begins with the text.
    NameBeginning,
    /// The text is the name, but for case.
    ExactName,
}

impl Rank {
    /// A number from 0 to 100 for people: larger is better.
    pub const fn score(self) -> u8 {
        match self {
            Self::ExactName => 100,
            Self::NameBeginning => 80,
            Self::Words => 60,
            Self::Beginning => 40,
            Self::Similar(closeness) => closeness * 2,
        }
    }

    fn similar(errors: usize) -> Self {
        Self::Similar(10 - u8::try_from(errors.min(10)).unwrap_or(10))
    }
}

/// Where a word was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchField {
    /// In the name.
    Name,
    /// In a tag.
    Tag,
    /// In an attribute.
    Attribute(AttributeId),
    /// In a source's key.
    NativeKey,
}

/// Visits the texts of a CI that are searched; with `identifiers`, also those that have indexes of
/// their own. Secret attributes are never among them.
pub(super) fn searched_texts(
    ci: &ConfigurationItem,
    catalog: &Catalog,
    identifiers: bool,
    visit: &mut impl FnMut(MatchField, &str),
) {
    visit(MatchField::Name, ci.name());
    ci.tags().for_each(|tag| visit(MatchField::Tag, tag));
    for attribute in ci.attributes().iter() {
        let definition = catalog.attribute_by_id(ci.ci_type(), attribute.id);
        if definition.is_none_or(|definition| definition.secret) {
            continue;
        }
        let is_text = matches!(attribute.value, AttributeValue::Text(_));
        if is_text && !identifiers && identifies(catalog, ci.ci_type(), attribute.id) {
            continue;
        }
        texts_of(&attribute.value, MatchField::Attribute(attribute.id), visit);
    }
    if identifiers {
        ci.native_keys().for_each(|(_, key)| visit(MatchField::NativeKey, key));
    }
}

/// Whether the estate looks CIs of a type up by this attribute.
fn identifies(catalog: &Catalog, ci_type: CiTypeId, attribute: AttributeId) -> bool {
    let Some(name) = catalog.attribute_name(attribute) else {
        return false;
    };
    let named = || {
        catalog
            .identification_of(ci_type)
            .iter()
            .any(|rule| rule.attributes.contains(name))
    };
    catalog.unique_scope(ci_type, attribute).is_some() || named()
}

fn texts_of(value: &AttributeValue, field: MatchField, visit: &mut impl FnMut(MatchField, &str)) {
    match value {
        AttributeValue::Text(text) => visit(field, text),
        AttributeValue::IpAddress(_) | AttributeValue::Cidr(_) | AttributeValue::Mac(_) => {
            visit(field, &text_of(value));
        }
        AttributeValue::List(items) => items.iter().for_each(|item| texts_of(item, field, visit)),
        AttributeValue::Integer(_)
        | AttributeValue::Decimal(_)
        | AttributeValue::Boolean(_)
        | AttributeValue::Timestamp(_)
        | AttributeValue::Duration(_)
        | AttributeValue::Json(_) => {}
    }
}

/// What was typed.
pub(super) struct Wanted {
    folded: String,
    words: Vec<Word>,
}

/// One word of it.
pub(super) struct Word {
    text: String,
    letters: Vec<char>,
}

impl Wanted {
    pub(super) fn new(text: &str) -> Self {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let folded = text[..end].trim().to_lowercase();
        let words = folded.split_whitespace().take(WORDS_MAX).map(Word::new).collect();
        Self { folded, words }
    }

    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// How well a CI fits; `None` if some word is not there at all.
    pub(super) fn matches(&self, ci: &ConfigurationItem, catalog: &Catalog) -> Option<(Rank, MatchField)> {
        let name = ci.name().to_lowercase();
        if name == self.folded {
            return Some((Rank::ExactName, MatchField::Name));
        }
        if name.starts_with(&self.folded) {
            return Some((Rank::NameBeginning, MatchField::Name));
        }
        let mut texts: Vec<(MatchField, String)> = Vec::new();
        searched_texts(ci, catalog, true, &mut |field, text| {
            texts.push((field, text.to_lowercase()));
        });
        let mut worst = (Rank::Words, MatchField::Name);
        for (place, word) in self.words.iter().enumerate() {
            let found = word.best(&texts)?;
            if place == 0 || found.0 < worst.0 {
                worst = found;
            }
        }
        Some(worst)
    }
}

impl Word {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            letters: text.chars().collect(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Typing errors that the word may have: none under four letters, one up to seven, then two.
    /// Numbers are meant as they are.
    pub(super) fn errors_allowed(&self) -> usize {
        if self.letters.iter().all(|letter| !letter.is_alphabetic()) {
            return 0;
        }
        match self.letters.len() {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        }
    }

    /// Whether a dictionary token may be what was meant. A token that may have been cut is let
    /// through if its beginning is near: the CI decides.
    pub(super) fn may_mean(&self, token: &[u8]) -> bool {
        let allowed = self.errors_allowed();
        let cut = token.len() == KEY_BYTES;
        let far = !cut && token.len() + allowed < self.letters.len();
        if far || (self.text.is_ascii() && token.len() > self.letters.len() + allowed) {
            return false;
        }
        let token = String::from_utf8_lossy(token);
        let letters: Vec<char> = token
            .chars()
            .filter(|letter| *letter != char::REPLACEMENT_CHARACTER)
            .collect();
        if cut {
            let beginning = &self.letters[..self.letters.len().min(letters.len())];
            return distance(beginning, &letters) <= allowed * 2;
        }
        distance(&self.letters, &letters) <= allowed
    }

    /// The best place of the word among a CI's texts.
    fn best(&self, texts: &[(MatchField, String)]) -> Option<(Rank, MatchField)> {
        let mut best: Option<(Rank, MatchField)> = None;
        for (field, text) in texts {
            for rank in tokens(text).filter_map(|token| self.rank(token)) {
                if best.is_none_or(|(known, _)| rank > known) {
                    best = Some((rank, *field));
                }
            }
        }
        best
    }

    fn rank(&self, token: &str) -> Option<Rank> {
        if token == self.text {
            return Some(Rank::Words);
        }
        if token.starts_with(&self.text) {
            return Some(Rank::Beginning);
        }
        let allowed = self.errors_allowed();
        if allowed == 0 || token.len().abs_diff(self.text.len()) > allowed * 4 {
            return None;
        }
        let letters: Vec<char> = token.chars().collect();
        let errors = distance(&self.letters, &letters);
        (errors <= allowed).then(|| Rank::similar(errors))
    }
}

/// The distance of Levenshtein: letters to insert, remove or replace to turn one into the other.
/// Time is the product of the lengths, space the shorter one.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != against);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_typing_errors() {
        let between =
            |one: &str, other: &str| distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>());
        assert_eq!(between("payment", "payment"), 0);
        assert_eq!(between("paymnt", "payment"), 1);
        assert_eq!(between("kitten", "sitting"), 3);
        assert_eq!(between("", "abc"), 3);
    }

    #[test]
    fn longer_words_may_have_more_errors() {
        let allowed = |text| Word::new(text).errors_allowed();
        assert_eq!(
            (
                allowed("web"),
                allowed("shop"),
                allowed("payments"),
                allowed("12345678")
            ),
            (0, 1, 2, 0)
        );
    }
}
