//! What an impact answer rests on, for people.

use serde::Deserialize;

use crate::cli::answer::{Long, ShortCi};
use crate::cli::output::Output;

/// What the whole answer rests on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Evidence {
    complete: bool,
    how_to_go_on: Option<String>,
    stale_cis: Long,
    weakest: Option<Weakest>,
    least_authoritative: Option<Weakest>,
}

/// The weakest relationship in one respect.
#[derive(Debug, Deserialize)]
struct Weakest {
    reason: String,
    relationship: Relationship,
    source: ShortCi,
    target: ShortCi,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    id: String,
    phrase: String,
    source: String,
    said_by: Long,
    last_seen: String,
    authority: String,
    authority_place: Option<u32>,
}

impl Relationship {
    /// Who says so: `scanner, 2 more`.
    fn told_by(&self) -> String {
        match self.said_by.0.saturating_sub(1) {
            0 => self.source.clone(),
            others => format!("{}, {others} more", self.source),
        }
    }

    /// How much that counts: `RANKED 2`.
    fn authority(&self) -> String {
        match self.authority_place {
            Some(place) => format!("{} {place}", self.authority),
            None => self.authority.clone(),
        }
    }
}

impl Evidence {
    /// Tells the weakest evidence, and what is stale.
    pub(super) fn show(&self, output: &Output) {
        let mut weakest: Vec<(String, &Weakest)> = Vec::new();
        for one in self.weakest.iter().chain(&self.least_authoritative) {
            match weakest.last_mut() {
                Some((reasons, known)) if known.relationship.id == one.relationship.id => {
                    *reasons = format!("{reasons}, {}", one.reason);
                }
                Some(_) | None => weakest.push((one.reason.clone(), one)),
            }
        }
        for (reasons, one) in weakest {
            let relationship = &one.relationship;
            output.note(&format!(
                "weakest evidence ({reasons}): {} {} {}, said by {}, last at {}, {}",
                one.target.reference(),
                relationship.phrase,
                one.source.reference(),
                relationship.told_by(),
                relationship.last_seen,
                relationship.authority(),
            ));
        }
        if !self.complete {
            let way = self.how_to_go_on.as_deref().unwrap_or("ask for less");
            output.note(&format!(
                "not all evidence was looked at, a weaker one may be among the rest: {way}"
            ));
        }
        if self.stale_cis.0 > 0 {
            output.note(&format!(
                "stale among the impacted: {}, of which no source speaks any more",
                self.stale_cis
            ));
        }
    }
}
