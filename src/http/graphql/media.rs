//! What the client takes.

use axum::http::{HeaderMap, header};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    GraphQl,
    Json,
    Events,
}

/// All forms, as clients name them.
pub(super) const ALL: [&str; 3] = [
    "application/graphql-response+json",
    "application/json",
    "text/event-stream",
];

impl Media {
    /// The type of a reply that is one JSON document.
    pub(super) fn reply_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json | Self::Events => "application/json; charset=utf-8",
        }
    }
}

/// The form the client likes best; `None` when it takes none of ours. Saying nothing, or anything
/// at all, means JSON. Of equal wishes the more specific wins, then the earlier.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Media> {
    let mut best: Option<(u16, u8, Media)> = None;
    let mut asked = false;
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    for part in values
        .flat_map(|value| value.split(','))
        .filter(|part| !part.trim().is_empty())
    {
        asked = true;
        let mut words = part.split(';').map(|word| word.trim().to_ascii_lowercase());
        let (media, precision) = match words.next().unwrap_or_default().as_str() {
            "application/graphql-response+json" => (Media::GraphQl, 2),
            "application/json" => (Media::Json, 2),
            "text/event-stream" => (Media::Events, 2),
            "application/*" => (Media::Json, 1),
            "text/*" => (Media::Events, 1),
            "*/*" => (Media::Json, 0),
            _ => continue,
        };
        let weight = quality(words);
        if weight > 0 && best.is_none_or(|(w, p, _)| (weight, precision) > (w, p)) {
            best = Some((weight, precision, media));
        }
    }
    if asked {
        best.map(|best| best.2)
    } else {
        Some(Media::Json)
    }
}

/// The `q` of a media range, in thousandths; malformed ones count as refused.
fn quality(mut words: impl Iterator<Item = String>) -> u16 {
    match words.find_map(|word| word.strip_prefix("q=").map(str::to_owned)) {
        None => 1_000,
        Some(text) => thousandths(&text),
    }
}

fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{fraction:0<3}");
    match (whole, padded.parse()) {
        ("0", Ok(thousandths @ 0..=999)) => thousandths,
        ("1", Ok(0)) => 1_000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_wish_is_granted() {
        let table = [
            ("", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("Application/GraphQL-Response+JSON; charset=utf-8", Some(Media::GraphQl)),
            ("application/json, application/graphql-response+json", Some(Media::Json)),
            (
                "application/json;q=0.5, application/graphql-response+json;q=0.9",
                Some(Media::GraphQl),
            ),
            ("application/graphql-response+json;q=0.25, */*;q=0.3", Some(Media::Json)),
            ("application/graphql-response+json, */*", Some(Media::GraphQl)),
            ("text/event-stream", Some(Media::Events)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=0.0", None),
            ("application/json;q=banana", None),
        ];
        for (accept, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(negotiate(&headers), expected, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Some(Media::Json));
    }
}
