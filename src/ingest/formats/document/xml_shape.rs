//! Refuses XML whose mere shape would keep a parser busy, before any parser sees it.
//!
//! A parser compares the attributes of an element with each other, and copies the namespaces in scope to
//! every element that adds one: the square of what a hostile document states. Readers of documents also
//! rely on elements not standing deeper in each other than [`DEPTH_MAX`].

/// How deep elements may stand in each other; the formats that are read stand ten deep.
const DEPTH_MAX: usize = 256;

/// Most attributes of one element.
const ATTRIBUTES_MAX: usize = 256;

/// Most namespaces that an element and those around it declare.
const NAMESPACES_MAX: usize = 64;

/// Looks over a text once, without understanding it. What is wrong with it beyond its shape is for the
/// parser.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut rest = text;
    // For each open element, how many namespaces are in scope.
    let mut open: Vec<usize> = Vec::new();
    while let Some(start) = rest.find('<') {
        rest = rest.get(start..).unwrap_or_default();
        let end = if rest.starts_with("<!--") {
            behind(rest, "-->")
        } else if rest.starts_with("<![CDATA[") {
            behind(rest, "]]>")
        } else if rest.starts_with("<?") {
            behind(rest, "?>")
        } else if rest.starts_with("</") {
            open.pop();
            behind(rest, ">")
        } else if rest.starts_with("<!") {
            // A document type: its inner part, if any, looks like elements that begin with `<!`.
            1
        } else {
            let tag = Tag::read(rest);
            let namespaces = open.last().copied().unwrap_or(0) + tag.namespaces;
            if tag.attributes > ATTRIBUTES_MAX {
                return Err(format!("an element has more than {ATTRIBUTES_MAX} attributes"));
            }
            if namespaces > NAMESPACES_MAX {
                return Err(format!(
                    "more than {NAMESPACES_MAX} namespaces are declared one inside the other"
                ));
            }
            if !tag.closed {
                open.push(namespaces);
            }
            if open.len() > DEPTH_MAX {
                return Err(format!("elements stand deeper in each other than {DEPTH_MAX}"));
            }
            tag.length
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    Ok(())
}

/// Where a text goes on behind something; its end where that never comes.
fn behind(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |place| place + end.len())
}

/// The shape of a tag that opens an element.
#[derive(Debug, Default)]
struct Tag {
    attributes: usize,
    namespaces: usize,
    /// Whether it closes the element as well.
    closed: bool,
    length: usize,
}

impl Tag {
    fn read(text: &str) -> Self {
        let mut tag = Self::default();
        let mut quote = None;
        let mut before = b'<';
        let bytes = text.as_bytes();
        for (place, byte) in bytes.iter().enumerate().skip(1) {
            tag.length = place + 1;
            match (quote, byte) {
                (Some(open), _) => quote = quote.filter(|_| open != byte),
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => tag.attributes += 1,
                (None, b'x') if before.is_ascii_whitespace() => {
                    tag.namespaces += usize::from(bytes.get(place..place + 5) == Some(b"xmlns"));
                }
                (None, b'>') => {
                    tag.closed = before == b'/';
                    return tag;
                }
                (None, _) => {}
            }
            before = *byte;
        }
        tag.length = text.len();
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn ordinary_documents_pass() {
        let many = "<a b=\"1>\" c='<'>x</a>".repeat(1_000) + &"<e xmlns=\"u\"/>".repeat(1_000);
        let document = format!(
            "<?xml version='1.0'?><!DOCTYPE r [<!ELEMENT r ANY>]><!-- <deep> --><r xmlns:p='u'>{many}<![CDATA[<x><y>]]></r>"
        );
        assert_eq!(check(&document), Ok(()));
        assert_eq!(check("<unfinished a=\""), Ok(()), "for the parser to refuse");
        assert_eq!(check(&"<br/>".repeat(10_000)), Ok(()));
    }

    #[test]
    fn shapes_that_cost_the_square_of_their_size_are_refused() {
        assert!(check(&"<a>".repeat(257)).is_err());
        let attributes: Vec<String> = (0..300).map(|number| format!(" a{number}='1'")).collect();
        assert!(check(&format!("<r{}/>", attributes.concat())).is_err());
        let nested: Vec<String> = (0..70).map(|number| format!("<a xmlns:n{number}='u'>")).collect();
        assert!(check(&nested.concat()).is_err());
    }
}
