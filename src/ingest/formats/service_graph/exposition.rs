//! Prometheus' text: samples of one metric, one a line.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::app::ErrorCode;
use crate::ingest::formats::document::Findings;
use crate::ingest::observation::{Problem, RecordKind};

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
    /// When it was taken, where the document says so.
    pub(super) at: Option<Timestamp>,
}

/// Reads the samples of metrics whose name ends with `metric`; a line of it that cannot be read is
/// reported, other lines are not looked at.
pub(super) fn read(text: &str, metric: &str, samples: &mut Vec<Sample>, findings: &mut Findings<'_>) {
    for line in text.lines().map(str::trim) {
        let name = line.split(['{', ' ', '\t']).next().unwrap_or_default();
        if line.starts_with('#') || !name.ends_with(metric) {
            continue;
        }
        let Some(sample) = sample(line) else {
            let message = "a sample is `NAME{LABEL=\"VALUE\",...} NUMBER [MILLISECONDS]`; this line is not";
            let problem = Problem::new(ErrorCode::BadUserInput, message).of_value(line);
            findings.unreadable(RecordKind::Relationship, None, problem);
            continue;
        };
        samples.push(sample);
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (labels, rest) = match line.split_once('{') {
        Some((_, rest)) => labels(rest)?,
        None => (BTreeMap::new(), line.split_once([' ', '\t'])?.1),
    };
    let mut words = rest.split_whitespace().take_while(|word| !word.starts_with('#'));
    let value = words.next()?.parse::<f64>().ok()?;
    let at = match words.next() {
        None => None,
        // Prometheus writes whole milliseconds, OpenMetrics seconds with a fraction.
        Some(text) if text.contains('.') => moment(text.parse().ok()?),
        Some(text) => Some(Timestamp::from_millisecond(text.parse().ok()?).ok()?),
    };
    Some(Sample { labels, value, at })
}

/// A moment in seconds since 1970; absent where there is no such moment.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be within range; parts of a millisecond are cut off"
)]
pub(super) fn moment(seconds: f64) -> Option<Timestamp> {
    let milliseconds = seconds * 1000.0;
    let within = milliseconds.is_finite() && milliseconds.abs() < 1e15;
    within
        .then_some(milliseconds)
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds as i64).ok())
}

/// The labels up to the closing brace, and what stands behind it.
fn labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(behind) = rest.strip_prefix('}') {
            return Some((labels, behind));
        }
        let (name, behind) = rest.split_once('=')?;
        let mut value = String::new();
        let mut characters = behind.trim_start().strip_prefix('"')?.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => match characters.next()? {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                other => value.push(other),
            }
        }
        labels.insert(name.trim().to_owned(), value);
        let behind = characters.as_str().trim_start();
        rest = behind.strip_prefix(',').unwrap_or(behind).trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_all_that_labels_may_hold() {
        let read = sample(r#"m{client="a\"b\\\n{}",server = "c,d=e",} 20 1700000000123"#).expect("a sample");
        assert_eq!(read.labels["client"], "a\"b\\\n{}");
        assert_eq!(read.labels["server"], "c,d=e");
        assert_eq!(read.at, Timestamp::from_millisecond(1_700_000_000_123).ok());
        let open = sample("m{client=\"a\"} 1e3 1700000000.5 # {trace=\"x\"} 1").expect("OpenMetrics");
        assert_eq!(open.at, Timestamp::from_millisecond(1_700_000_000_500).ok());
        assert!((open.value - 1000.0).abs() < f64::EPSILON);
        assert_eq!(sample("m 3").expect("no labels").labels.len(), 0);
        for bad in [
            "m",
            "m{",
            "m{a}",
            "m{a=\"b} 1",
            "m{a=\"b\"}",
            "m{a=\"b\"} many",
            "m{a=\"b\"} 1 soon",
            "m{a=\"\\",
        ] {
            assert_eq!(sample(bad), None, "{bad}");
        }
        assert_eq!(moment(f64::NAN), None);
        assert_eq!(moment(1e300), None);
    }
}
