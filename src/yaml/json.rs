//! Reads JSON configuration files into the same values as YAML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::read::ReadError;
use super::value::{Key, Map, Node, Value};

/// Reads a JSON document; the last of two equal keys counts, as in Python.
///
/// # Errors
/// Where the bytes are not JSON.
pub fn read(bytes: &[u8]) -> Result<Node, ReadError> {
    serde_json::from_slice(bytes).map_err(|error| located(&error))
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

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(Values)
            .map(|value| Self { value, line: 0 })
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<String, Node>()? {
            map.insert(Key::Text(key), value);
        }
        Ok(Value::Map(map))
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
    fn errors_say_where() {
        let error = read(b"{\"a\":\n  oops}").unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.line, error.column),
            ("expected value", 2, 3)
        );
        assert!(read(&[b'[', 0xff, b']']).is_err());
    }
}
