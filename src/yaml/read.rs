//! Reads YAML as PyYAML's safe loader does: anchors, `<<`, YAML 1.1 scalars, the last of two equal keys.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::scalar::{Scalar, resolve};
use super::value::{Key, Map, Node, Value};

/// Deeper nesting than this is taken for a mistake (or an attack); Python gives up at about 1,000.
const MOST_LEVELS: usize = 128;

/// Aliases may repeat at most this many values, so that nine lines cannot fill the memory.
const MOST_REPEATED: usize = 1_000_000;

/// Why a document could not be read, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct ReadError {
    /// What is wrong.
    pub message: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
}

/// A document, and the keys that stand twice in one mapping: the text of the key, its lines.
#[derive(Debug)]
pub struct Document {
    /// The root; [`Value::Null`] where the document is empty.
    pub root: Node,
    /// Keys whose first value was lost, as PyYAML loses it.
    pub repeated: Vec<(String, usize, usize)>,
}

/// Reads one YAML document.
///
/// # Errors
/// Where the text is not YAML, holds more than one document, or uses what Kedro's configuration cannot:
/// tags that only Python knows, mappings as keys, anchors that contain themselves.
pub fn read(text: &str) -> Result<Document, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut composer = Composer {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        repeated: Vec::new(),
        repeats_left: MOST_REPEATED,
    };
    let root = composer.document()?;
    Ok(Document {
        root,
        repeated: composer.repeated,
    })
}

struct Composer<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    repeated: Vec<(String, usize, usize)>,
    repeats_left: usize,
}

/// One entry of a mapping as it stands in the file.
enum Entry {
    Pair(Key, Node),
    Merge(Node),
}

fn fail<T>(message: impl Into<String>, span: Span) -> Result<T, ReadError> {
    Err(ReadError {
        message: message.into(),
        line: span.start.line(),
        column: span.start.col() + 1,
    })
}

impl From<ScanError> for ReadError {
    fn from(error: ScanError) -> Self {
        let at = error.marker();
        Self {
            message: error.info().to_owned(),
            line: at.line(),
            column: at.col() + 1,
        }
    }
}

impl<'a> Composer<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), ReadError> {
        match self.parser.next_event() {
            Some(event) => Ok(event?),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Node, ReadError> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => {
                    return Ok(root.unwrap_or(Node {
                        value: Value::Null,
                        line: 1,
                    }));
                }
                (Event::DocumentStart(_), span) => {
                    if root.is_some() {
                        return fail(
                            "a second document starts here, and Kedro reads only one",
                            span,
                        );
                    }
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span, 0)?);
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, level: usize) -> Result<Node, ReadError> {
        if level > MOST_LEVELS {
            return fail(format!("more than {MOST_LEVELS} levels of nesting"), span);
        }
        let line = span.start.line();
        let (value, anchor) = match event {
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return fail("this alias is part of the value that it repeats", span);
                };
                let size = count(node, self.repeats_left);
                if size > self.repeats_left {
                    return fail(
                        format!("aliases repeat more than {MOST_REPEATED} values"),
                        span,
                    );
                }
                self.repeats_left -= size;
                return Ok(node.clone());
            }
            Event::Scalar(text, style, anchor, tag) => {
                (scalar(text, style, tag.as_deref(), span)?, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "seq", span)?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => items.push(self.node(event, span, level + 1)?),
                    }
                }
                (Value::List(items), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "map", span)?;
                (Value::Map(self.mapping(level)?), anchor)
            }
            other => return fail(format!("did not expect {other:?}"), span),
        };
        let node = Node { value, line };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn mapping(&mut self, level: usize) -> Result<Map, ReadError> {
        let mut entries = Vec::new();
        let mut merges = false;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let is_merge =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, span, level + 1)?;
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, level + 1)?;
            if is_merge {
                merges = true;
                entries.push(Entry::Merge(mergeable(value, value_span)?));
            } else {
                entries.push(Entry::Pair(as_key(key, span)?, value));
            }
        }
        let mut map = Map::with_capacity(entries.len());
        if merges {
            // What `<<` brings comes first and yields to everything else, as in PyYAML.
            for entry in &mut entries {
                if let Entry::Merge(node) = entry {
                    merge(&mut map, std::mem::replace(&mut node.value, Value::Null));
                }
            }
        }
        let brought = map.len();
        for entry in entries {
            if let Entry::Pair(key, value) = entry {
                let line = value.line;
                match map.entry(key) {
                    indexmap::map::Entry::Occupied(mut slot) => {
                        if slot.index() >= brought {
                            let (Key::Text(text) | Key::Plain(text)) = slot.key().clone();
                            self.repeated.push((text, slot.get().line, line));
                        }
                        slot.insert(value);
                    }
                    indexmap::map::Entry::Vacant(slot) => {
                        slot.insert(value);
                    }
                }
            }
        }
        Ok(map)
    }
}

/// The number of values in `node`, counted no further than just past `most`.
fn count(node: &Node, most: usize) -> usize {
    let mut total = 1;
    let mut add = |child: &Node| {
        if total <= most {
            total += count(child, most - total.min(most));
        }
    };
    match &node.value {
        Value::List(items) => items.iter().for_each(&mut add),
        Value::Map(map) => map.values().for_each(&mut add),
        _ => {}
    }
    total
}

/// Adds what is not there yet; of several merged mappings the first counts.
fn merge(map: &mut Map, value: Value) {
    match value {
        Value::Map(other) => {
            for (key, node) in other {
                map.entry(key).or_insert(node);
            }
        }
        Value::List(items) => items.into_iter().for_each(|item| merge(map, item.value)),
        _ => {}
    }
}

fn mergeable(node: Node, span: Span) -> Result<Node, ReadError> {
    let fits = match &node.value {
        Value::Map(_) => true,
        Value::List(items) => items.iter().all(|item| matches!(item.value, Value::Map(_))),
        _ => false,
    };
    if fits {
        Ok(node)
    } else {
        fail(
            format!(
                "`<<` takes a mapping or a list of mappings, not {}",
                node.value.describe()
            ),
            span,
        )
    }
}

fn as_key(node: Node, span: Span) -> Result<Key, ReadError> {
    Ok(match node.value {
        Value::Text(text) => Key::Text(text),
        Value::Null => Key::Plain("null".to_owned()),
        Value::Bool(value) => Key::Plain(value.to_string()),
        Value::Int(value) => Key::Plain(value.to_string()),
        Value::Float(value) if value.is_finite() => Key::Plain(super::float::portable(value)),
        Value::Float(value) => Key::Plain(
            if value.is_nan() {
                ".nan"
            } else if value > 0.0 {
                ".inf"
            } else {
                "-.inf"
            }
            .to_owned(),
        ),
        Value::Timestamp(text) => Key::Plain(text),
        Value::List(_) | Value::Map(_) => return fail("a list or mapping cannot be a key", span),
    })
}

fn expect_tag(tag: Option<&Tag>, wanted: &str, span: Span) -> Result<(), ReadError> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == wanted) => unsupported(tag, span),
        _ => Ok(()),
    }
}

fn unsupported<T>(tag: &Tag, span: Span) -> Result<T, ReadError> {
    let name = if tag.is_yaml_core_schema() {
        format!("!!{}", tag.suffix)
    } else {
        format!("{}{}", tag.handle, tag.suffix)
    };
    fail(
        format!("the tag `{name}` is not one that configuration can use"),
        span,
    )
}

fn scalar(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
) -> Result<Value, ReadError> {
    if let Some(tag) = tag {
        return tagged(text.into_owned(), tag, span);
    }
    if style != ScalarStyle::Plain {
        return Ok(Value::Text(text.into_owned()));
    }
    Ok(match resolve(&text) {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Int(value),
        Scalar::TooLarge => {
            return fail(
                format!("the integer `{text}` has more than 38 digits"),
                span,
            );
        }
        Scalar::Float(value) => Value::Float(value),
        Scalar::Timestamp => Value::Timestamp(text.into_owned()),
        Scalar::Text => Value::Text(text.into_owned()),
    })
}

fn tagged(text: String, tag: &Tag, span: Span) -> Result<Value, ReadError> {
    // A lone `!` only says "do not guess".
    if tag.handle.is_empty() && tag.suffix == "!" {
        return Ok(Value::Text(text));
    }
    if !tag.is_yaml_core_schema() {
        return unsupported(tag, span);
    }
    let resolved = resolve(&text);
    match (tag.suffix.as_str(), resolved) {
        ("str", _) => Ok(Value::Text(text)),
        ("null", _) => Ok(Value::Null),
        ("bool", Scalar::Bool(value)) => Ok(Value::Bool(value)),
        ("int", Scalar::Int(value)) => Ok(Value::Int(value)),
        ("float", Scalar::Float(value)) => Ok(Value::Float(value)),
        #[expect(
            clippy::cast_precision_loss,
            reason = "Python's float() rounds as well"
        )]
        ("float", Scalar::Int(value)) => Ok(Value::Float(value as f64)),
        ("float", _) if text.parse::<f64>().is_ok() => {
            Ok(Value::Float(text.parse().unwrap_or(f64::NAN)))
        }
        ("timestamp", Scalar::Timestamp) => Ok(Value::Timestamp(text)),
        ("bool" | "int" | "float" | "timestamp", _) => fail(
            format!("`{text}` is not a {}, as its tag says", tag.suffix),
            span,
        ),
        _ => unsupported(tag, span),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::yaml::value::lookup;

    fn root(text: &str) -> Value {
        read(text)
            .unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
            .root
            .value
    }

    fn get<'a>(value: &'a Value, path: &str) -> &'a Value {
        path.split('.').fold(value, |value, key| match value {
            Value::Map(map) => &lookup(map, key).unwrap_or_else(|| panic!("no {key}")).value,
            other => panic!("{other:?} has no {key}"),
        })
    }

    fn error(text: &str) -> (String, usize, usize) {
        let error = read(text).expect_err(text);
        (error.message, error.line, error.column)
    }

    #[test]
    fn quotes_make_text_of_what_would_be_something_else() {
        let value = root("a: yes\nb: 'yes'\nc: \"0755\"\nd: 0755\ne: |\n  yes\nf: ! 12\n");
        assert_eq!(get(&value, "a"), &Value::Bool(true));
        assert_eq!(get(&value, "b"), &Value::Text("yes".into()));
        assert_eq!(get(&value, "c"), &Value::Text("0755".into()));
        assert_eq!(get(&value, "d"), &Value::Int(493));
        assert_eq!(get(&value, "e"), &Value::Text("yes\n".into()));
        assert_eq!(get(&value, "f"), &Value::Text("12".into()));
    }

    #[test]
    fn merges_yield_to_own_keys_and_the_first_merged_mapping_wins() {
        let value = root(
            "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  z: 3\n  <<: [*a, *b]\nd:\n  '<<': text\n",
        );
        assert_eq!(get(&value, "c.x"), &Value::Int(1));
        assert_eq!(get(&value, "c.y"), &Value::Int(1));
        assert_eq!(get(&value, "c.z"), &Value::Int(3));
        assert_eq!(get(&value, "d.<<"), &Value::Text("text".into()));
    }

    #[test]
    fn keys_need_not_be_text() {
        let Value::Map(map) = root("1: a\n'1': b\nyes: c\n0x1: d\n") else {
            panic!()
        };
        let keys: Vec<_> = map.keys().cloned().collect();
        assert_eq!(
            keys,
            [
                Key::Plain("1".into()),
                Key::Text("1".into()),
                Key::Plain("true".into())
            ]
        );
        assert_eq!(map[&Key::Plain("1".into())].value, Value::Text("d".into()));
    }

    #[test]
    fn the_last_of_two_equal_keys_counts_and_is_reported() {
        let document = read("a: 1\nb: 2\na: 3\n").unwrap();
        assert_eq!(get(&document.root.value, "a"), &Value::Int(3));
        assert_eq!(document.repeated, [("a".to_owned(), 1, 3)]);
        assert!(
            read("base: &b {a: 1}\nc:\n  <<: *b\n  a: 2\n")
                .unwrap()
                .repeated
                .is_empty()
        );
    }

    #[test]
    fn lines_are_counted_from_one_also_behind_a_byte_order_mark() {
        let Value::Map(map) = root("\u{feff}a: 1\n\nb:\n  - x\n") else {
            panic!()
        };
        assert_eq!(lookup(&map, "a").unwrap().line, 1);
        assert_eq!(lookup(&map, "b").unwrap().line, 4);
    }

    #[test]
    fn nothing_is_null() {
        assert_eq!(root(""), Value::Null);
        assert_eq!(root("# only a comment\n"), Value::Null);
        assert_eq!(get(&root("a:\n"), "a"), &Value::Null);
    }

    #[test]
    fn tags_of_the_core_schema_are_followed_and_others_refused() {
        let value = root("a: !!str 12\nb: !!float 1\nc: !!int '7'\n");
        assert_eq!(get(&value, "a"), &Value::Text("12".into()));
        assert_eq!(get(&value, "b"), &Value::Float(1.0));
        assert_eq!(get(&value, "c"), &Value::Int(7));
        assert_eq!(
            error("a: !!python/name:os.system x\n").0,
            "the tag `!!python/name:os.system` is not one that configuration can use"
        );
        assert_eq!(error("a: !!int x\n").0, "`x` is not a int, as its tag says");
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        assert_eq!(
            error("a: 1\n---\nb: 2\n"),
            (
                "a second document starts here, and Kedro reads only one".into(),
                2,
                1
            )
        );
        assert_eq!(
            error("a: &a [*a]\n"),
            (
                "this alias is part of the value that it repeats".into(),
                1,
                8
            )
        );
        assert_eq!(error("? [a]\n: 1\n").0, "a list or mapping cannot be a key");
        assert_eq!(
            error("a:\n  <<: 1\n").0,
            "`<<` takes a mapping or a list of mappings, not the number `1`"
        );
        assert_eq!(error(&"[".repeat(200)).0, "more than 128 levels of nesting");
        let (_, line, _) = error("a: 1\nb: [1, 2\nc: 3\n");
        assert!(line >= 2);
    }

    #[test]
    fn nine_lines_cannot_fill_the_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..20 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        assert_eq!(error(&text).0, "aliases repeat more than 1000000 values");
    }
}
