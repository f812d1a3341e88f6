//! What scalars become, as PyYAML's safe constructor makes them.

use libyaml_safer::Mark;

use super::read::{ReadError, fail};
use super::scalar::{Scalar, Schema, is_possible_timestamp, resolve};
use super::value::Value;

/// The name of a tag of the core schema.
fn core_tag(tag: &str) -> Option<&str> {
    tag.strip_prefix("tag:yaml.org,2002:")
}

/// Refuses a collection whose tag makes something else of it.
pub(super) fn expect_tag(tag: Option<&str>, wanted: &str, mark: Mark) -> Result<(), ReadError> {
    match tag {
        Some(tag) if tag != "!" && core_tag(tag) != Some(wanted) => unsupported(tag, mark),
        _ => Ok(()),
    }
}

fn unsupported<T>(tag: &str, mark: Mark) -> Result<T, ReadError> {
    let name = core_tag(tag).map_or_else(|| tag.to_owned(), |name| format!("!!{name}"));
    fail(
        format!("kfk does not read values with the tag `{name}`"),
        mark,
    )
}

/// The value of a scalar whose kind is to be guessed.
pub(super) fn plain(text: String, mark: Mark, schema: Schema) -> Result<Value, ReadError> {
    Ok(match schema.resolve(&text) {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Int(value),
        Scalar::TooLarge => {
            return fail(
                format!("kfk does not read integers of more than 38 digits: `{text}`"),
                mark,
            );
        }
        Scalar::Float(value) => Value::Float(value),
        Scalar::Timestamp => timestamp(text, mark)?,
        Scalar::Text => Value::Text(text),
    })
}

/// Python makes a date of it at once, and fails where there is none.
fn timestamp(text: String, mark: Mark) -> Result<Value, ReadError> {
    if is_possible_timestamp(&text) {
        Ok(Value::Timestamp(text))
    } else {
        fail(
            format!(
                "`{text}` is written as a date, but there is none such; in quotes it would be text"
            ),
            mark,
        )
    }
}

/// The value of a scalar that says what it is.
pub(super) fn tagged(text: String, tag: &str, mark: Mark) -> Result<Value, ReadError> {
    let Some(kind) = core_tag(tag) else {
        return unsupported(tag, mark);
    };
    match (kind, resolve(&text)) {
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
        ("timestamp", Scalar::Timestamp) => timestamp(text, mark),
        ("bool" | "int" | "float" | "timestamp", _) => {
            fail(format!("`{text}` does not fit its tag `!!{kind}`"), mark)
        }
        _ => unsupported(tag, mark),
    }
}
