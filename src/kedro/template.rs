//! `${name}` and `${name|default}` in configuration, as Kedro's `TemplatedConfigLoader` fills them in.
//!
//! The values are those that kedro-kubeflow 0.4.3 passes to the loader: every environment variable
//! `KEDRO_CONFIG_<NAME>` as `name`. `commit_id` and `branch_name` are always known, without a value, so that
//! only their defaults count where the variables are not set; other names behave alike.

use std::collections::BTreeMap;

use crate::yaml::{Key, Map, Node, Value};

/// The prefix of the environment variables that give values to placeholders.
pub const PREFIX: &str = "KEDRO_CONFIG_";

/// The values of placeholders.
#[derive(Debug, Default, Clone)]
pub struct Globals(BTreeMap<String, String>);

/// A placeholder that has neither a value nor a default.
#[derive(Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The whole placeholder: `${name}`.
    pub placeholder: String,
    /// The name inside it.
    pub name: String,
    /// The key it stands under, in full: `run_config.image`.
    pub key: String,
    /// Its line, 0 where not known.
    pub line: usize,
}

impl Unresolved {
    /// Whether Kedro could look the name up at all; where not, it fails even with a default.
    pub fn is_name(&self) -> bool {
        is_path(&self.name)
    }

    /// The environment variable that would give it a value, where one can: names with dots look into
    /// mappings, and variables hold only text.
    pub fn variable(&self) -> Option<String> {
        // Their names count in lower case.
        let is_found = is_identifier(&self.name) && self.name == self.name.to_lowercase();
        is_found.then(|| format!("{PREFIX}{}", self.name.to_uppercase()))
    }
}

impl Globals {
    /// Takes the variables that start with [`PREFIX`]; their names count in lower case.
    pub fn from_variables<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let named = |(name, value): (&str, &str)| {
            name.starts_with(PREFIX)
                .then(|| (name.replace(PREFIX, "").to_lowercase(), value.to_owned()))
        };
        Self(variables.into_iter().filter_map(named).collect())
    }

    /// The value of a name; what is not a plain name has none.
    fn get(&self, name: &str) -> Option<&str> {
        if is_identifier(name) {
            self.0.get(name).map(String::as_str)
        } else {
            None
        }
    }
}

/// One or more names, with dots between them.
fn is_path(name: &str) -> bool {
    name.split('.').all(is_identifier)
}

/// A name as jmespath, which Kedro looks names up with, takes it.
fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Fills in every placeholder in `node`, keys included. `key` is the full key of `node`.
///
/// # Errors
/// At the first placeholder that has neither a value nor a default.
pub fn fill(node: &mut Node, key: &str, globals: &Globals) -> Result<(), Unresolved> {
    match &mut node.value {
        Value::Text(text) => {
            if let Some(filled) =
                fill_text(text, globals).map_err(|part| part.at(key, node.line))?
            {
                *text = filled;
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                fill(item, &format!("{key}[{index}]"), globals)?;
            }
        }
        Value::Map(map) => fill_map(map, key, globals)?,
        _ => {}
    }
    Ok(())
}

fn fill_map(map: &mut Map, key: &str, globals: &Globals) -> Result<(), Unresolved> {
    let templated = map
        .keys()
        .any(|key| key.as_text().is_some_and(|text| text.contains("${")));
    if templated {
        for (name, node) in std::mem::take(map) {
            let name = match name {
                Key::Text(text) => Key::Text(fill_name(text, key, node.line, globals)?),
                plain @ Key::Plain(_) => plain,
            };
            map.insert(name, node);
        }
    }
    for (name, node) in map {
        let (Key::Text(text) | Key::Plain(text)) = name;
        fill(node, &join(key, text), globals)?;
    }
    Ok(())
}

/// Fills in the placeholders of a name, such as a top-level key.
///
/// # Errors
/// At the first placeholder that has neither a value nor a default.
pub fn fill_name(
    name: String,
    key: &str,
    line: usize,
    globals: &Globals,
) -> Result<String, Unresolved> {
    match fill_text(&name, globals) {
        Ok(filled) => Ok(filled.unwrap_or(name)),
        Err(part) => Err(part.at(&join(key, &name), line)),
    }
}

/// The full key of what `name` stands for inside `key`.
pub fn join(key: &str, name: &str) -> String {
    if key.is_empty() {
        name.to_owned()
    } else {
        format!("{key}.{name}")
    }
}

/// The part of [`Unresolved`] that is known without the surroundings.
struct Missing {
    placeholder: String,
    name: String,
}

impl Missing {
    fn at(self, key: &str, line: usize) -> Unresolved {
        Unresolved {
            placeholder: self.placeholder,
            name: self.name,
            key: key.to_owned(),
            line,
        }
    }
}

/// The filled text; `None` where it holds no placeholder.
fn fill_text(text: &str, globals: &Globals) -> Result<Option<String>, Missing> {
    let mut filled = String::new();
    let mut rest = text;
    let mut any = false;
    while let Some(start) = rest.find("${") {
        let Some(found) = placeholder(&rest[start..]) else {
            // Not a placeholder, as `${a-b}`: Kedro leaves it as it is, and a new one may start right behind.
            filled.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        filled.push_str(&rest[..start]);
        let value = globals.get(found.name).or(found.default);
        match value.filter(|_| is_path(found.name)) {
            Some(value) => filled.push_str(value),
            None => {
                return Err(Missing {
                    placeholder: rest[start..start + found.length].to_owned(),
                    name: found.name.to_owned(),
                });
            }
        }
        rest = &rest[start + found.length..];
        any = true;
        // Kedro's pattern for a text that is one placeholder ends with `$`, which lets a line break pass.
        if rest == "\n" && text.len() == found.length + 1 {
            rest = "";
        }
    }
    if !any {
        return Ok(None);
    }
    filled.push_str(rest);
    Ok(Some(filled))
}

struct Placeholder<'a> {
    name: &'a str,
    default: Option<&'a str>,
    /// Its length in bytes, from `$` to `}`.
    length: usize,
}

/// Reads `${name}` or `${name|default}` at the start of `text`; the default is taken to the letter up to `}`.
fn placeholder(text: &str) -> Option<Placeholder<'_>> {
    let inner = &text[2..];
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))?;
    let name = &inner[..end];
    if name.is_empty() {
        return None;
    }
    match inner.as_bytes()[end] {
        b'}' => Some(Placeholder {
            name,
            default: None,
            length: 2 + end + 1,
        }),
        b'|' => {
            let default = &inner[end + 1..];
            let close = default.find('}')?;
            Some(Placeholder {
                name,
                default: Some(&default[..close]),
                length: 2 + end + 1 + close + 1,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn globals() -> Globals {
        Globals::from_variables([
            ("KEDRO_CONFIG_COMMIT_ID", "abc"),
            ("KEDRO_CONFIG_X", "${y}"),
            ("KEDRO_CONFIG_EMPTY", ""),
            ("KEDRO_ENV", "prod"),
        ])
    }

    fn filled(text: &str) -> String {
        fill_text(text, &globals()).map_or_else(
            |m| format!("missing {}", m.name),
            |filled| filled.unwrap_or_else(|| text.to_owned()),
        )
    }

    /// Each line is what Kedro 0.17.4 makes of it.
    #[test]
    fn fills_in_as_kedro_does() {
        for (text, wanted) in [
            ("a", "a"),
            ("${commit_id}", "abc"),
            ("img:${commit_id|dirty}", "img:abc"),
            ("img:${branch_name|dirty}", "img:dirty"),
            ("${branch_name|}", ""),
            ("${branch_name| a | b }", " a | b "),
            ("${branch_name|${commit_id}}", "${commit_id}"),
            ("${empty|default}", ""),
            ("${x}", "${y}"),
            ("$${commit_id}", "$abc"),
            ("${commit_id}${commit_id}", "abcabc"),
            ("${a-b}", "${a-b}"),
            ("${}", "${}"),
            ("${commit_id", "${commit_id"),
            ("${a ${commit_id}", "${a abc"),
            ("${COMMIT_ID|upper}", "upper"),
            ("${commit_id}\n", "abc"),
            ("x${commit_id}\n", "xabc\n"),
            ("${a.b|nested}", "nested"),
            ("${1x|default}", "missing 1x"),
            ("${a..b|default}", "missing a..b"),
            ("${a.|default}", "missing a."),
            ("${env}", "missing env"),
            ("${branch_name}", "missing branch_name"),
        ] {
            assert_eq!(filled(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn an_unresolved_placeholder_is_named_with_its_key() {
        let mut node = crate::yaml::read::read(
            "run_config:\n  list:\n  - a\n  - x ${not_there} y\n",
            crate::yaml::scalar::Schema::PyYaml,
        )
        .unwrap()
        .root;
        let error = fill(&mut node, "", &globals()).unwrap_err();
        assert_eq!(
            error,
            Unresolved {
                placeholder: "${not_there}".into(),
                name: "not_there".into(),
                key: "run_config.list[1]".into(),
                line: 4
            }
        );
        assert_eq!(error.variable().as_deref(), Some("KEDRO_CONFIG_NOT_THERE"));
    }

    #[test]
    fn keys_are_filled_in_too() {
        let mut node = crate::yaml::read::read(
            "a:\n  step_${commit_id}: 1\n",
            crate::yaml::scalar::Schema::PyYaml,
        )
        .unwrap()
        .root;
        fill(&mut node, "", &globals()).unwrap();
        assert_eq!(node, {
            let mut wanted =
                crate::yaml::read::read("a:\n  step_abc: 1\n", crate::yaml::scalar::Schema::PyYaml)
                    .unwrap()
                    .root;
            wanted.line = node.line;
            wanted
        });
    }

    proptest! {
        #[test]
        fn text_without_placeholders_is_left_alone(text in "[^$]{0,40}") {
            prop_assert_eq!(fill_text(&text, &globals()).ok().flatten(), None);
        }

        #[test]
        fn a_default_is_taken_to_the_letter(default in "[^}]{0,20}") {
            prop_assert_eq!(filled(&format!("<${{branch_name|{default}}}>")), format!("<{default}>"));
        }
    }
}
