//! GML's notation: names followed by numbers, texts in quotes, or lists in brackets.

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

/// How deep lists may stand in each other; drawings of networks need three.
const DEPTH_MAX: usize = 32;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Number(String),
    Text(String),
    List(Vec<(String, Item)>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Open,
    Close,
}

/// Whether a text is a graph, told by how it begins: perhaps with who made it, then `graph [`.
pub(super) fn begins_with_graph(text: &str) -> bool {
    let mut tokens = Tokens { text, at: 0 };
    // A name and a value each; documents say little before the graph.
    for _ in 0..8 {
        match (tokens.next(), tokens.next()) {
            (Some(Ok(Token::Word("graph"))), Some(Ok(Token::Open))) => return true,
            (
                Some(Ok(Token::Word("Creator" | "Version" | "comment" | "label"))),
                Some(Ok(Token::Word(_) | Token::Text(_))),
            ) => {}
            _ => return false,
        }
    }
    false
}

/// The names and values of a text.
pub(super) fn parse(text: &str) -> Result<Vec<(String, Item)>, Problem> {
    let mut tokens = Tokens { text, at: 0 };
    // Open lists and the names they will have.
    let mut open: Vec<(String, Vec<(String, Item)>)> = Vec::new();
    let mut current: Vec<(String, Item)> = Vec::new();
    while let Some(token) = tokens.next() {
        let name = match token? {
            Token::Word(name) => name.to_owned(),
            Token::Close => {
                let Some((name, before)) = open.pop() else {
                    return Err(tokens.refuse("a `]` stands where no list is open"));
                };
                let list = std::mem::replace(&mut current, before);
                current.push((name, Item::List(list)));
                continue;
            }
            Token::Open | Token::Text(_) => return Err(tokens.refuse("a value stands where a name was expected")),
        };
        match tokens.next().transpose()? {
            Some(Token::Open) if open.len() >= DEPTH_MAX => {
                return Err(tokens.refuse("lists stand deeper in each other than 32"));
            }
            Some(Token::Open) => open.push((name, std::mem::take(&mut current))),
            Some(Token::Word(word)) => current.push((name, Item::Number(word.to_owned()))),
            Some(Token::Text(text)) => current.push((name, Item::Text(plain(text)))),
            Some(Token::Close) | None => {
                let message = format!("`{}` has no value", crate::ingest::observation::shorten(&name));
                return Err(tokens.refuse(&message));
            }
        }
    }
    if open.is_empty() {
        Ok(current)
    } else {
        Err(tokens.refuse("a list is never closed"))
    }
}

struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn refuse(&self, because: &str) -> Problem {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Problem::new(ErrorCode::BadUserInput, format!("not GML at line {line}: {because}"))
    }

    fn next(&mut self) -> Option<Result<Token<'t>, Problem>> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                break;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '[' => (Token::Open, 1),
            ']' => (Token::Close, 1),
            '"' => {
                let inner = rest.get(1..).unwrap_or_default();
                let Some(end) = inner.find('"') else {
                    return Some(Err(self.refuse("a quote is never closed")));
                };
                (Token::Text(inner.get(..end).unwrap_or_default()), end + 2)
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | '#');
                let end = rest.find(ends).unwrap_or(rest.len());
                (Token::Word(rest.get(..end).unwrap_or_default()), end.max(1))
            }
        };
        self.at += length;
        Some(Ok(token))
    }
}

/// A text with its entities resolved: GML is ASCII, and writes other characters so.
fn plain(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(rest.get(..start).unwrap_or_default());
        rest = rest.get(start..).unwrap_or_default();
        let end = rest.bytes().take(9).position(|byte| byte == b';');
        let known = end.and_then(|end| entity(rest.get(1..end)?));
        if let (Some(letter), Some(end)) = (known, end) {
            plain.push(letter);
            rest = rest.get(end + 1..).unwrap_or_default();
        } else {
            plain.push('&');
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            number.ok().and_then(char::from_u32)
        }
    }
}
