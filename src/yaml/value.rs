//! Configuration values with the line that each came from.

use indexmap::IndexMap;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value itself.
    pub value: Value,
    /// The line in its file, counted from 1; 0 where it is not known (JSON files, values made here).
    pub line: usize,
}

/// What Kedro's reader makes of a YAML or JSON document.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer; Python's have no bounds, these have 127 bits.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// A date or point in time, as it was written. Python makes a `date` or `datetime` of it.
    Timestamp(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Map),
}

/// A mapping in the order of its document.
pub type Map = IndexMap<Key, Node>;

/// The key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Text, as nearly all keys are.
    Text(String),
    /// A number, truth value, date or null: the plain scalar that stands for it in YAML.
    Plain(String),
}

impl Key {
    /// The text of a textual key.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Plain(_) => None,
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Looks a textual key up without making a [`Key`] of it first.
pub fn lookup<'a>(map: &'a Map, key: &str) -> Option<&'a Node> {
    map.get(&TextKey(key))
}

/// Both kinds hash as their text, so that a `&str` finds its key; equality tells the kinds apart.
impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let (Self::Text(text) | Self::Plain(text)) = self;
        text.hash(state);
    }
}

#[derive(Hash)]
struct TextKey<'a>(&'a str);

impl indexmap::Equivalent<Key> for TextKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        key.as_text() == Some(self.0)
    }
}

impl Value {
    /// What this is, in the words of an error message: ``the text `a` ``, `a list`.
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(value) => format!("the truth value `{value}`"),
            Self::Int(value) => format!("the number `{value}`"),
            Self::Float(value) => format!("the number `{}`", super::float::python_repr(*value)),
            Self::Text(text) if text.is_empty() => "an empty text".to_owned(),
            Self::Text(text) => format!("the text `{}`", shorten(text)),
            Self::Timestamp(text) => format!("the date `{text}`"),
            Self::List(items) if items.is_empty() => "an empty list".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
        }
    }
}

fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.escape_debug().to_string();
    }
    let head: String = text.chars().take(MOST).collect();
    format!("{}…", head.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_textual_key_is_found_and_a_plain_one_is_not_taken_for_it() {
        let node = |line| Node {
            value: Value::Null,
            line,
        };
        let map = Map::from([
            (Key::Plain("1".into()), node(1)),
            (Key::from("1"), node(2)),
            (Key::from("ż"), node(3)),
        ]);
        assert_eq!(lookup(&map, "1").map(|n| n.line), Some(2));
        assert_eq!(lookup(&map, "ż").map(|n| n.line), Some(3));
        assert_eq!(lookup(&map, "true"), None);
    }
}
