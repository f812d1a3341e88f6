//! Typed reading of one mapping of `kubeflow.yaml`, with errors that say where, what and what instead.

use std::path::Path;

use anyhow::Result;
use indexmap::IndexMap;

use super::quantity;
use crate::failure::{Failure, place};
use crate::wording::did_you_mean;
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::{Key, Map, Node, Value, lookup};

/// A mapping, the file it stands in and its full key.
pub(super) struct Section<'a> {
    map: &'a Map,
    file: &'a Path,
    key: &'a str,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// Reads `node` as a mapping; `None` where it is null.
    pub(super) fn new(node: &'a Node, file: &'a Path, key: &'a str) -> Result<Option<Self>> {
        match &node.value {
            Value::Null => Ok(None),
            Value::Map(map) => Ok(Some(Self {
                map,
                file,
                key,
                known: Vec::new(),
            })),
            _ => Err(wrong(file, key, node, "a mapping")),
        }
    }

    /// The value of a key; null counts as absent.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        lookup(self.map, key).filter(|node| node.value != Value::Null)
    }

    /// Whether the key stands there with null as its value.
    pub(super) fn is_null(&self, key: &str) -> bool {
        lookup(self.map, key).is_some_and(|node| node.value == Value::Null)
    }

    fn wrong(&self, key: &str, node: &Node, expected: &str) -> anyhow::Error {
        wrong(self.file, &format!("{}.{key}", self.key), node, expected)
    }

    /// The value of a key, read by `read`, which gives nothing where it is not what was expected.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(node) = self.get(key) else {
            return Ok(None);
        };
        read(&node.value)
            .map(Some)
            .ok_or_else(|| self.wrong(key, node, expected))
    }

    pub(super) fn text(&mut self, key: &'static str, expected: &str) -> Result<Option<String>> {
        self.read(key, expected, text)
    }

    /// A text that is neither empty nor has blanks in it.
    pub(super) fn word(&mut self, key: &'static str, expected: &str) -> Result<Option<String>> {
        let is_word = |text: &String| !text.is_empty() && !text.contains(char::is_whitespace);
        self.read(key, expected, |value| text(value).filter(is_word))
    }

    /// A text out of a list of choices.
    pub(super) fn choice(&mut self, key: &'static str, choices: &[&str]) -> Result<Option<String>> {
        let expected = format!("one of {}", choices.join(", "));
        self.read(key, &expected, |value| {
            text(value).filter(|text| choices.contains(&text.as_str()))
        })
    }

    /// A list of one or more texts out of choices.
    pub(super) fn choices(
        &mut self,
        key: &'static str,
        choices: &[&str],
    ) -> Result<Option<Vec<String>>> {
        let expected = format!("a list of one or more of {}", choices.join(", "));
        let chosen =
            |node: &Node| text(&node.value).filter(|text| choices.contains(&text.as_str()));
        self.read(key, &expected, |value| match value {
            Value::List(items) if !items.is_empty() => items.iter().map(chosen).collect(),
            _ => None,
        })
    }

    /// A truth value; text such as `false` counts too, since placeholders are always filled with text.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        self.read(key, "true or false", |value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::Text(text) => match resolve(text) {
                Scalar::Bool(flag) => Some(flag),
                _ => None,
            },
            _ => None,
        })
    }

    /// A whole number that is not negative and fits into 31 bits, as Argo keeps times and Kubernetes user ids;
    /// its text counts too.
    pub(super) fn whole(&mut self, key: &'static str, expected: &str) -> Result<Option<u64>> {
        let expected = format!("{expected}, of at most {}", i32::MAX);
        self.read(key, &expected, |value| {
            let number = match value {
                Value::Int(number) => u64::try_from(*number).ok(),
                Value::Text(text) => text.trim().parse().ok(),
                _ => None,
            };
            number.filter(|number| i32::try_from(*number).is_ok())
        })
    }

    /// A Kubernetes quantity of more than nothing, as text or number.
    pub(super) fn quantity(&mut self, key: &'static str, expected: &str) -> Result<Option<String>> {
        let is_something = |text: &String| text.contains(|c: char| c.is_ascii_digit() && c != '0');
        self.read(key, expected, |value| {
            quantity::read(value).filter(is_something)
        })
    }

    /// The entries by their names; keys such as `1` count as their text.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
        self.map.iter().map(|(key, node)| {
            let (Key::Text(name) | Key::Plain(name)) = key;
            (name.as_str(), node)
        })
    }

    /// Reads every entry as a quantity of a resource; `None` where it is null.
    pub(super) fn quantities(&self) -> Result<IndexMap<String, Option<String>>> {
        let mut quantities = IndexMap::new();
        for (name, node) in self.entries() {
            if !quantity::is_resource(name) {
                let near = did_you_mean(name, quantity::RESOURCES);
                let key = self.key;
                let place = place(self.file, node.line);
                return Err(Failure::usage(format!("{place}: `{key}.{name}` is no resource that Kubernetes knows{near}"))
                    .hint("those of containers are cpu, memory, ephemeral-storage, hugepages-SIZE, and names with a domain such as nvidia.com/gpu")
                    .into());
            }
            let quantity = match &node.value {
                Value::Null => None,
                value => {
                    let quantity = quantity::of_resource(name, value);
                    Some(quantity.map_err(|expected| self.wrong(name, node, expected))?)
                }
            };
            quantities.insert(name.to_owned(), quantity);
        }
        Ok(quantities)
    }

    /// Warns about the keys that were not asked for. Those in `later` are known to later releases of the plugin.
    pub(super) fn finish(self, later: &[&'static str], warnings: &mut Vec<String>) {
        for (name, node) in self.entries() {
            if self.known.contains(&name) {
                continue;
            }
            let place = place(self.file, node.line);
            let key = format!("{}.{name}", self.key);
            if later.contains(&name) {
                warnings.push(format!(
                    "{place}: `{key}` is not yet applied by kfk; the workflow is made without it"
                ));
            } else {
                let near = did_you_mean(name, self.known.iter().chain(later).copied());
                warnings.push(format!("{place}: unknown key `{key}`{near}"));
            }
        }
    }
}

/// The text of a value that is text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A value of the wrong kind.
pub(super) fn wrong(file: &Path, key: &str, node: &Node, expected: &str) -> anyhow::Error {
    let failure = Failure::usage(format!(
        "{}: `{key}` must be {expected}, not {}",
        place(file, node.line),
        node.value.describe()
    ));
    match &node.value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_)
            if expected.starts_with("text") =>
        {
            failure.hint("write it in quotes to make text of it").into()
        }
        _ => failure.into(),
    }
}
