//! Writes YAML that every reader understands alike: lists and mappings in block style, keys in the order
//! given, strings plain only where that is safe.

use std::fmt::{self, Display};
use std::io;

use serde::ser::{self, Serialize};

use super::quote::{is_block, scalar};

/// Writes a value as one YAML document.
///
/// # Errors
/// Where `out` cannot be written to, or a mapping has keys that are not strings.
pub fn to_writer<W: io::Write, T: Serialize + ?Sized>(out: W, value: &T) -> io::Result<()> {
    let mut emitter = Emitter {
        out,
        buffer: String::with_capacity(FULL + 1024),
    };
    let cursor = Cursor {
        emitter: &mut emitter,
        indent: 0,
        place: Place::Root,
    };
    value
        .serialize(cursor)
        .and_then(|()| emitter.flush())
        .map_err(|Error(error)| error)
}

/// Writes a value as one YAML document.
///
/// # Panics
/// Where a mapping has keys that are not strings.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> String {
    let mut bytes = Vec::new();
    to_writer(&mut bytes, value).expect("memory can be written to, and keys are strings");
    String::from_utf8(bytes).expect("YAML is written as UTF-8")
}

struct Emitter<W> {
    out: W,
    /// What is not yet written to `out`: documents are made of very many very small pieces.
    buffer: String,
}

/// The bytes in the buffer at which it is emptied.
const FULL: usize = 1 << 16;

/// Where the next value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    /// As a key.
    Key,
    /// Behind `key:`, at the indentation of the key.
    AfterKey,
    /// Behind the dash of a list item, at the indentation of the dash.
    AfterDash,
}

struct Cursor<'a, W> {
    emitter: &'a mut Emitter<W>,
    indent: usize,
    place: Place,
}

#[derive(Debug)]
struct Error(io::Error);

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self(io::Error::other(message.to_string()))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl<W: io::Write> Emitter<W> {
    fn put(&mut self, text: &str) -> Result<(), Error> {
        self.buffer.push_str(text);
        if self.buffer.len() >= FULL {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.out.write_all(self.buffer.as_bytes())?;
        self.buffer.clear();
        Ok(())
    }

    fn indent(&mut self, width: usize) {
        self.buffer.extend(std::iter::repeat_n(' ', width));
    }
}

impl<W: io::Write> Cursor<'_, W> {
    /// Writes a scalar that needs no quotes.
    fn raw(self, text: &str) -> Result<(), Error> {
        match self.place {
            Place::Key => return Err(ser::Error::custom("keys of mappings must be strings")),
            Place::Root => {}
            Place::AfterKey | Place::AfterDash => self.emitter.put(" ")?,
        }
        self.emitter.put(text)?;
        self.emitter.put("\n")
    }

    fn block(self, text: &str) -> Result<(), Error> {
        let indent = if self.place == Place::Root {
            2
        } else {
            self.indent + 2
        };
        self.emitter.put(if self.place == Place::Root {
            "|\n"
        } else {
            " |\n"
        })?;
        for line in text.trim_end_matches('\n').split('\n') {
            if !line.is_empty() {
                self.emitter.indent(indent);
                self.emitter.put(line)?;
            }
            self.emitter.put("\n")?;
        }
        Ok(())
    }
}

/// A list or mapping under way.
struct Block<'a, W> {
    emitter: &'a mut Emitter<W>,
    /// The column of its dashes or keys.
    indent: usize,
    place: Place,
    empty: bool,
}

impl<'a, W: io::Write> Block<'a, W> {
    fn list(cursor: Cursor<'a, W>) -> Result<Self, Error> {
        let Cursor {
            emitter,
            indent,
            place,
        } = cursor;
        let indent = match place {
            Place::AfterKey | Place::Root => indent,
            Place::AfterDash => indent + 2,
            Place::Key => return Err(ser::Error::custom("keys of mappings must be strings")),
        };
        Ok(Self {
            emitter,
            indent,
            place,
            empty: true,
        })
    }

    fn map(cursor: Cursor<'a, W>) -> Result<Self, Error> {
        let Cursor {
            emitter,
            indent,
            place,
        } = cursor;
        let indent = match place {
            Place::Root => 0,
            Place::AfterKey | Place::AfterDash => indent + 2,
            Place::Key => return Err(ser::Error::custom("keys of mappings must be strings")),
        };
        Ok(Self {
            emitter,
            indent,
            place,
            empty: true,
        })
    }

    /// Goes to where the next item or key starts.
    fn start(&mut self) -> Result<(), Error> {
        match (self.place, std::mem::replace(&mut self.empty, false)) {
            (Place::AfterDash, true) => return self.emitter.put(" "),
            (Place::AfterKey, true) => self.emitter.put("\n")?,
            _ => {}
        }
        self.emitter.indent(self.indent);
        Ok(())
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.start()?;
        self.emitter.put("-")?;
        value.serialize(Cursor {
            emitter: self.emitter,
            indent: self.indent,
            place: Place::AfterDash,
        })
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.start()?;
        key.serialize(Cursor {
            emitter: self.emitter,
            indent: self.indent,
            place: Place::Key,
        })?;
        self.emitter.put(":")
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Cursor {
            emitter: self.emitter,
            indent: self.indent,
            place: Place::AfterKey,
        })
    }

    fn finish(self, nothing: &str) -> Result<(), Error> {
        if self.empty {
            Cursor {
                emitter: self.emitter,
                indent: self.indent,
                place: self.place,
            }
            .raw(nothing)
        } else {
            Ok(())
        }
    }
}

macro_rules! numbers {
    ($($method:ident: $kind:ty),*) => {
        $(fn $method(self, value: $kind) -> Result<(), Error> {
            self.raw(&value.to_string())
        })*
    };
}

impl<'a, W: io::Write> ser::Serializer for Cursor<'a, W> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Block<'a, W>;
    type SerializeTuple = Block<'a, W>;
    type SerializeTupleStruct = Block<'a, W>;
    type SerializeTupleVariant = ser::Impossible<(), Error>;
    type SerializeMap = Block<'a, W>;
    type SerializeStruct = Block<'a, W>;
    type SerializeStructVariant = ser::Impossible<(), Error>;

    numbers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_bool: bool
    );

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            self.raw(&super::float::portable(value))
        } else {
            self.raw(if value.is_nan() {
                ".nan"
            } else if value > 0.0 {
                ".inf"
            } else {
                "-.inf"
            })
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if self.place == Place::Key {
            return self.emitter.put(&scalar(text));
        }
        if is_block(text) {
            self.block(text)
        } else {
            self.raw(&scalar(text))
        }
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(ser::Error::custom("bytes have no place in these documents"))
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.raw("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.raw("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.raw("null")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut block = Block::map(self)?;
        block.key(variant)?;
        block.value(value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Block<'a, W>, Error> {
        Block::list(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Block<'a, W>, Error> {
        Block::list(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Block<'a, W>, Error> {
        Block::list(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(ser::Error::custom(
            "variants with several values have no form in these documents",
        ))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Block<'a, W>, Error> {
        Block::map(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Block<'a, W>, Error> {
        Block::map(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(ser::Error::custom(
            "variants with several values have no form in these documents",
        ))
    }
}

impl<W: io::Write> ser::SerializeSeq for Block<'_, W> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish("[]")
    }
}

impl<W: io::Write> ser::SerializeTuple for Block<'_, W> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish("[]")
    }
}

impl<W: io::Write> ser::SerializeTupleStruct for Block<'_, W> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish("[]")
    }
}

impl<W: io::Write> ser::SerializeMap for Block<'_, W> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish("{}")
    }
}

impl<W: io::Write> ser::SerializeStruct for Block<'_, W> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.key(key)?;
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish("{}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::yaml::read::read;
    use crate::yaml::value::{Key, Value};

    #[test]
    fn blocks_look_like_what_kubectl_prints() {
        let value = json!({
            "name": "a",
            "nothing": null,
            "empty": [],
            "none": {},
            "list": ["x", ["y", ["z"]], {"k": 1, "l": [2]}, [{"a": {"b": []}}]],
            "text": "one\n  two\n\nthree\n",
        });
        insta::assert_snapshot!(to_string(&value), @r#"
        empty: []
        list:
        - x
        - - "y"
          - - z
        - k: 1
          l:
          - 2
        - - a:
              b: []
        name: a
        none: {}
        nothing: null
        text: |
          one
            two

          three
        "#);
        assert_eq!(to_string(&json!([])), "[]\n");
        assert_eq!(to_string("a: b"), "\"a: b\"\n");
    }

    fn from_serde_yaml(text: &str) -> serde_json::Value {
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[ \\n\\t:#,\\-'\"{}\\[\\]a0yn.~|>&*!%@`?=<]{0,12}",
            "(yes|no|on|1|0x1|:|\\.|-|_|e|\\+|T){1,6}"
        ]
    }

    proptest! {
        #[test]
        fn any_string_round_trips_as_value_key_and_item(text in any_text()) {
            let value = json!({"v": text, "l": [text, [text]], "m": {text.as_str(): {text.as_str(): 1}}});
            let yaml = to_string(&value);
            prop_assert_eq!(&from_serde_yaml(&yaml), &value);
            let Value::Map(root) = read(&yaml, crate::yaml::scalar::Schema::PyYaml).map_err(|e| TestCaseError::fail(format!("{e:?}\n{yaml}")))?.root.value else {
                return Err(TestCaseError::fail("not a mapping"));
            };
            prop_assert_eq!(&root[&Key::from("v")].value, &Value::Text(text.clone()));
            let Value::Map(inner) = &root[&Key::from("m")].value else { return Err(TestCaseError::fail("no mapping")) };
            prop_assert_eq!(inner.keys().next(), Some(&Key::Text(text)));
        }
    }
}
