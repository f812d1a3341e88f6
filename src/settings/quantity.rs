//! Quantities as Kubernetes writes them: `200m`, `64Mi`, `1.5`, `1e3`.

use crate::yaml::Value;

/// What is expected where a quantity is not one.
pub(super) const EXPECTED: &str = "a Kubernetes quantity such as 200m, 0.5, 4 or 2Gi";

/// Reads a quantity; plain numbers are fine.
pub(super) fn read(value: &Value) -> Option<String> {
    let text = match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        // `{}` never writes an exponent, and 0.1 as it stands.
        Value::Float(number) if number.is_finite() => number.to_string(),
        _ => return None,
    };
    is_quantity(&text).then_some(text)
}

/// Whether Kubernetes' `resource.ParseQuantity` takes it as an amount of something.
fn is_quantity(text: &str) -> bool {
    const SUFFIXES: [&str; 16] = [
        "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let number_ok = number.matches('.').count() <= 1 && number.chars().any(|c| c.is_ascii_digit());
    let is_exponent = || {
        let digits = suffix
            .strip_prefix(['e', 'E'])
            .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
        digits
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
    };
    number_ok && (SUFFIXES.contains(&suffix) || is_exponent())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_kubernetes_takes() {
        for text in [
            "200m", "64Mi", "1", "0.5", ".5", "1.", "1e3", "2E-1", "3E", "100n",
        ] {
            assert!(is_quantity(text), "{text}");
        }
        for text in [
            "", "m", "1 Gi", "2 cores", "-1", "1.2.3", "1GiB", "one", "1e", "0x1",
        ] {
            assert!(!is_quantity(text), "{text}");
        }
        assert_eq!(read(&Value::Int(8)).as_deref(), Some("8"));
        assert_eq!(read(&Value::Float(0.1)).as_deref(), Some("0.1"));
        assert_eq!(read(&Value::Float(1.0)).as_deref(), Some("1"));
        assert_eq!(read(&Value::Float(f64::INFINITY)), None);
        assert_eq!(read(&Value::Bool(true)), None);
    }
}
