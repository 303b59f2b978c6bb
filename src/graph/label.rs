//! Names as people mean them: `WEB-01.example.com` and `web-01` are one, where names mean something.

use super::{Estate, Slot};
use crate::catalog::Catalog;
use crate::model::ConfigurationItem;

impl Estate {
    /// The name of a CI without case and, for what is known by DNS names, without domain; `None` where
    /// a name says too little: of types that have neither a DNS name nor a rule of the name alone.
    pub fn label_of(&self, ci: &ConfigurationItem) -> Option<String> {
        label(&self.catalog, ci)
    }

    /// The CIs whose label a CI has, in no order; some more may be among them.
    pub fn named_alike(&self, ci: &ConfigurationItem) -> Box<dyn Iterator<Item = Slot> + '_> {
        let Some(label) = self.label_of(ci) else {
            return Box::new(std::iter::empty());
        };
        // Most names are their own label, and are found by name.
        let spelled_otherwise = self.by_label.candidates(label.as_str()).collect::<Vec<_>>();
        let plainly: Vec<Slot> = self.by_name.candidates(label.as_str()).collect();
        let found = spelled_otherwise.into_iter().chain(plainly);
        Box::new(found.filter(move |slot| self.label_of(self.ci_at(*slot)).as_deref() == Some(&label)))
    }
}

/// As [`Estate::label_of`].
pub(super) fn label(catalog: &Catalog, ci: &ConfigurationItem) -> Option<String> {
    let has_dns_name = catalog.attribute_of(ci.ci_type(), "fqdn").is_some();
    let is_named = || {
        let mut rules = catalog.identification_of(ci.ci_type()).iter();
        rules.any(|rule| rule.host.is_none() && rule.attributes.len() == 1 && rule.attributes[0].as_str() == "name")
    };
    if !has_dns_name && !is_named() {
        return None;
    }
    let folded = ci.name().trim().to_lowercase();
    Some(if has_dns_name { without_domain(folded) } else { folded })
}

/// The first label of a DNS name; other texts, addresses among them, as they are.
fn without_domain(name: String) -> String {
    let plain = name.trim_end_matches('.');
    let Some((host, domain)) = plain.split_once('.') else {
        return name;
    };
    let is_dns = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let top = domain.rsplit('.').next().unwrap_or_default();
    let is_name = plain.bytes().all(is_dns)
        && host.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !top.is_empty()
        && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_name { host.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_told_from_what_only_has_dots() {
        for (name, label) in [
            ("web-01.example.com", "web-01"),
            ("web-01.example.com.", "web-01"),
            ("web-01", "web-01"),
            ("10.0.0.1", "10.0.0.1"),
            ("shop v1.2", "shop v1.2"),
            ("router.1", "router.1"),
            (".com", ".com"),
        ] {
            assert_eq!(without_domain(name.to_owned()), label);
        }
    }
}
