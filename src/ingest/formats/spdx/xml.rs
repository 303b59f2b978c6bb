//! SPDX's XML in the shape of its JSON: an element that repeats is a list.

use roxmltree::Node;
use serde_json::{Map, Value};

/// How deep elements are read; those of SPDX stand five deep.
const DEPTH_MAX: usize = 16;

pub(super) fn as_json(root: Node<'_, '_>) -> Value {
    element(root, 0)
}

fn element(node: Node<'_, '_>, depth: usize) -> Value {
    let elements = || node.children().filter(Node::is_element);
    if elements().next().is_none() || depth >= DEPTH_MAX {
        return Value::from(node.text().unwrap_or_default().trim());
    }
    let mut fields = Map::new();
    for inner in elements() {
        let value = element(inner, depth + 1);
        match fields.get_mut(inner.tag_name().name()) {
            None => drop(fields.insert(inner.tag_name().name().to_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(fields)
}
