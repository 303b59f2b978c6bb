//! Addresses of resources: `module.web[0].aws_instance.front["a.b"]`.

use serde_json::Value;

/// The address without the indexes of instances: that of the resource, as dependencies name it.
pub(super) fn of_resource(address: &str) -> String {
    let mut resource = String::with_capacity(address.len());
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for character in address.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ if depth == 0 => resource.push(character),
            _ => {}
        }
    }
    resource
}

/// The address of an instance.
pub(super) fn of_instance(module: &str, kind: &str, name: &str, index: Option<&Value>) -> String {
    let dot = if module.is_empty() { "" } else { "." };
    let index = match index {
        Some(Value::Number(number)) => format!("[{number}]"),
        Some(text @ Value::String(_)) => format!("[{text}]"),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
    };
    format!("{module}{dot}{kind}.{name}{index}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_told_from_names() {
        for (address, resource) in [
            ("aws_instance.web", "aws_instance.web"),
            ("aws_instance.web[0]", "aws_instance.web"),
            (
                r#"module.a["x.y]\"]"].aws_instance.web["b"]"#,
                "module.a.aws_instance.web",
            ),
            ("]][", ""),
            ("a[", "a"),
        ] {
            assert_eq!(of_resource(address), resource, "{address}");
        }
    }

    #[test]
    fn addresses_are_made_as_terraform_writes_them() {
        let key = Value::from("b");
        let of = |module: &str, index: Option<&Value>| of_instance(module, "aws_instance", "web", index);
        assert_eq!(of("", None), "aws_instance.web");
        assert_eq!(of("module.a", Some(&Value::from(2))), "module.a.aws_instance.web[2]");
        assert_eq!(of("", Some(&key)), "aws_instance.web[\"b\"]");
    }
}
