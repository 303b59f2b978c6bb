//! `CycloneDX`'s XML in the shape of its JSON, as far as it is read.

use roxmltree::Node;
use serde_json::{Map, Value};

use crate::app::ErrorCode;
use crate::ingest::formats::document::Content;
use crate::ingest::observation::Problem;

use super::DEPTH_MAX;

/// Where the namespace of the document is looked for, in bytes.
const HEAD_BYTES: usize = 4096;

/// Elements that are lists of what stands in them.
const LISTS: [&str; 13] = [
    "components",
    "services",
    "dependencies",
    "hashes",
    "externalReferences",
    "properties",
    "endpoints",
    "vulnerabilities",
    "ratings",
    "affects",
    "cryptoFunctions",
    "tools",
    "authors",
];

/// Whether XML with the outermost element `bom` is of `CycloneDX`.
pub(super) fn is_cyclonedx(content: &Content) -> bool {
    let text = content.text().unwrap_or_default();
    let mut end = text.len().min(HEAD_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end)
        .is_some_and(|head| head.contains("cyclonedx.org/schema/bom"))
}

/// The document as its JSON would be.
pub(super) fn as_json(root: Node<'_, '_>) -> Result<Value, Problem> {
    if root.tag_name().name() != "bom" {
        let message = format!("the outermost element is `{}` and not `bom`", root.tag_name().name());
        return Err(Problem::new(ErrorCode::BadUserInput, message));
    }
    let mut bom = object(root, 0);
    // Dependencies stand in each other in XML, in lists beside each other in JSON.
    let dependencies = child(root, "dependencies").map(|all| all.children().filter(Node::is_element).map(dependency));
    if let (Some(dependencies), Value::Object(fields)) = (dependencies, &mut bom) {
        fields.insert("dependencies".to_owned(), dependencies.collect());
    }
    Ok(bom)
}

fn dependency(node: Node<'_, '_>) -> Value {
    let mut fields = Map::new();
    let reference = |node: Node<'_, '_>| node.attribute("ref").map(Value::from);
    fields.extend(reference(node).map(|value| ("ref".to_owned(), value)));
    for (theirs, ours) in [("dependency", "dependsOn"), ("provides", "provides")] {
        let named = node.children().filter(|child| child.tag_name().name() == theirs);
        fields.insert(ours.to_owned(), named.filter_map(reference).collect());
    }
    Value::Object(fields)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// An element as an object: its attributes and the elements in it.
fn object(node: Node<'_, '_>, depth: usize) -> Value {
    let mut fields = Map::new();
    for attribute in node.attributes() {
        fields.insert(attribute.name().to_owned(), Value::from(attribute.value()));
    }
    for inner in node.children().filter(Node::is_element) {
        let name = inner.tag_name().name();
        fields.insert(name.to_owned(), value(inner, name, depth + 1));
    }
    // A hash and a property hold their value as text.
    match node.tag_name().name() {
        "hash" => drop(fields.insert("content".to_owned(), text(node))),
        "property" => drop(fields.insert("value".to_owned(), text(node))),
        _ => {}
    }
    Value::Object(fields)
}

fn value(node: Node<'_, '_>, name: &str, depth: usize) -> Value {
    // Four elements at least to a component inside another.
    if depth > 4 * DEPTH_MAX {
        return Value::Null;
    }
    let elements = || node.children().filter(Node::is_element);
    if name == "licenses" {
        return elements().map(|choice| licence(choice, depth)).collect();
    }
    if LISTS.contains(&name) {
        let entry = |inner: Node<'_, '_>| {
            let plain = inner.attributes().len() == 0 && !inner.children().any(|child| child.is_element());
            if plain { text(inner) } else { object(inner, depth + 1) }
        };
        return elements().map(entry).collect();
    }
    if elements().next().is_some() || name == "component" || name == "provider" {
        return object(node, depth);
    }
    match (name, node.text().map(str::trim)) {
        ("authenticated" | "x-trust-boundary", Some("true" | "1")) => Value::Bool(true),
        ("authenticated" | "x-trust-boundary", Some("false" | "0")) => Value::Bool(false),
        ("score", Some(score)) => score.parse().map_or(Value::Null, Value::Number),
        (_, _) => text(node),
    }
}

fn licence(choice: Node<'_, '_>, depth: usize) -> Value {
    let name = choice.tag_name().name();
    let inner = if name == "expression" {
        text(choice)
    } else {
        object(choice, depth + 1)
    };
    Value::Object(Map::from_iter([(name.to_owned(), inner)]))
}

fn text(node: Node<'_, '_>) -> Value {
    // Text and CDATA may stand beside each other.
    let text: String = node
        .children()
        .filter_map(|child| child.text().filter(|_| child.is_text()))
        .collect();
    Value::from(text.trim())
}
