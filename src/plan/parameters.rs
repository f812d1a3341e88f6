//! Parameters on their way from the configuration through Kubeflow's UI into Kedro.
//!
//! A workflow's arguments are text. `kedro run --params` guesses types back from text, and guesses
//! differently from release to release. Where its guess gives the very value of the configuration, for every
//! parameter, the step uses `--params`, as kedro-kubeflow does. Where it does not, the step writes all
//! parameters into a file for `kedro run --config`, which every release passes on unchanged.

use super::fidelity::fits_params;
use super::names::{Names, dashed};
use super::text::{file_text, params_text};
use crate::failure::place;
use crate::kedro::config::Entry;
use crate::kedro::{Config, KedroVersion};
use crate::yaml::Value;

/// A parameter that can be changed when a run starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in Kedro.
    pub name: String,
    /// Its name as an argument of the workflow: letters, digits, `-` and `_`.
    pub argument: String,
    /// Its value as text.
    pub default: String,
    /// How a step that writes a `--config` file reads the text.
    pub form: Form,
}

/// How text becomes a value again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It is the value.
    Text,
    /// As JSON, or else as YAML.
    Yaml,
}

/// How parameters reach `kedro run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// As `--params key:value,…` (before 0.18.5) or `--params key=value,…`.
    Params {
        /// Between key and value.
        separator: &'static str,
    },
    /// As a file for `--config`.
    ConfigFile,
}

/// All parameters, and how they are delivered.
#[derive(Debug)]
pub struct Parameters {
    /// In the order of the configuration.
    pub list: Vec<Parameter>,
    /// The same for all of them.
    pub delivery: Delivery,
}

/// The most bytes that Kubeflow Pipelines takes for the parameters of a run, as JSON.
const MOST_BYTES: usize = 10_000;

impl Parameters {
    /// Decides how the configuration's parameters are delivered. A parameter that is null becomes no argument:
    /// Kedro's own configuration already says null. Names in `reserved` are not given to arguments.
    pub(super) fn new(
        config: &Config,
        version: KedroVersion,
        reserved: &[&str],
        warnings: &mut Vec<String>,
    ) -> Self {
        let present = || {
            config
                .entries
                .iter()
                .filter(|(_, entry)| entry.node.value != Value::Null)
        };
        let faithful = present().all(|(name, entry)| fits_params(name, &entry.node.value, version));
        let delivery = match (faithful, version.has_nodes_option()) {
            (false, _) => Delivery::ConfigFile,
            (true, false) => Delivery::Params { separator: ":" },
            (true, true) => Delivery::Params { separator: "=" },
        };
        let arguments = argument_names(present().map(|(name, _)| name.as_str()), reserved);
        let mut list = Vec::with_capacity(arguments.len());
        for ((name, entry), argument) in present().zip(arguments) {
            let (default, form) = match delivery {
                Delivery::Params { .. } => (params_text(&entry.node.value), Form::Text),
                Delivery::ConfigFile => file_text(&entry.node.value),
            };
            if matches!(delivery, Delivery::Params { separator: ":" })
                && matches!(entry.node.value, Value::Map(_))
            {
                warnings.push(as_text_warning(name, entry, version));
            }
            list.push(Parameter {
                name: name.clone(),
                argument,
                default,
                form,
            });
        }
        let bytes: usize = list
            .iter()
            .map(|parameter| parameter.argument.len() + parameter.default.len() + 24)
            .sum();
        if bytes > MOST_BYTES {
            warnings.push(format!(
                "the parameters are about {bytes} bytes as arguments of the workflow; Kubeflow Pipelines refuses more than {MOST_BYTES} unless its MAX_PARAMETER_BYTES is raised"
            ));
        }
        Self { list, delivery }
    }
}

/// The names of arguments: those that Argo takes stay as they are, others are changed and made unique.
fn argument_names<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    reserved: &[&str],
) -> Vec<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_legal =
        |name: &str| !name.is_empty() && name.chars().all(legal) && !reserved.contains(&name);
    let mut taken = Names::default();
    for name in reserved {
        taken.reserve(name);
    }
    names
        .clone()
        .filter(|name| is_legal(name))
        .for_each(|name| taken.reserve(name));
    names
        .map(|name| {
            if is_legal(name) {
                return name.to_owned();
            }
            let changed = dashed(name, legal);
            taken.unique(
                if changed.is_empty() {
                    "parameter"
                } else {
                    &changed
                },
                name,
                None,
            )
        })
        .collect()
}

fn as_text_warning(name: &str, entry: &Entry, version: KedroVersion) -> String {
    format!(
        "{}: the parameter `{name}` reaches nodes as text, not as a mapping: Kedro {version} cannot read a mapping from `--params`, \
         and kfk compiles this one as kedro-kubeflow does; a mapping of two or more entries is delivered exactly",
        place(&entry.file, entry.node.line)
    )
}

#[cfg(test)]
pub(super) fn config(yaml: &str) -> Config {
    Config::from_yaml("conf/base/parameters.yml", yaml)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: KedroVersion = KedroVersion::new(0, 17, 4);
    const NESTING: KedroVersion = KedroVersion::new(0, 17, 7);
    const NEW: KedroVersion = KedroVersion::new(0, 19, 3);

    fn delivery(yaml: &str, version: KedroVersion) -> Delivery {
        Parameters::new(&config(yaml), version, &[], &mut Vec::new()).delivery
    }

    const OLD_PARAMS: Delivery = Delivery::Params { separator: ":" };
    const NEW_PARAMS: Delivery = Delivery::Params { separator: "=" };

    #[test]
    fn before_0_18_5_numbers_and_unambiguous_text_go_through_params() {
        for yaml in [
            "a: 1",
            "a: -3",
            "a: 0.5",
            "a: 1.0e-05",
            "a: text",
            "a: ''",
            "a: x:y=z",
            "a: '1.2.3'",
            "a: '0x10'",
            "a: 1e",
            "a: 'true'",
            "a: zażółć 雪",
            "'with space': 1",
            "'1st': 1",
            "a-b: 1",
            "{}",
            "a:",
            "a: '2020-01-01'",
            "a: '1__0'",
            "a: 1 000",
        ] {
            assert_eq!(delivery(yaml, OLD), OLD_PARAMS, "{yaml}");
        }
        for yaml in [
            "a: 1.0",
            "a: 9007199254740993",
            "a: yes",
            "a: [1]",
            "a: {x: 1, y: 2}",
            "a: {x: null}",
            "a: {x: [1]}",
            "a: {x: yes}",
            "a: 2020-01-01",
            "a: 'x,y'",
            "a: ' x'",
            "a: \"x\\t\"",
            "a: '1.10'",
            "a: '010'",
            "a: '1e3'",
            "a: '.5'",
            "a: '5.'",
            "a: '1_0'",
            "a: 'NaN'",
            "a: '-Infinity'",
            "a: '٣'",
            "a: '{{x}}'",
            "a: $$5",
            "a: $(HOME)",
            "a: \"\\0\"",
            "'a,b': 1",
            "'a:b': 1",
            "' a': 1",
            "'': 1",
            "a: 1\nb: [1]",
        ] {
            assert_eq!(delivery(yaml, OLD), Delivery::ConfigFile, "{yaml}");
        }
        assert_eq!(delivery("a.b: 1", OLD), OLD_PARAMS);
        assert_eq!(delivery("a.b: 1", NESTING), Delivery::ConfigFile);
    }

    #[test]
    fn from_0_18_5_yaml_scalars_go_through_params() {
        for yaml in [
            "a: 1",
            "a: 1.0",
            "a: yes",
            "a: text",
            "a: 9007199254740993",
            "a: /data/x.csv",
            "a: -1.5e-7",
            "a-b_c: 1",
        ] {
            assert_eq!(delivery(yaml, NEW), NEW_PARAMS, "{yaml}");
        }
        for yaml in [
            "a: ''",
            "a: 'yes'",
            "a: 'null'",
            "a: '1'",
            "a: x y",
            "a: 'x: y'",
            "a: 'x,y'",
            "a: [1]",
            "a: {x: 1}",
            "a.b: 1",
            "'1a': 1",
            "a: .inf",
            "a: 2020-01-01",
            "a: '${x}'",
        ] {
            assert_eq!(delivery(yaml, NEW), Delivery::ConfigFile, "{yaml}");
        }
    }

    fn defaults(yaml: &str) -> Vec<(String, Form)> {
        let parameters = Parameters::new(&config(yaml), OLD, &[], &mut Vec::new());
        parameters
            .list
            .into_iter()
            .map(|parameter| (parameter.default, parameter.form))
            .collect()
    }

    #[test]
    fn texts_are_those_that_the_plugin_shows() {
        let texts: Vec<String> = defaults("a: 1.0e-05\nb: 7\nc: a b\nd: ''\n")
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        assert_eq!(texts, ["1e-05", "7", "a b", ""]);
    }

    #[test]
    fn a_config_file_gets_text_as_it_is_and_all_else_as_json_or_yaml() {
        for (yaml, text, form) in [
            (
                "a: [1, x, null, yes]",
                r#"[1, "x", null, true]"#,
                Form::Yaml,
            ),
            ("a: '1.10'", "1.10", Form::Text),
            ("a: no", "false", Form::Yaml),
            ("a: 1.0", "1.0", Form::Yaml),
            (
                "a: {x: {y: [1.0e-05, 2]}, z: .inf}",
                r#"{"x": {"y": [1.0e-05, 2]}, "z": Infinity}"#,
                Form::Yaml,
            ),
            ("a: 2020-01-02", "2020-01-02", Form::Yaml),
            (
                "a: [2020-01-02, .nan, 'no']",
                r#"[2020-01-02, .nan, "no"]"#,
                Form::Yaml,
            ),
            ("a: {1: x, y: z}", r#"{1: "x", "y": "z"}"#, Form::Yaml),
            (
                "a: '{{x}} $$ $(y) $z'",
                r#""\u007b{x}} \u0024$ \u0024(y) $z""#,
                Form::Yaml,
            ),
            ("a: \"\\0\"", r#""\u0000""#, Form::Yaml),
        ] {
            assert_eq!(defaults(yaml), [(text.to_owned(), form)], "{yaml}");
        }
    }

    #[test]
    fn a_null_parameter_is_no_argument() {
        assert_eq!(defaults("a: null\nb: 1\n"), [("1".to_owned(), Form::Text)]);
    }

    #[test]
    fn the_plugins_form_of_a_small_mapping_is_kept_and_warned_about() {
        let mut warnings = Vec::new();
        let parameters = Parameters::new(&config("model: {depth: 3}"), OLD, &[], &mut warnings);
        assert_eq!(
            (parameters.delivery, parameters.list[0].default.as_str()),
            (OLD_PARAMS, r#"{"depth": 3}"#)
        );
        insta::assert_snapshot!(warnings.join("\n"), @"conf/base/parameters.yml:1: the parameter `model` reaches nodes as text, not as a mapping: Kedro 0.17.4 cannot read a mapping from `--params`, and kfk compiles this one as kedro-kubeflow does; a mapping of two or more entries is delivered exactly");
    }

    #[test]
    fn arguments_have_legal_names_of_their_own() {
        let yaml = "with.dot: 1\nwith-dot: 2\nwith dot: 3\n雪: 4\non_: 5\nvolume: 6\n";
        let parameters = Parameters::new(&config(yaml), OLD, &["volume"], &mut Vec::new());
        let names: Vec<&str> = parameters
            .list
            .iter()
            .map(|parameter| parameter.argument.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "with-dot-2",
                "with-dot",
                "with-dot-3",
                "parameter",
                "on_",
                "volume-2"
            ]
        );
    }

    #[test]
    fn more_than_kubeflow_takes_is_warned_about() {
        let mut warnings = Vec::new();
        Parameters::new(
            &config(&format!("a: {}", "x".repeat(9900))),
            OLD,
            &[],
            &mut warnings,
        );
        assert!(warnings.is_empty(), "{warnings:?}");
        Parameters::new(
            &config(&format!("a: {}", "x".repeat(10_000))),
            OLD,
            &[],
            &mut warnings,
        );
        insta::assert_snapshot!(warnings.join("\n"), @"the parameters are about 10025 bytes as arguments of the workflow; Kubeflow Pipelines refuses more than 10000 unless its MAX_PARAMETER_BYTES is raised");
    }
}
