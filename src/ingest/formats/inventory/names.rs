//! Names and identifiers that mean something, and those that do not.

use std::net::IpAddr;

use super::fields::address;

/// What tools and makers write where there is nothing to say, in small letters. The catalog's list of
/// junk refuses these as identifiers from any source; here they are no values at all.
const FILLERS: [&str; 32] = [
    "",
    "0",
    "00000000",
    "0123456789",
    "123456789",
    "1234567890",
    "<private>",
    "none",
    "null",
    "n/a",
    "na",
    "nil",
    "unknown",
    "not specified",
    "not applicable",
    "not available",
    "not present",
    "not set",
    "unspecified",
    "undefined",
    "default string",
    "system serial number",
    "system product name",
    "system manufacturer",
    "chassis serial number",
    "base board serial number",
    "to be filled by o.e.m.",
    "to be filled by o.e.m",
    "tobefilledbyo.e.m.",
    "o.e.m.",
    "oem",
    "invalid",
];

/// Whether a text is a filler.
pub(crate) fn means_nothing(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 32 && FILLERS.contains(&text.to_ascii_lowercase().as_str())
        || text
            .chars()
            .all(|c| matches!(c, '0' | ':' | '-' | '.' | 'x' | 'X' | 'f' | 'F'))
            && !text.is_empty()
            && zero(text)
}

/// All zeros, or all `F`, with separators.
fn zero(text: &str) -> bool {
    let mut digits = text.chars().filter(char::is_ascii_alphanumeric);
    match digits.next() {
        None => true,
        Some(first) => text.len() > 7 && digits.all(|digit| digit == first),
    }
}

/// A full name in DNS, in small letters and without a final dot; none if it has no domain, speaks of
/// the machine itself (`localhost`) or is an address.
pub(crate) fn fqdn(name: &str) -> Option<String> {
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    let (host, domain) = name.split_once('.')?;
    let labels_fit = name.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    let itself = host == "localhost" || domain.starts_with("localdomain") || address(&name).is_some();
    (labels_fit && !itself && name.len() <= 253 && !means_nothing(host)).then_some(name)
}

/// The first of several names that is a full name in DNS.
pub(crate) fn fqdn_of<'t>(names: impl IntoIterator<Item = Option<&'t str>>) -> Option<String> {
    names.into_iter().flatten().find_map(fqdn)
}

/// A host's name and domain from what may be either form; `localhost` names no host.
pub(crate) fn host_and_domain(name: &str) -> Option<(String, Option<String>)> {
    let name = name.trim().trim_end_matches('.');
    if address(name).is_some() {
        return None;
    }
    let (host, domain) = match name.split_once('.') {
        Some((host, domain)) => (host, Some(domain)),
        None => (name, None),
    };
    if means_nothing(host) || host.eq_ignore_ascii_case("localhost") || host.chars().any(char::is_whitespace) {
        return None;
    }
    let domain = domain.filter(|domain| !means_nothing(domain) && !domain.starts_with("localdomain"));
    Some((host.to_ascii_lowercase(), domain.map(str::to_ascii_lowercase)))
}

/// The addresses that reach further than the host or link that has them.
pub(crate) fn addresses_beyond_host<'t>(texts: impl IntoIterator<Item = &'t str>) -> impl Iterator<Item = &'t str> {
    texts.into_iter().filter(|text| match address(text) {
        Some(IpAddr::V4(address)) => !address.is_loopback() && !address.is_link_local() && !address.is_unspecified(),
        Some(IpAddr::V6(address)) => {
            !address.is_loopback() && !address.is_unicast_link_local() && !address.is_unspecified()
        }
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_are_told_from_values() {
        for text in [
            "",
            " None ",
            "NA",
            "To Be Filled By O.E.M.",
            "00000000-0000-0000-0000-000000000000",
            "FFFFFFFFFFFF",
            "....",
            "-",
            "unknown",
        ] {
            assert!(means_nothing(text), "{text}");
        }
        for text in ["CZ162913BZ", "1000", "007", "fade", "F0", "0.0.1"] {
            assert!(!means_nothing(text), "{text}");
        }
    }

    #[test]
    fn only_names_with_a_domain_are_full_names() {
        assert_eq!(fqdn("Web-01.Example.com.").as_deref(), Some("web-01.example.com"));
        for name in [
            "localhost",
            "localhost.localdomain",
            "web-01",
            "10.1.2.3",
            "a b.example.com",
            "..",
            "unknown.",
            "",
        ] {
            assert_eq!(fqdn(name), None, "{name}");
        }
        assert_eq!(host_and_domain("localhost"), None);
        assert_eq!(host_and_domain("10.0.0.1"), None);
        assert_eq!(
            host_and_domain("WEB.corp").map(|(host, _)| host).as_deref(),
            Some("web")
        );
    }
}
