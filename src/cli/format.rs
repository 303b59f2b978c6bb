//! In which form a result is written: for people, for spreadsheets, for scripts.

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For spreadsheets.
    Csv,
    /// For scripts.
    Json,
}

/// A line of CSV (RFC 4180).
pub(super) fn row<const N: usize>(fields: [String; N]) -> String {
    let fields = fields.map(|field| {
        if field.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field
        }
    });
    format!("{}\r\n", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_need_it_are_quoted() {
        let fields = ["plain", "a, b", "say \"no\"", "two\nlines"].map(str::to_owned);
        assert_eq!(row(fields), "plain,\"a, b\",\"say \"\"no\"\"\",\"two\nlines\"\r\n");
    }
}
