//! Relay connections: pages, cursors, and what a page costs.

use std::ops::Range;

use async_graphql::{OutputType, SimpleObject};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::{ApiError, ApiResult};
use super::scalars::Long;
use super::types::{
    AmbiguousDerivationObject, CiObject, CiTypeObject, DuplicateObject, GroupObject, ImpactedCi, IngestRuleObject,
    LintFinding, RelationshipObject, RelationshipTypeObject, ReviewObject, SearchHitObject,
};
use crate::app::ErrorCode;
use crate::graph::find::{SortKey, SortValue};
use crate::model::{CiId, Revision};

/// Items of a page that says no size.
pub(super) const PAGE_DEFAULT: usize = 50;

/// Where a page stands in its list.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct PageInfo {
    /// Whether there are items behind this page.
    pub has_next_page: bool,
    /// Whether there are items before this page. Pages are read forwards, so it says whether the
    /// page began after a cursor.
    pub has_previous_page: bool,
    /// Cursor of the first item.
    pub start_cursor: Option<String>,
    /// Cursor of the last item: pass it as `after` for the next page.
    pub end_cursor: Option<String>,
}

/// An item of a list, and its place.
#[derive(Debug, SimpleObject)]
#[graphql(concrete(name = "ConfigurationItemEdge", params(CiObject)))]
#[graphql(concrete(name = "RelationshipEdge", params(RelationshipObject)))]
#[graphql(concrete(name = "ImpactedCiEdge", params(ImpactedCi)))]
#[graphql(concrete(name = "SearchHitEdge", params(SearchHitObject)))]
#[graphql(concrete(name = "CiTypeEdge", params(CiTypeObject)))]
#[graphql(concrete(name = "RelationshipTypeEdge", params(RelationshipTypeObject)))]
#[graphql(concrete(name = "RedundancyGroupEdge", params(GroupObject)))]
#[graphql(concrete(name = "IngestRuleEdge", params(IngestRuleObject)))]
#[graphql(concrete(name = "ReviewItemEdge", params(ReviewObject)))]
#[graphql(concrete(name = "LintFindingEdge", params(LintFinding)))]
#[graphql(concrete(name = "DuplicateEdge", params(DuplicateObject)))]
#[graphql(concrete(name = "AmbiguousDerivationEdge", params(AmbiguousDerivationObject)))]
pub struct Edge<T: OutputType> {
    /// The place: pass it as `after` to go on behind this item.
    pub cursor: String,
    /// The item.
    pub node: T,
}

/// One page of a list, in a stable order.
#[derive(Debug, SimpleObject)]
#[graphql(concrete(name = "ConfigurationItemConnection", params(CiObject)))]
#[graphql(concrete(name = "RelationshipConnection", params(RelationshipObject)))]
#[graphql(concrete(name = "ImpactedCiConnection", params(ImpactedCi)))]
#[graphql(concrete(name = "SearchHitConnection", params(SearchHitObject)))]
#[graphql(concrete(name = "CiTypeConnection", params(CiTypeObject)))]
#[graphql(concrete(name = "RelationshipTypeConnection", params(RelationshipTypeObject)))]
#[graphql(concrete(name = "RedundancyGroupConnection", params(GroupObject)))]
#[graphql(concrete(name = "IngestRuleConnection", params(IngestRuleObject)))]
#[graphql(concrete(name = "ReviewItemConnection", params(ReviewObject)))]
#[graphql(concrete(name = "LintFindingConnection", params(LintFinding)))]
#[graphql(concrete(name = "DuplicateConnection", params(DuplicateObject)))]
#[graphql(concrete(name = "AmbiguousDerivationConnection", params(AmbiguousDerivationObject)))]
pub struct Connection<T>
where
    T: OutputType + Clone,
    Edge<T>: OutputType,
{
    /// The items with their places.
    pub edges: Vec<Edge<T>>,
    /// The items alone.
    pub nodes: Vec<T>,
    /// Where the page stands in the list.
    pub page_info: PageInfo,
    /// How many items the whole list has.
    pub total_count: Long,
    /// The revision of the estate that was read.
    pub revision: Long,
    /// Whether every candidate was looked at; if not, there may be more or better items.
    pub complete: bool,
}

/// What a list costs: its page size times what each item costs.
pub(super) fn rows(first: Option<i32>, child_complexity: usize) -> usize {
    // Larger pages are refused by the resolver, with an error that says so.
    let first = first
        .and_then(|first| usize::try_from(first).ok())
        .unwrap_or(PAGE_DEFAULT)
        .min(1_000);
    first.saturating_mul(child_complexity.saturating_add(1))
}

/// Checks a page size.
pub(super) fn page_size(first: Option<i32>, page_max: usize) -> ApiResult<usize> {
    match first {
        None => Ok(PAGE_DEFAULT.min(page_max)),
        Some(first) => at_most("first", first, page_max),
    }
}

/// Checks how many items are asked for.
pub(super) fn at_most(field: &'static str, wanted: i32, limit: usize) -> ApiResult<usize> {
    let size = usize::try_from(wanted)
        .map_err(|_| ApiError::input(field, format!("`{field}` must not be negative")).with("value", wanted))?;
    if size > limit {
        let message = if field == "first" {
            format!("a page has at most {limit} items, `{field}` is {size}")
        } else {
            format!("`{field}` is {size}, the limit is {limit}")
        };
        return Err(ApiError::new(ErrorCode::PageTooLarge, message)
            .with("field", field)
            .with("value", wanted)
            .with("limit", limit));
    }
    Ok(size)
}

/// Identifies a question: a cursor of one is no place in the answer of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuestionHash([u8; 8]);

impl QuestionHash {
    pub(super) fn of(parts: &impl std::fmt::Debug) -> Self {
        let digest = Sha256::digest(format!("{parts:?}"));
        let mut hash = [0; 8];
        hash.copy_from_slice(&digest[..8]);
        Self(hash)
    }

    /// A number of it, for what is to come out alike whenever the question is asked.
    pub(super) fn seed(self) -> u64 {
        u64::from_be_bytes(self.0)
    }
}

/// The places of one list at one revision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursors {
    pub(super) revision: Revision,
    pub(super) question: QuestionHash,
}

impl Cursors {
    /// The cursor of a key.
    pub(super) fn write(self, key: &[u8]) -> String {
        let revision = self.revision.number().to_be_bytes();
        let bytes = revision.iter().chain(&self.question.0).chain(key);
        bytes.fold(String::new(), |mut text, byte| {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            text
        })
    }

    /// The key of a cursor that was given for this question at this revision.
    pub(super) fn read(self, cursor: &str) -> ApiResult<Vec<u8>> {
        let invalid =
            || ApiError::new(ErrorCode::CursorInvalid, "`after` is no cursor of this server").with("field", "after");
        if !cursor.len().is_multiple_of(2) || cursor.len() < 32 || !cursor.is_ascii() {
            return Err(invalid());
        }
        let byte = |at: usize| u8::from_str_radix(&cursor[at..at + 2], 16).map_err(|_| invalid());
        let bytes: Vec<u8> = (0..cursor.len()).step_by(2).map(byte).collect::<Result<_, _>>()?;
        let (head, key) = bytes.split_at(16);
        let (revision, question) = head.split_at(8);
        if question != self.question.0 {
            let message = "`after` is a cursor of another question";
            return Err(ApiError::new(ErrorCode::CursorExpired, message).with("field", "after"));
        }
        if revision != self.revision.number().to_be_bytes() {
            let message = format!(
                "the estate has moved on to revision {} since this cursor was given",
                self.revision
            );
            return Err(ApiError::new(ErrorCode::CursorExpired, message).with("field", "after"));
        }
        Ok(key.to_vec())
    }

    pub(super) fn write_sort_key(self, key: &SortKey) -> String {
        let mut bytes = key.id.as_uuid().as_bytes().to_vec();
        match &key.value {
            SortValue::Id => bytes.push(0),
            SortValue::Text(text) => {
                bytes.push(1);
                bytes.extend(text.as_bytes());
            }
            SortValue::Revision(revision) => {
                bytes.push(2);
                bytes.extend(revision.number().to_be_bytes());
            }
            SortValue::Tier(tier) => bytes.extend([3, *tier]),
        }
        self.write(&bytes)
    }

    pub(super) fn read_sort_key(self, cursor: &str) -> ApiResult<SortKey> {
        let bytes = self.read(cursor)?;
        sort_key(&bytes).ok_or_else(|| {
            ApiError::new(ErrorCode::CursorInvalid, "`after` is no cursor of this list").with("field", "after")
        })
    }

    /// A page of a list that is at hand whole: cursors are places in it.
    pub(super) fn page<T>(
        self,
        after: Option<&str>,
        first: usize,
        total: usize,
        item: impl Fn(usize) -> T,
    ) -> ApiResult<Connection<T>>
    where
        T: OutputType + Clone,
        Edge<T>: OutputType,
    {
        let places = self.places(after, first, total)?;
        let end = places.end;
        let edges = places
            .map(|place| Edge {
                cursor: self.write(&(place as u64).to_be_bytes()),
                node: item(place),
            })
            .collect();
        Ok(self.connection(edges, end < total, after.is_some(), total))
    }

    /// The places of a page in a list that is at hand whole.
    pub(super) fn places(self, after: Option<&str>, first: usize, total: usize) -> ApiResult<Range<usize>> {
        let start = match after {
            None => 0,
            Some(cursor) => self.read_place(cursor)?.saturating_add(1).min(total),
        };
        Ok(start..start.saturating_add(first).min(total))
    }

    pub(super) fn connection<T>(
        self,
        edges: Vec<Edge<T>>,
        has_next_page: bool,
        has_previous_page: bool,
        total: usize,
    ) -> Connection<T>
    where
        T: OutputType + Clone,
        Edge<T>: OutputType,
    {
        Connection {
            page_info: PageInfo {
                has_next_page,
                has_previous_page,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            edges,
            total_count: total.into(),
            revision: self.revision.into(),
            complete: true,
        }
    }

    fn read_place(self, cursor: &str) -> ApiResult<usize> {
        let key = self.read(cursor)?;
        let place = <[u8; 8]>::try_from(key.as_slice()).ok().map(u64::from_be_bytes);
        place.and_then(|place| usize::try_from(place).ok()).ok_or_else(|| {
            ApiError::new(ErrorCode::CursorInvalid, "`after` is no cursor of this list").with("field", "after")
        })
    }
}

fn sort_key(bytes: &[u8]) -> Option<SortKey> {
    let (id, rest) = bytes.split_at_checked(16)?;
    let (kind, rest) = rest.split_first()?;
    let value = match kind {
        0 if rest.is_empty() => SortValue::Id,
        1 => SortValue::Text(String::from_utf8(rest.to_vec()).ok()?),
        2 => SortValue::Revision(Revision::new(u64::from_be_bytes(rest.try_into().ok()?))),
        3 => SortValue::Tier(*rest.first()?),
        _ => return None,
    };
    let id = CiId::from_uuid(Uuid::from_slice(id).ok()?);
    Some(SortKey { value, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursors(revision: u64) -> Cursors {
        Cursors {
            revision: Revision::new(revision),
            question: QuestionHash::of(&"question"),
        }
    }

    #[test]
    fn a_cursor_reads_back_what_it_was_made_of() {
        let id = CiId::from_uuid(Uuid::from_u128(7));
        for value in [
            SortValue::Id,
            SortValue::Text("häuser".to_owned()),
            SortValue::Revision(Revision::new(9)),
            SortValue::Tier(2),
        ] {
            let key = SortKey { value, id };
            let cursor = cursors(1).write_sort_key(&key);
            assert_eq!(cursors(1).read_sort_key(&cursor), Ok(key));
        }
    }

    #[test]
    fn a_cursor_serves_only_its_question_and_its_revision() {
        let cursor = cursors(1).write(&[1]);
        let code = |found: ApiResult<Vec<u8>>| found.err().map(|error| error.code());
        assert_eq!(code(cursors(2).read(&cursor)), Some(ErrorCode::CursorExpired));
        let other = Cursors {
            question: QuestionHash::of(&"other"),
            ..cursors(1)
        };
        assert_eq!(code(other.read(&cursor)), Some(ErrorCode::CursorExpired));
        for wrong in ["", "xx", "0", "ä", "zz00000000000000000000000000000000"] {
            assert_eq!(code(cursors(1).read(wrong)), Some(ErrorCode::CursorInvalid), "{wrong}");
        }
    }

    #[test]
    fn a_list_costs_its_page_size_times_its_items() {
        assert_eq!(rows(Some(10), 4), 50);
        assert_eq!(rows(None, 0), 50);
        assert_eq!(rows(Some(i32::MAX), usize::MAX), usize::MAX);
    }
}
