//! What `kedro run --params` carries faithfully: its guesses of types, release by release.

use crate::kedro::KedroVersion;
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::{Key, Map, Value};

/// Whether `kedro run --params` of this release gives back the very key and value.
pub(super) fn fits_params(name: &str, value: &Value, version: KedroVersion) -> bool {
    if needs_escapes(name) {
        return false;
    }
    if version.has_nodes_option() {
        fits_omegaconf(name, value)
    } else {
        fits_numeric(name, value, version)
    }
}

/// Before 0.18.5: items are split at `,`, keys from values at the first `:`, both stripped; what `float()`
/// takes becomes a number, an integer where it is whole; all else stays text.
fn fits_numeric(name: &str, value: &Value, version: KedroVersion) -> bool {
    let stripped = |text: &str| text.trim_matches(is_python_blank).len() == text.len();
    let nests = version.nests_dotted_parameters() && name.contains('.');
    let key_fits = !name.is_empty() && !name.contains([',', ':']) && stripped(name) && !nests;
    key_fits
        && match value {
            Value::Text(text) => {
                !text.contains([',', '\0'])
                    && stripped(text)
                    && !is_python_float(text)
                    && !needs_escapes(text)
            }
            // Numbers go through a double.
            Value::Int(number) => number.unsigned_abs() <= 1 << 53,
            Value::Float(number) => number.fract() != 0.0,
            Value::Map(map) => is_plugin_mapping(map),
            Value::Null | Value::Bool(_) | Value::Timestamp(_) | Value::List(_) => false,
        }
}

/// From 0.18.5: values are read as YAML by OmegaConf, a `.` or `[` in a key makes a nested one. What is
/// certain to come back is a small part of what would.
fn fits_omegaconf(name: &str, value: &Value) -> bool {
    let key_fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    key_fits
        && match value {
            Value::Text(text) => {
                text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_'))
                    && text.chars().all(|c| {
                        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@' | '+')
                    })
                    && resolve(text) == Scalar::Text
                    && !["null", "true", "false", "y", "n"]
                        .iter()
                        .any(|word| text.eq_ignore_ascii_case(word))
            }
            Value::Int(_) | Value::Bool(_) => true,
            Value::Float(number) => number.is_finite(),
            Value::Null | Value::Timestamp(_) | Value::List(_) | Value::Map(_) => false,
        }
}

/// A mapping that kedro-kubeflow passes in `--params` without breaking the command line: one entry, a number
/// or text without a comma.
///
/// kfk keeps the plugin's compiled form for these, although Kedro before 0.18.5 takes the mapping for text,
/// and says so in a warning.
fn is_plugin_mapping(map: &Map) -> bool {
    let fits = |key: &Key, value: &Value| {
        let Key::Text(key) = key else { return false };
        let value_fits = match value {
            Value::Int(_) => true,
            Value::Float(number) => number.is_finite(),
            Value::Text(text) => !text.contains(',') && !needs_escapes(text),
            _ => false,
        };
        value_fits && !key.contains(',') && !needs_escapes(key)
    };
    map.len() == 1 && map.iter().all(|(key, node)| fits(key, &node.value))
}

/// The characters that Python's `str.strip()` takes away.
fn is_python_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Whether Python's `float()` takes the text. Digits of other scripts count as digits.
fn is_python_float(text: &str) -> bool {
    let body = text.trim_matches(is_python_blank);
    let body = body.strip_prefix(['+', '-']).unwrap_or(body);
    if ["inf", "infinity", "nan"]
        .iter()
        .any(|word| body.eq_ignore_ascii_case(word))
    {
        return true;
    }
    let (number, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    // Digits, with single underscores between them.
    let digits = |text: &str| {
        !text.is_empty()
            && text
                .split('_')
                .all(|part| !part.is_empty() && part.chars().all(char::is_numeric))
    };
    let number_ok = match number.split_once('.') {
        None => digits(number),
        Some(("", fraction)) => digits(fraction),
        Some((whole, "")) => digits(whole),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
    };
    number_ok && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// Whether something between the configuration and Kedro would read the text as more than text: Argo
/// `{{…}}`, Kubernetes `$(…)` and `$$`; and no argument of a program can hold NUL.
pub(super) fn needs_escapes(text: &str) -> bool {
    text.contains("{{") || text.contains("$(") || text.contains("$$") || text.contains('\0')
}
