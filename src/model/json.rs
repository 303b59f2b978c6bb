//! Untyped input as compact JSON text, and back: JSON attributes are kept as text.

use std::fmt::Write as _;

use super::Input;

impl Input {
    /// This value as compact JSON; `None` if it has more levels or bytes than allowed, or a number
    /// that is none in JSON.
    pub fn to_json(&self, depth_max: usize, bytes_max: usize) -> Option<String> {
        let mut writer = JsonWriter {
            text: String::new(),
            bytes_max,
        };
        writer.value(self, depth_max)?;
        Some(writer.text)
    }

    /// Reads JSON text; `None` if it is none, or has more levels than allowed.
    pub fn from_json(text: &str, depth_max: usize) -> Option<Self> {
        let mut reader = JsonReader { rest: text };
        let value = reader.value(depth_max)?;
        reader.skip_blanks();
        reader.rest.is_empty().then_some(value)
    }
}

struct JsonWriter {
    text: String,
    bytes_max: usize,
}

impl JsonWriter {
    fn value(&mut self, value: &Input, depth_left: usize) -> Option<()> {
        match value {
            Input::Null => self.text.push_str("null"),
            Input::Boolean(value) => self.text.push_str(if *value { "true" } else { "false" }),
            Input::Number(digits) => {
                let mut reader = JsonReader { rest: digits };
                reader.number()?;
                if !reader.rest.is_empty() {
                    return None;
                }
                self.text.push_str(digits);
            }
            Input::Text(text) => self.string(text)?,
            Input::List(values) => {
                let depth_left = depth_left.checked_sub(1)?;
                self.text.push('[');
                for (index, value) in values.iter().enumerate() {
                    self.comma(index);
                    self.value(value, depth_left)?;
                }
                self.text.push(']');
            }
            Input::Object(members) => {
                let depth_left = depth_left.checked_sub(1)?;
                self.text.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    self.comma(index);
                    self.string(key)?;
                    self.text.push(':');
                    self.value(value, depth_left)?;
                }
                self.text.push('}');
            }
        }
        (self.text.len() <= self.bytes_max).then_some(())
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }

    fn string(&mut self, text: &str) -> Option<()> {
        if text.len() > self.bytes_max {
            return None;
        }
        self.text.push('"');
        for char in text.chars() {
            match char {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                control if control < ' ' => write!(self.text, "\\u{:04x}", u32::from(control)).ok()?,
                other => self.text.push(other),
            }
        }
        self.text.push('"');
        Some(())
    }
}

struct JsonReader<'a> {
    rest: &'a str,
}

impl<'a> JsonReader<'a> {
    fn value(&mut self, depth_left: usize) -> Option<Input> {
        self.skip_blanks();
        match self.rest.bytes().next()? {
            b'n' => self.take("null").map(|()| Input::Null),
            b't' => self.take("true").map(|()| Input::Boolean(true)),
            b'f' => self.take("false").map(|()| Input::Boolean(false)),
            b'"' => self.string().map(Input::Text),
            b'[' => self.list(depth_left.checked_sub(1)?),
            b'{' => self.object(depth_left.checked_sub(1)?),
            _ => self.number().map(|digits| Input::Number(digits.to_owned())),
        }
    }

    fn list(&mut self, depth_left: usize) -> Option<Input> {
        self.take("[")?;
        let mut values = Vec::new();
        if self.try_take("]") {
            return Some(Input::List(values));
        }
        loop {
            values.push(self.value(depth_left)?);
            if self.try_take("]") {
                return Some(Input::List(values));
            }
            self.take(",")?;
        }
    }

    fn object(&mut self, depth_left: usize) -> Option<Input> {
        self.take("{")?;
        let mut members = Vec::new();
        if self.try_take("}") {
            return Some(Input::Object(members));
        }
        loop {
            self.skip_blanks();
            let key = self.string()?;
            self.skip_blanks();
            self.take(":")?;
            members.push((key, self.value(depth_left)?));
            if self.try_take("}") {
                return Some(Input::Object(members));
            }
            self.take(",")?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut text = String::new();
        loop {
            let stop = self.rest.find(['"', '\\'])?;
            let (plain, rest) = self.rest.split_at(stop);
            if plain.bytes().any(|byte| byte < b' ') {
                return None;
            }
            text.push_str(plain);
            self.rest = rest;
            if self.take("\"").is_some() {
                return Some(text);
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        self.take("\\")?;
        let kind = self.rest.chars().next()?;
        self.rest = &self.rest[kind.len_utf8()..];
        Some(match kind {
            '"' | '\\' | '/' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.code_unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                self.take("\\u")?;
                let second = self.code_unit().filter(|unit| (0xdc00..0xe000).contains(unit))?;
                return char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            _ => return None,
        })
    }

    fn code_unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        digits
            .chars()
            .try_fold(0, |unit, digit| Some(unit * 16 + digit.to_digit(16)?))
    }

    fn number(&mut self) -> Option<&'a str> {
        let start = self.rest;
        self.try_take_here("-");
        if !self.try_take_here("0") {
            self.digits()?;
        }
        if self.try_take_here(".") {
            self.digits()?;
        }
        if self.try_take_here("e") || self.try_take_here("E") {
            if !self.try_take_here("+") {
                self.try_take_here("-");
            }
            self.digits()?;
        }
        Some(&start[..start.len() - self.rest.len()])
    }

    fn digits(&mut self) -> Option<()> {
        let after = self.rest.trim_start_matches(|char: char| char.is_ascii_digit());
        let some = after.len() < self.rest.len();
        self.rest = after;
        some.then_some(())
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn try_take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        self.try_take_here(token)
    }

    fn try_take_here(&mut self, token: &str) -> bool {
        self.take(token).is_some()
    }

    fn take(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_compact_and_reads_back() {
        for (text, compact) in [
            (" null ", "null"),
            ("[ ]", "[]"),
            ("{ }", "{}"),
            ("[1, -0.5, 1e-3, true , false]", "[1,-0.5,1e-3,true,false]"),
            (r#"{"b": {"a": [null]}, "a": "x"}"#, r#"{"b":{"a":[null]},"a":"x"}"#),
            (r#""\u00e4\ud83d\ude00\n\"\\\/\u0001""#, "\"ä😀\\n\\\"\\\\/\\u0001\""),
        ] {
            let value = Input::from_json(text, 8).expect(text);
            assert_eq!(value.to_json(8, 1000).as_deref(), Some(compact));
            assert_eq!(Input::from_json(compact, 8), Some(value));
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "nul",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{a:1}",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"a",
            "01",
            "1.",
            "-",
            "+1",
            "1 2",
            "\"\n\"",
            "\"\\u00ä\"",
        ] {
            assert_eq!(Input::from_json(text, 8), None, "{text}");
        }
        assert_eq!(Input::Number("1 or 2".to_owned()).to_json(8, 1000), None);
    }

    #[test]
    fn levels_and_bytes_have_limits() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let value = Input::from_json(&deep(8), 8).expect("eight levels");
        assert_eq!(Input::from_json(&deep(9), 8), None);
        assert_eq!(value.to_json(7, 1000), None);
        assert_eq!(Input::from("aaaa").to_json(1, 5), None);
    }
}
