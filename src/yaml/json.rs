//! Reads JSON configuration files into the same values as YAML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::read::{MOST_LEVELS, ReadError};
use super::value::{Key, Map, Node, Value};

/// Reads a JSON document; the last of two equal keys counts, and integers are exact, as in Python.
///
/// # Errors
/// Where the bytes are not JSON, or hold an integer of more than 38 digits.
pub fn read(bytes: &[u8]) -> Result<Node, ReadError> {
    let whole: &RawValue = serde_json::from_slice(bytes).map_err(|error| located(&error))?;
    value(whole, 0).map(node).map_err(|(part, message)| {
        // Where the part stands in the document.
        let offset = part.as_ptr() as usize - bytes.as_ptr() as usize;
        let before = &bytes[..offset];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        ReadError {
            message,
            line,
            column: offset - line_start + 1,
        }
    })
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

/// A part of the document, and what is wrong with it.
type Wrong<'a> = (&'a str, String);

/// Python reads `1` as an integer of any size and `1.0` as a floating-point number; serde_json's own values
/// would make the latter of large integers.
fn value(raw: &RawValue, level: usize) -> Result<Value, Wrong<'_>> {
    fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Wrong<'a>> {
        serde_json::from_str(text).map_err(|error| (text, located(&error).message))
    }
    let text = raw.get();
    if level > MOST_LEVELS {
        return Err((text, format!("more than {MOST_LEVELS} levels of nesting")));
    }
    Ok(match text.as_bytes()[0] {
        b'{' => {
            let Entries(entries) = parse(text)?;
            let mut map = Map::with_capacity(entries.len());
            for (key, raw) in entries {
                map.insert(Key::Text(key), node(value(raw, level + 1)?));
            }
            Value::Map(map)
        }
        b'[' => {
            let items: Vec<&RawValue> = parse(text)?;
            Value::List(
                items
                    .into_iter()
                    .map(|raw| value(raw, level + 1).map(node))
                    .collect::<Result<_, _>>()?,
            )
        }
        b'"' => Value::Text(parse(text)?),
        b't' | b'f' => Value::Bool(parse(text)?),
        b'n' => Value::Null,
        _ if text.contains(['.', 'e', 'E']) => Value::Float(parse(text)?),
        _ => match text.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => {
                return Err((
                    text,
                    "kfk does not read integers of more than 38 digits".to_owned(),
                ));
            }
        },
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
        let error = |text: &str| read(text.as_bytes()).unwrap_err();
        let too_large = error(&format!("[1,\n {}]", "9".repeat(40)));
        assert_eq!((too_large.line, too_large.column), (2, 2));
        assert_eq!(error("{\"a\":\n \"\\ud800\"}").line, 2);
        assert_eq!(
            error(&format!("{}{}", "[".repeat(60_000), "]".repeat(60_000))).message,
            "more than 128 levels of nesting"
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
