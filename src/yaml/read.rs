//! Reads YAML as PyYAML's safe loader does: anchors, `<<`, YAML 1.1 scalars, the last of two equal keys.
//!
//! The parser is a port of libyaml, by the author of PyYAML: it takes the same documents. What it delivers is
//! composed here by the rules of PyYAML's composer and safe constructor.

use std::collections::HashMap;

use libyaml_safer::{Event, EventData, Mark, Parser};

use super::construct::{expect_tag, plain, tagged};
use super::scalar::Schema;
use super::value::{Key, Map, Node, Value};

/// Deeper nesting than this is taken for a mistake (or an attack); Python gives up at about 1,000.
pub(super) const MOST_LEVELS: usize = 128;

/// Aliases may repeat at most this many values, long texts counting as several, so that a few lines cannot
/// fill the memory.
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

/// A document, and the keys that stand twice in one mapping.
#[derive(Debug)]
pub struct Document {
    /// The root; [`Value::Null`] where the document is empty.
    pub root: Node,
    /// Keys whose first value was lost, as PyYAML loses it: the key and its two lines.
    pub repeated: Vec<(String, usize, usize)>,
}

/// Reads one YAML document.
///
/// # Errors
/// Where the text is not YAML, holds more than one document, or uses what Kedro's configuration cannot:
/// tags that only Python knows, mappings as keys, anchors that contain themselves, days that do not exist.
pub fn read(text: &str, schema: Schema) -> Result<Document, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser::new();
    parser.set_input(text.as_bytes());
    let mut composer = Composer {
        parser,
        schema,
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
    parser: Parser<&'a [u8]>,
    schema: Schema,
    /// The values of anchors; `None` while the value is still being read.
    anchors: HashMap<String, Option<Node>>,
    repeated: Vec<(String, usize, usize)>,
    repeats_left: usize,
}

/// One entry of a mapping as it stands in the file.
enum Entry {
    Pair(Key, Node),
    Merge(Node),
}

fn line_of(mark: Mark) -> usize {
    usize::try_from(mark.line).unwrap_or(usize::MAX - 1) + 1
}

fn error(message: impl Into<String>, mark: Mark) -> ReadError {
    let column = usize::try_from(mark.column).unwrap_or(usize::MAX - 1) + 1;
    ReadError {
        message: message.into(),
        line: line_of(mark),
        column,
    }
}

pub(super) fn fail<T>(message: impl Into<String>, mark: Mark) -> Result<T, ReadError> {
    Err(error(message, mark))
}

impl From<libyaml_safer::Error> for ReadError {
    fn from(problem: libyaml_safer::Error) -> Self {
        let message = match problem.context() {
            Some(context) if !context.is_empty() => format!("{context}, {}", problem.problem()),
            _ => problem.problem().to_owned(),
        };
        error(message, problem.problem_mark().unwrap_or_default())
    }
}

impl Composer<'_> {
    fn next(&mut self) -> Result<Event, ReadError> {
        Ok(self.parser.parse()?)
    }

    fn document(&mut self) -> Result<Node, ReadError> {
        let mut root = None;
        loop {
            let event = self.next()?;
            match event.data {
                EventData::StreamEnd => {
                    return Ok(root.unwrap_or(Node {
                        value: Value::Null,
                        line: 1,
                    }));
                }
                EventData::DocumentStart { .. } => {
                    if root.is_some() {
                        return fail(
                            "a second document starts here, and Kedro reads only one",
                            event.start_mark,
                        );
                    }
                    let event = self.next()?;
                    root = Some(self.node(event, 0)?);
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event, level: usize) -> Result<Node, ReadError> {
        let mark = event.start_mark;
        if level > MOST_LEVELS {
            return fail(format!("more than {MOST_LEVELS} levels of nesting"), mark);
        }
        let line = line_of(mark);
        match event.data {
            EventData::Alias { anchor } => self.alias(&anchor, mark),
            EventData::Scalar {
                anchor,
                tag,
                value,
                plain_implicit,
                ..
            } => {
                let value = match tag {
                    // A lone `!` says nothing, also to PyYAML.
                    Some(tag) if tag == "!" => plain(value, mark, self.schema)?,
                    Some(tag) => tagged(value, &tag, mark)?,
                    None if plain_implicit => plain(value, mark, self.schema)?,
                    None => Value::Text(value),
                };
                self.finish(anchor, Node { value, line }, mark)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                expect_tag(tag.as_deref(), "seq", mark)?;
                self.open(anchor.as_deref(), mark)?;
                let mut items = Vec::new();
                loop {
                    let event = self.next()?;
                    if event.data == EventData::SequenceEnd {
                        break;
                    }
                    items.push(self.node(event, level + 1)?);
                }
                Ok(self.close(
                    anchor,
                    Node {
                        value: Value::List(items),
                        line,
                    },
                ))
            }
            EventData::MappingStart { anchor, tag, .. } => {
                expect_tag(tag.as_deref(), "map", mark)?;
                self.open(anchor.as_deref(), mark)?;
                let map = self.mapping(level)?;
                Ok(self.close(
                    anchor,
                    Node {
                        value: Value::Map(map),
                        line,
                    },
                ))
            }
            other => fail(format!("did not expect {other:?}"), mark),
        }
    }

    fn alias(&mut self, anchor: &str, mark: Mark) -> Result<Node, ReadError> {
        let node = match self.anchors.get(anchor) {
            None => {
                return fail(
                    format!("the alias `*{anchor}` has no anchor `&{anchor}` before it"),
                    mark,
                );
            }
            Some(None) => {
                return fail(
                    format!("the alias `*{anchor}` is part of the value that it repeats"),
                    mark,
                );
            }
            Some(Some(node)) => node,
        };
        let size = count(node, self.repeats_left);
        if size > self.repeats_left {
            return fail(
                format!("aliases repeat more than {MOST_REPEATED} values"),
                mark,
            );
        }
        self.repeats_left -= size;
        Ok(node.clone())
    }

    fn open(&mut self, anchor: Option<&str>, mark: Mark) -> Result<(), ReadError> {
        if let Some(anchor) = anchor
            && self.anchors.insert(anchor.to_owned(), None).is_some()
        {
            return fail(
                format!("the anchor `&{anchor}` stands there a second time"),
                mark,
            );
        }
        Ok(())
    }

    fn close(&mut self, anchor: Option<String>, node: Node) -> Node {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(node.clone()));
        }
        node
    }

    fn finish(
        &mut self,
        anchor: Option<String>,
        node: Node,
        mark: Mark,
    ) -> Result<Node, ReadError> {
        self.open(anchor.as_deref(), mark)?;
        Ok(self.close(anchor, node))
    }

    fn mapping(&mut self, level: usize) -> Result<Map, ReadError> {
        let mut entries = Vec::new();
        let mut merges = false;
        loop {
            let event = self.next()?;
            if event.data == EventData::MappingEnd {
                break;
            }
            let mark = event.start_mark;
            let is_merge = is_merge_key(&event.data);
            let key = if is_merge {
                None
            } else {
                Some(as_key(self.node(event, level + 1)?, mark)?)
            };
            let event = self.next()?;
            let value_mark = event.start_mark;
            let value = self.node(event, level + 1)?;
            if let Some(key) = key {
                entries.push(Entry::Pair(key, value));
            } else {
                merges = true;
                entries.push(Entry::Merge(mergeable(value, value_mark)?));
            }
        }
        let mut map = Map::with_capacity(entries.len());
        if merges {
            // What `<<` brings comes first and yields to the keys of the mapping, as in PyYAML.
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

fn is_merge_key(event: &EventData) -> bool {
    match event {
        EventData::Scalar {
            tag: None,
            value,
            plain_implicit: true,
            ..
        } => value == "<<",
        EventData::Scalar { tag: Some(tag), .. } => tag == "tag:yaml.org,2002:merge",
        _ => false,
    }
}

/// The number of values in `node`, a text as one for every few bytes, counted no further than just past `most`.
fn count(node: &Node, most: usize) -> usize {
    let mut total = match &node.value {
        Value::Text(text) => 1 + text.len() / 64,
        _ => 1,
    };
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

/// Adds what a `<<` brings: of several the last counts, but of a list of mappings the first.
fn merge(map: &mut Map, value: Value) {
    match value {
        Value::Map(other) => map.extend(other),
        Value::List(items) => items
            .into_iter()
            .rev()
            .for_each(|item| merge(map, item.value)),
        _ => {}
    }
}

fn mergeable(node: Node, mark: Mark) -> Result<Node, ReadError> {
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
            mark,
        )
    }
}

fn as_key(node: Node, mark: Mark) -> Result<Key, ReadError> {
    Ok(match node.value {
        Value::Text(text) => Key::Text(text),
        Value::Null => Key::Plain("null".to_owned()),
        Value::Bool(value) => Key::Plain(value.to_string()),
        Value::Int(value) => Key::Plain(value.to_string()),
        Value::Float(value) if value.is_finite() => Key::Plain(super::float::portable(value)),
        Value::Float(value) if value.is_nan() => Key::Plain(".nan".to_owned()),
        Value::Float(value) => Key::Plain(if value > 0.0 { ".inf" } else { "-.inf" }.to_owned()),
        Value::Timestamp(text) => Key::Plain(text),
        Value::List(_) | Value::Map(_) => return fail("a list or mapping cannot be a key", mark),
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::read as read_as;
    use super::*;
    use crate::yaml::value::lookup;

    fn read(text: &str) -> Result<Document, ReadError> {
        read_as(text, Schema::PyYaml)
    }

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
        assert_eq!(get(&value, "f"), &Value::Int(12));
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
    fn of_several_merges_the_last_counts() {
        let value = root("a: &a {x: 1, y: 1}\nb: &b {x: 2}\nc:\n  <<: *a\n  <<: *b\n  z: 3\n");
        assert_eq!(get(&value, "c.x"), &Value::Int(2));
        assert_eq!(get(&value, "c.y"), &Value::Int(1));
    }

    #[test]
    fn what_yaml_1_2_forbids_and_pyyaml_takes_is_taken() {
        let list = Value::List(vec![
            Node {
                value: Value::Int(1),
                line: 3,
            },
            Node {
                value: Value::Int(2),
                line: 4,
            },
        ]);
        assert_eq!(get(&root("a:\n  b: [\n    1,\n    2\n]\n"), "a.b"), &list);
        assert_eq!(
            get(&root("a:\n  b: \"x\ny\"\n"), "a.b"),
            &Value::Text("x y".into())
        );
        assert_eq!(get(&root("a: {x:\t1, y: 2}\n"), "a.x"), &Value::Int(1));
        assert_eq!(
            get(&root("a: {y: [x,\n2]}\r\nb: 1\r\n"), "b"),
            &Value::Int(1)
        );
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
            "kfk does not read values with the tag `!!python/name:os.system`"
        );
        assert_eq!(error("a: !!int x\n").0, "`x` does not fit its tag `!!int`");
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
                "the alias `*a` is part of the value that it repeats".into(),
                1,
                8
            )
        );
        assert_eq!(
            error("a: *b\n"),
            ("the alias `*b` has no anchor `&b` before it".into(), 1, 4)
        );
        assert_eq!(
            error("a: &x 1\nb: &x 2\n").0,
            "the anchor `&x` stands there a second time"
        );
        assert_eq!(
            error("a: 1\nb: 2020-02-30\n"),
            ("`2020-02-30` is written as a date, but there is none such; in quotes it would be text".into(), 2, 4)
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
        let long = format!(
            "a: &a {}\nb: [{}]\n",
            "x".repeat(20_000),
            vec!["*a"; 9_000].join(", ")
        );
        assert_eq!(error(&long).0, "aliases repeat more than 1000000 values");
    }
}
