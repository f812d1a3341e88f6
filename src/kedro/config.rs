//! The configuration in `conf/`, read as Kedro's `ConfigLoader` and `TemplatedConfigLoader` read it
//! (Kedro 0.16 to 0.18): `conf/base` overlaid by `conf/<env>`, top-level keys replaced as a whole, keys
//! that start with `_` dropped, placeholders filled in afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use indexmap::IndexMap;

use super::lookup::{Where, lookup_files};
use super::template::{self, Globals};
use crate::failure::{Failure, place};
use crate::wording::{first_few, listed};
use crate::yaml::scalar::Schema;
use crate::yaml::{self, Key, Map, Node, Value};

/// The folder of the configuration inside the project.
const CONF: &str = "conf";
const BASE: &str = "base";
/// Kedro's default environment, which is kept out of version control and may be absent.
const LOCAL: &str = "local";

/// Reads the configuration of one environment.
#[derive(Debug)]
pub struct ConfigLoader {
    root: PathBuf,
    folders: Vec<PathBuf>,
    /// The folder of the environment, where there is none.
    missing: Option<String>,
    globals: Globals,
    schema: Schema,
}

/// A top-level entry and the file that it comes from, relative to the project.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The value.
    pub node: Node,
    /// Its file.
    pub file: Rc<Path>,
}

/// The configuration of one kind, merged and filled in.
#[derive(Debug, Default)]
pub struct Config {
    /// The top-level entries in Kedro's order.
    pub entries: IndexMap<String, Entry>,
    /// The files it was read from, relative to the project.
    pub files: Vec<PathBuf>,
    /// What the reader may want to mend.
    pub warnings: Vec<String>,
}

impl Config {
    /// Takes out the entries with `${…}`, whose values only Kedro can know.
    fn leave_interpolations(&mut self, kind: &str) {
        let is_known = |key: &String, entry: &mut Entry| {
            !key.contains("${") && !has_interpolation(&entry.node)
        };
        let all: Vec<String> = self.entries.keys().cloned().collect();
        self.entries.retain(|key, entry| is_known(key, entry));
        let left = all
            .iter()
            .filter(|key| !self.entries.contains_key(*key))
            .map(String::as_str);
        let mut left = left.peekable();
        if left.peek().is_some() {
            let names = first_few(left);
            self.warnings.push(format!("kfk leaves {names} of the {kind} to Kedro: `${{…}}` there is for OmegaConf to fill in"));
        }
    }
}

fn has_interpolation(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.contains("${"),
        Value::List(items) => items.iter().any(has_interpolation),
        Value::Map(map) => map.values().any(has_interpolation),
        _ => false,
    }
}

#[cfg(test)]
impl Config {
    /// A configuration of one file.
    pub(crate) fn from_yaml(file: &str, text: &str) -> Self {
        let file: Rc<Path> = Path::new(file).into();
        let map = parse(&file, text.as_bytes(), Schema::PyYaml, &mut Vec::new()).unwrap();
        let entry = |(key, node): (Key, Node)| {
            Some((
                key.as_text()?.to_owned(),
                Entry {
                    node,
                    file: Rc::clone(&file),
                },
            ))
        };
        Self {
            entries: map.into_iter().filter_map(entry).collect(),
            files: vec![file.to_path_buf()],
            warnings: Vec::new(),
        }
    }
}

impl ConfigLoader {
    /// Looks at the folders of `environment` in the project at `root`.
    ///
    /// # Errors
    /// Where `conf/base` or `conf/<environment>` is missing; only `conf/local` may be.
    pub fn new(root: &Path, environment: &str, globals: Globals) -> Result<Self> {
        let conf = root.join(CONF);
        let base = conf.join(BASE);
        if !base.is_dir() {
            return Err(Failure::usage(format!(
                "no folder `{CONF}/{BASE}` in `{}`",
                root.display()
            ))
            .into());
        }
        let mut folders = vec![base];
        let mut missing = None;
        let overlay = conf.join(environment);
        if overlay.is_dir() {
            if environment != BASE {
                folders.push(overlay);
            }
        } else if environment != LOCAL {
            let known = environments(&conf);
            let known = listed(known.iter().map(String::as_str));
            return Err(Failure::usage(format!(
                "no folder `{CONF}/{environment}` for the environment `{environment}`"
            ))
            .hint(format!(
                "the environments of this project are {known}; choose one with `-e` or `KEDRO_ENV`"
            ))
            .into());
        } else {
            missing = Some(format!("{CONF}/{environment}"));
        }
        Ok(Self {
            root: root.to_owned(),
            folders,
            missing,
            globals,
            schema: Schema::default(),
        })
    }

    /// Reads dates and numbers as `schema` says from now on.
    pub fn set_schema(&mut self, schema: Schema) {
        self.schema = schema;
    }

    /// The folder of the environment, where it may be and is absent.
    pub fn missing_folder(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// The files of one kind, relative to the project, those of `conf/base` first.
    ///
    /// # Errors
    /// Where a folder cannot be read.
    pub fn files(&self, kind: &str, depth: Where) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for folder in &self.folders {
            files.extend(
                lookup_files(folder, kind, depth)?
                    .0
                    .into_iter()
                    .map(|file| self.relative(&file)),
            );
        }
        Ok(files)
    }

    /// Reads, merges and fills in the configuration of one kind: `catalog`, `parameters`, `kubeflow`. What only
    /// OmegaConf could fill in is left out, with a warning.
    ///
    /// # Errors
    /// Those of [`ConfigLoader::read`] and [`ConfigLoader::fill`].
    pub fn get(&self, kind: &str, depth: Where) -> Result<Config> {
        let mut config = self.read(kind, depth)?;
        match self.schema {
            Schema::PyYaml => self.fill(&mut config)?,
            Schema::OmegaConf => config.leave_interpolations(kind),
        }
        Ok(config)
    }

    /// Reads and merges the configuration of one kind, with its placeholders as they stand.
    ///
    /// # Errors
    /// Where a file cannot be read, is not a mapping of names, or repeats a key of another file of the same
    /// environment.
    pub fn read(&self, kind: &str, depth: Where) -> Result<Config> {
        let mut config = Config::default();
        for folder in &self.folders {
            let (files, ignored) = lookup_files(folder, kind, depth)?;
            for file in ignored {
                let file = self.relative(&file);
                config.warnings.push(format!(
                    "{}: not read; kfk reads .yml, .yaml and .json",
                    file.display()
                ));
            }
            let mut layer: IndexMap<String, Entry> = IndexMap::new();
            for file in files {
                self.load(&file, &mut layer, &mut config)?;
            }
            for (key, entry) in layer {
                config.entries.insert(key, entry);
            }
        }
        Ok(config)
    }

    fn relative(&self, file: &Path) -> PathBuf {
        file.strip_prefix(&self.root).unwrap_or(file).to_owned()
    }

    /// Adds the entries of one file to those of its environment.
    fn load(
        &self,
        file: &Path,
        layer: &mut IndexMap<String, Entry>,
        config: &mut Config,
    ) -> Result<()> {
        let name: Rc<Path> = self.relative(file).into();
        tracing::debug!("reading {}", name.display());
        config.files.push(name.to_path_buf());
        let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", name.display()))?;
        for (key, node) in parse(&name, &bytes, self.schema, &mut config.warnings)? {
            let line = node.line;
            let key = match key {
                Key::Text(text) => text,
                Key::Plain(text) => {
                    return Err(Failure::usage(format!(
                        "{}: a key that YAML reads as `{text}`, not as text; Kedro takes only text",
                        place(&name, line)
                    ))
                    .hint("if it is a name, write it in quotes")
                    .into());
                }
            };
            if key.starts_with('_') {
                continue;
            }
            match layer.entry(key) {
                indexmap::map::Entry::Occupied(first) => {
                    let earlier = place(&first.get().file, first.get().node.line);
                    let key = first.key();
                    return Err(Failure::usage(format!(
                        "the key `{key}` stands in two files of one environment: {earlier} and {}",
                        place(&name, line)
                    ))
                    .hint("Kedro refuses this; keep the key in one of them")
                    .into());
                }
                indexmap::map::Entry::Vacant(slot) => {
                    slot.insert(Entry {
                        node,
                        file: Rc::clone(&name),
                    });
                }
            }
        }
        Ok(())
    }

    /// Fills in the placeholders.
    ///
    /// # Errors
    /// At the first placeholder without a value.
    pub fn fill(&self, config: &mut Config) -> Result<()> {
        let unresolved = |file: &Path, error: &template::Unresolved| {
            let failure = Failure::usage(format!(
                "{}: no value for the placeholder `{}` in `{}`",
                place(file, error.line),
                error.placeholder,
                error.key
            ));
            match error.variable() {
                Some(variable) => failure.hint(format!(
                    "set the environment variable {variable}, or give a default: ${{{}|default}}",
                    error.name
                )),
                None if error.is_name() => {
                    failure.hint(format!("give it a default: ${{{}|default}}", error.name))
                }
                None => failure
                    .hint("a name starts with a letter or `_`; Kedro cannot look this one up"),
            }
        };
        if config.entries.keys().any(|key| key.contains("${")) {
            for (key, entry) in std::mem::take(&mut config.entries) {
                let key = template::fill_name(key, "", entry.node.line, &self.globals)
                    .map_err(|error| unresolved(&entry.file, &error))?;
                config.entries.insert(key, entry);
            }
        }
        for (key, entry) in &mut config.entries {
            template::fill(&mut entry.node, key, &self.globals)
                .map_err(|error| unresolved(&entry.file, &error))?;
        }
        Ok(())
    }
}

/// The names of the folders in `conf/`, in order.
fn environments(conf: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(conf) else {
        return BTreeSet::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// The first line that Jinja2 would do something about.
fn jinja_line(text: &str) -> Option<usize> {
    let marks = ["{{", "{%", "{#"];
    let position = text
        .lines()
        .position(|line| marks.iter().any(|mark| line.contains(mark)));
    position.map(|index| index + 1)
}

/// Parses a file by its extension; an empty one is an empty mapping.
fn parse(name: &Path, bytes: &[u8], schema: Schema, warnings: &mut Vec<String>) -> Result<Map> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count();
        Failure::usage(format!("{}: not UTF-8 text", place(name, line)))
            .hint("save the file as UTF-8")
    })?;
    let is_empty = text.trim_start_matches('\u{feff}').trim().is_empty();
    let root = if is_empty {
        return Ok(Map::new());
    } else if name
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        yaml::json::read(bytes).map_err(|error| {
            Failure::usage(format!(
                "{}: cannot be read as JSON: {}, at column {}",
                place(name, error.line),
                error.message,
                error.column
            ))
        })?
    } else {
        let document = yaml::read::read(text, schema).map_err(|error| {
            let failure = Failure::usage(format!(
                "{}: cannot be read as YAML: {}, at column {}",
                place(name, error.line),
                error.message,
                error.column
            ));
            if jinja_line(text).is_some() {
                failure.hint("kfk does not render Jinja2; write the file without it")
            } else {
                failure
            }
        })?;
        let rendered = schema == Schema::PyYaml;
        if let Some(line) = jinja_line(text).filter(|_| rendered) {
            warnings.push(format!(
                "{}: looks like Jinja2, which Kedro's TemplatedConfigLoader renders where it is installed; kfk takes it as it stands",
                place(name, line)
            ));
        }
        for (key, first, second) in document.repeated {
            warnings.push(format!("{}: the key `{key}` stands there twice, first in line {first}; the last one counts", place(name, second)));
        }
        document.root
    };
    match root.value {
        Value::Map(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        other => Err(Failure::usage(format!(
            "{}: expected a mapping of names, not {}",
            place(name, root.line),
            other.describe()
        ))
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    struct Conf {
        dir: tempfile::TempDir,
    }

    impl Conf {
        fn new(files: &[(&str, &str)]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("conf/base")).unwrap();
            let conf = Self { dir };
            for (name, text) in files {
                conf.write(name, text.as_bytes());
            }
            conf
        }

        fn root(&self) -> PathBuf {
            fs::canonicalize(self.dir.path()).unwrap()
        }

        fn write(&self, name: &str, bytes: &[u8]) {
            let path = self.root().join("conf").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }

        fn get(&self, environment: &str, kind: &str, depth: Where) -> Result<Config> {
            let globals = Globals::from_variables([("KEDRO_CONFIG_A", "b")]);
            ConfigLoader::new(&self.root(), environment, globals)?.get(kind, depth)
        }

        fn keys(&self, environment: &str, depth: Where) -> Vec<String> {
            self.get(environment, "parameters", depth)
                .unwrap()
                .entries
                .into_keys()
                .collect()
        }

        fn error(&self, environment: &str) -> String {
            let error = self
                .get(environment, "parameters", Where::Everywhere)
                .unwrap_err();
            let hint = crate::failure::hint_of(&error)
                .map(|hint| format!(" | {hint}"))
                .unwrap_or_default();
            format!("{error:#}{hint}").replace(&*self.root().to_string_lossy(), "DIR")
        }
    }

    #[test]
    fn an_environment_replaces_whole_top_level_keys() {
        let conf = Conf::new(&[
            ("base/parameters.yml", "a: {x: 1, y: 2}\nb: 1\n_c: 1\n"),
            ("prod/parameters.yml", "d: ${a}\na: {x: 3}\n"),
        ]);
        let config = conf.get("prod", "parameters", Where::Everywhere).unwrap();
        assert_eq!(config.entries.keys().collect::<Vec<_>>(), ["a", "b", "d"]);
        let Value::Map(a) = &config.entries["a"].node.value else {
            panic!()
        };
        assert_eq!(a.len(), 1);
        assert_eq!(
            *config.entries["a"].file,
            *Path::new("conf/prod/parameters.yml")
        );
        assert_eq!(config.entries["d"].node.value, Value::Text("b".into()));
        assert_eq!(conf.keys("base", Where::Everywhere), ["a", "b"]);
        assert_eq!(conf.keys("local", Where::Everywhere), ["a", "b"]);
    }

    #[test]
    fn files_are_found_by_kedros_patterns() {
        let conf = Conf::new(&[
            ("base/parameters.yml", "k1: 1"),
            ("base/parameters_old.yaml", "k2: 1"),
            ("base/parameters/deep/x.json", "{\"k3\": 1}"),
            ("base/sub/parameters_sub.yml", "k4: 1"),
            ("base/sub/parameters_dir/x.yml", "not_read: 1"),
            ("base/parameters.yml.bak", "not_read: 1"),
            ("base/.parameters.yml", "not_read: 1"),
            ("base/.hidden/parameters.yml", "not_read: 1"),
            ("base/my_parameters.yml", "not_read: 1"),
            ("base/parameters.ini", "[x]"),
        ]);
        assert_eq!(
            conf.keys("local", Where::Everywhere),
            ["k3", "k1", "k2", "k4"]
        );
        assert_eq!(conf.keys("local", Where::Top), ["k1", "k2"]);
        let config = conf.get("local", "parameters", Where::Top).unwrap();
        assert_eq!(
            config.warnings,
            ["conf/base/parameters.ini: not read; kfk reads .yml, .yaml and .json"]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// `{**base, **environment}` of Python, in its order.
        #[test]
        fn merging_is_that_of_dictionaries(
            base in proptest::collection::btree_map("_?[a-d]{1,2}", 0..9i32, 0..8),
            overlay in proptest::collection::btree_map("_?[a-d]{1,2}", 10..19i32, 0..8),
        ) {
            let yaml = |map: &BTreeMap<String, i32>| serde_json::to_string(map).unwrap();
            let conf = Conf::new(&[("base/parameters.yml", &yaml(&base)), ("prod/parameters.yml", &yaml(&overlay))]);
            let got: Vec<(String, Value)> = conf
                .get("prod", "parameters", Where::Everywhere)
                .unwrap()
                .entries
                .into_iter()
                .map(|(key, entry)| (key, entry.node.value))
                .collect();
            let mut wanted: IndexMap<String, i32> = base.into_iter().collect();
            wanted.extend(overlay);
            let wanted: Vec<(String, Value)> = wanted
                .into_iter()
                .filter(|(key, _)| !key.starts_with('_'))
                .map(|(key, value)| (key, Value::Int(value.into())))
                .collect();
            prop_assert_eq!(got, wanted);
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once() {
        let conf = Conf::new(&[("base/parameters.yml", "a: 1")]);
        let base = conf.root().join("conf/base");
        std::os::unix::fs::symlink(
            base.join("parameters.yml"),
            base.join("parameters_link.yml"),
        )
        .unwrap();
        std::os::unix::fs::symlink(&base, base.join("parameters_loop")).unwrap();
        assert_eq!(conf.keys("local", Where::Everywhere), ["a"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| Conf::new(&[("base/parameters.yml", text)]).error("local");
        insta::assert_snapshot!(error("a: [1\nb: 2\n"), @"conf/base/parameters.yml:2: cannot be read as YAML: while parsing a flow sequence, did not find expected ',' or ']', at column 2");
        insta::assert_snapshot!(error("- a\n"), @"conf/base/parameters.yml:1: expected a mapping of names, not a list");
        insta::assert_snapshot!(error("on: 1\n"), @"conf/base/parameters.yml:1: a key that YAML reads as `true`, not as text; Kedro takes only text | if it is a name, write it in quotes");
        insta::assert_snapshot!(error("a:\n  b: ${nope}\n"), @"conf/base/parameters.yml:2: no value for the placeholder `${nope}` in `a.b` | set the environment variable KEDRO_CONFIG_NOPE, or give a default: ${nope|default}");
        insta::assert_snapshot!(error("${nope.x}: 1\n"), @"conf/base/parameters.yml:1: no value for the placeholder `${nope.x}` in `${nope.x}` | give it a default: ${nope.x|default}");
        insta::assert_snapshot!(error("a: {{ b }}\n"), @"conf/base/parameters.yml:1: cannot be read as YAML: a list or mapping cannot be a key, at column 5 | kfk does not render Jinja2; write the file without it");
        insta::assert_snapshot!(Conf::new(&[]).error("prod"), @"no folder `conf/prod` for the environment `prod` | the environments of this project are `base`; choose one with `-e` or `KEDRO_ENV`");
        let conf = Conf::new(&[
            ("base/parameters.yml", "a: 1\nb: 1\n"),
            ("base/x/parameters.yml", "c: 1\n\nb: 2\n"),
        ]);
        insta::assert_snapshot!(conf.error("local"), @"the key `b` stands in two files of one environment: conf/base/parameters.yml:2 and conf/base/x/parameters.yml:3 | Kedro refuses this; keep the key in one of them");
        let conf = Conf::new(&[("base/parameters.json", "{\"a\": 1,}")]);
        insta::assert_snapshot!(conf.error("local"), @"conf/base/parameters.json:1: cannot be read as JSON: key must be a string, at column 9");
        let conf = Conf::new(&[]);
        conf.write("base/parameters.yml", b"a: 1\nb: \xff\n");
        insta::assert_snapshot!(conf.error("local"), @"conf/base/parameters.yml:2: not UTF-8 text | save the file as UTF-8");
        fs::remove_dir_all(conf.root().join("conf/base")).unwrap();
        insta::assert_snapshot!(conf.error("local"), @"no folder `conf/base` in `DIR`");
    }

    #[test]
    fn what_only_omegaconf_could_fill_in_is_left_to_it() {
        let text = "a: 1e3\nb: ${a}\nc: [x, {d: 'x${globals:y}'}]\ne: '{{ x }}'\n";
        let conf = Conf::new(&[("base/parameters.yml", text)]);
        let mut loader = ConfigLoader::new(&conf.root(), "local", Globals::default()).unwrap();
        loader.set_schema(Schema::OmegaConf);
        let config = loader.get("parameters", Where::Everywhere).unwrap();
        assert_eq!(config.entries.keys().collect::<Vec<_>>(), ["a", "e"]);
        assert_eq!(config.entries["a"].node.value, Value::Float(1000.0));
        insta::assert_snapshot!(config.warnings.join("\n"), @"kfk leaves `b`, `c` of the parameters to Kedro: `${…}` there is for OmegaConf to fill in");
    }

    #[test]
    fn a_key_that_stands_twice_in_a_file_is_warned_about() {
        let conf = Conf::new(&[("base/parameters.yml", "a: 1\nb: 2\na: 3\n")]);
        let config = conf.get("local", "parameters", Where::Everywhere).unwrap();
        assert_eq!(config.entries["a"].node.value, Value::Int(3));
        assert_eq!(
            config.warnings,
            [
                "conf/base/parameters.yml:3: the key `a` stands there twice, first in line 1; the last one counts"
            ]
        );
    }
}
