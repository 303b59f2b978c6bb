//! The XML of older agents as the JSON of newer ones.

use roxmltree::Node;
use serde_json::{Map, Value};

/// Deepest nesting that is read: the agents' own is six.
const DEPTH_MAX: usize = 16;

/// Old names of sections and fields, and their new ones.
const RENAMED: [(&str, &str); 4] = [
    ("macaddr", "mac"),
    ("info", "network_device"),
    ("containedinindex", "contained_index"),
    ("serialnumber", "serial"),
];

/// Elements that only hold a list of others, with the name of these.
const LISTS: [(&str, &str); 5] = [
    ("ips", "ip"),
    ("vlans", "vlan"),
    ("ports", "port"),
    ("components", "component"),
    ("aggregate", "port"),
];

/// The content of an inventory.
pub(super) fn content(element: Node<'_, '_>) -> Value {
    value(element, 0)
}

fn value(element: Node<'_, '_>, depth: usize) -> Value {
    let mut fields = Map::new();
    if depth < DEPTH_MAX {
        for child in element.children().filter(Node::is_element) {
            field(child, depth, &mut fields);
        }
    }
    if fields.is_empty() {
        return Value::String(element.text().unwrap_or_default().trim().to_owned());
    }
    Value::Object(fields)
}

fn field(child: Node<'_, '_>, depth: usize, fields: &mut Map<String, Value>) {
    let name = child.tag_name().name().to_lowercase();
    let list = LISTS.iter().find(|(list, _)| *list == name);
    let items = || child.children().filter(Node::is_element);
    if let Some((list, item)) =
        list.filter(|(_, item)| items().any(|inner| inner.tag_name().name().eq_ignore_ascii_case(item)))
    {
        let target = match *list {
            "ports" => "network_ports",
            "components" => "network_components",
            other => other,
        };
        for inner in items().filter(|inner| inner.tag_name().name().eq_ignore_ascii_case(item)) {
            add(target, value(inner, depth + 1), fields);
        }
        return;
    }
    if name == "connections" {
        // Whether neighbours announced themselves stands beside them.
        let announced = items().any(|inner| inner.tag_name().name() == "CDP" && inner.text() == Some("1"));
        fields.insert("lldp".to_owned(), Value::Bool(announced));
        for inner in items().filter(|inner| inner.tag_name().name() == "CONNECTION") {
            add("connections", value(inner, depth + 1), fields);
        }
        return;
    }
    let renamed = RENAMED
        .iter()
        .find(|(old, _)| *old == name)
        .map_or(name.as_str(), |(_, new)| *new);
    add(renamed, value(child, depth + 1), fields);
}

/// A field that comes again becomes a list.
fn add(name: &str, value: Value, fields: &mut Map<String, Value>) {
    match fields.get_mut(name) {
        None => {
            fields.insert(name.to_owned(), value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(one) => {
            let first = one.take();
            *one = Value::Array(vec![first, value]);
        }
    }
}
