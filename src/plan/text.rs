//! Values of parameters as text, and back.

use super::fidelity::needs_escapes;
use super::parameters::Form;
use crate::yaml::float::{portable, python_repr};
use crate::yaml::{Key, Value};

/// The text for `--params`: Python's `str()`, as the plugin writes it; for YAML readers `true` and `false`.
pub(super) fn params_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Float(number) => python_repr(*number),
        other => file_text(other).0,
    }
}

/// The text for a `--config` file, and how to read it back.
pub(super) fn file_text(value: &Value) -> (String, Form) {
    match value {
        Value::Text(text) if !needs_escapes(text) => (text.clone(), Form::Text),
        Value::Float(number) if number.is_finite() => (python_repr(*number), Form::Yaml),
        other => {
            let mut text = String::new();
            flow(other, needs_yaml(other), &mut text);
            (text, Form::Yaml)
        }
    }
}

/// Whether the value holds what JSON has no form for: dates, keys that are not text.
fn needs_yaml(value: &Value) -> bool {
    match value {
        Value::Timestamp(_) => true,
        Value::List(items) => items.iter().any(|item| needs_yaml(&item.value)),
        Value::Map(map) => map
            .iter()
            .any(|(key, node)| matches!(key, Key::Plain(_)) || needs_yaml(&node.value)),
        _ => false,
    }
}

/// Writes a value on one line: as Python writes and reads JSON, or, with `yaml`, as YAML 1.1 in flow style
/// that JSON readers refuse, so that the step knows which it is.
fn flow(value: &Value, yaml: bool, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) if number.is_finite() => out.push_str(&portable(*number)),
        Value::Float(number) => out.push_str(match (number.is_nan(), *number > 0.0, yaml) {
            (true, _, false) => "NaN",
            (true, _, true) => ".nan",
            (false, true, false) => "Infinity",
            (false, true, true) => ".inf",
            (false, false, false) => "-Infinity",
            (false, false, true) => "-.inf",
        }),
        Value::Text(text) => quote(text, out),
        Value::Timestamp(text) => out.push_str(text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                flow(&item.value, yaml, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, node)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                match key {
                    Key::Text(text) => quote(text, out),
                    Key::Plain(text) => out.push_str(text),
                }
                out.push_str(": ");
                flow(&node.value, yaml, out);
            }
            out.push('}');
        }
    }
}

/// A string that JSON and YAML readers read alike, without anything that Argo or Kubernetes would read.
fn quote(text: &str, out: &mut String) {
    use std::fmt::Write;
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let escape = match (c, rest.peek()) {
            ('"' | '\\', _) => {
                out.push('\\');
                out.push(c);
                continue;
            }
            ('\n', _) => {
                out.push_str("\\n");
                continue;
            }
            ('{', Some('{')) | ('$', Some('$' | '(')) => true,
            (c, _) => {
                c.is_control()
                    || matches!(
                        c,
                        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                    )
            }
        };
        if escape {
            write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default();
        } else {
            out.push(c);
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quoted_strings_read_back_in_json_and_yaml(text in any::<String>()) {
            let mut quoted = String::new();
            quote(&text, &mut quoted);
            prop_assert!(!needs_escapes(&quoted), "{}", quoted);
            prop_assert_eq!(&serde_json::from_str::<String>(&quoted).unwrap(), &text);
            prop_assert_eq!(crate::yaml::read::read(&quoted, crate::yaml::scalar::Schema::PyYaml).unwrap().root.value, Value::Text(text));
        }
    }
}
