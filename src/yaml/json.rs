//! Reads JSON configuration files into the same values as YAML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::read::ReadError;
use super::value::{Key, Map, Node, Value};

/// Reads a JSON document; the last of two equal keys counts, and integers are exact, as in Python.
///
/// # Errors
/// Where the bytes are not JSON, or hold an integer of more than 38 digits.
pub fn read(bytes: &[u8]) -> Result<Node, ReadError> {
    let raw: &RawValue = serde_json::from_slice(bytes).map_err(|error| located(&error))?;
    value(raw)
        .map_err(|error| {
            // The error knows its place in a part of the document; the line of that part is near enough.
            ReadError {
                message: error.to_string(),
                line: 1,
                column: 1,
            }
        })
        .map(node)
}

fn node(value: Value) -> Node {
    Node { value, line: 0 }
}

/// An error of `serde_json` with its position apart from its message.
pub fn located(error: &serde_json::Error) -> ReadError {
    let text = error.to_string();
    let message = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(message, _)| message);
    ReadError {
        message: message.to_owned(),
        line: error.line(),
        column: error.column().max(1),
    }
}

/// Python reads `1` as an integer of any size and `1.0` as a floating-point number; serde_json's own values
/// would make the latter of large integers.
fn value(raw: &RawValue) -> serde_json::Result<Value> {
    let text = raw.get();
    Ok(match text.as_bytes()[0] {
        b'{' => {
            let Entries(entries) = serde_json::from_str(text)?;
            let mut map = Map::with_capacity(entries.len());
            for (key, raw) in entries {
                map.insert(Key::Text(key), node(value(raw)?));
            }
            Value::Map(map)
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            Value::List(
                items
                    .into_iter()
                    .map(|raw| value(raw).map(node))
                    .collect::<serde_json::Result<_>>()?,
            )
        }
        b'"' => Value::Text(serde_json::from_str(text)?),
        b't' | b'f' => Value::Bool(serde_json::from_str(text)?),
        b'n' => Value::Null,
        _ if text.contains(['.', 'e', 'E']) => Value::Float(serde_json::from_str(text)?),
        _ => Value::Int(text.parse().map_err(|_| {
            serde::de::Error::custom(format!(
                "kfk does not read integers of more than 38 digits: `{text}`"
            ))
        })?),
    })
}

/// The entries of an object in their order.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_the_same_values() {
        let Value::Map(map) =
            read(br#"{"a": [1, 1e-5, "yes", null, true], "a2": {}, "a": 12345678901234567890}"#)
                .unwrap()
                .value
        else {
            panic!()
        };
        assert_eq!(
            map[&Key::from("a")].value,
            Value::Int(12_345_678_901_234_567_890)
        );
        assert_eq!(map[&Key::from("a2")].value, Value::Map(Map::new()));
        let Value::List(items) = read(br#"[1, 1e-5, "yes", null, true]"#).unwrap().value else {
            panic!()
        };
        let values: Vec<_> = items.into_iter().map(|node| node.value).collect();
        assert_eq!(
            values,
            [
                Value::Int(1),
                Value::Float(1e-5),
                Value::Text("yes".into()),
                Value::Null,
                Value::Bool(true)
            ]
        );
    }

    #[test]
    fn numbers_are_those_of_python() {
        let number = |text: &str| read(text.as_bytes()).unwrap().value;
        assert_eq!(
            number("18446744073709551616"),
            Value::Int(18_446_744_073_709_551_616)
        );
        assert_eq!(number("-0"), Value::Int(0));
        assert_eq!(number("1.0"), Value::Float(1.0));
        assert_eq!(number(" 1e2 "), Value::Float(100.0));
        let error = read(format!("[{}]", "9".repeat(40)).as_bytes()).unwrap_err();
        assert!(
            error
                .message
                .starts_with("kfk does not read integers of more than 38 digits"),
            "{error:?}"
        );
    }

    #[test]
    fn errors_say_where() {
        let error = read(b"{\"a\":\n  oops}").unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.line, error.column),
            ("expected value", 2, 3)
        );
        assert!(read(&[b'[', 0xff, b']']).is_err());
    }
}
