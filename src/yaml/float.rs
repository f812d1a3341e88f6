//! Floating-point numbers as text.

/// Writes a number as Python's `repr` does, with the fewest digits that read back as the same number:
/// `0.2`, `1e-05`, `1e+16`, `inf`, `nan`.
pub fn python_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let (mantissa, exponent) = scientific(value);
    if (-4..16).contains(&exponent) {
        return with_point(format!("{value}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Writes a finite number so that JSON, YAML 1.1 and YAML 1.2 all read it as that number: `1.0e-05`.
pub fn portable(value: f64) -> String {
    let (mantissa, exponent) = scientific(value);
    if (-4..16).contains(&exponent) {
        return with_point(format!("{value}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", with_point(mantissa), exponent.abs())
}

fn scientific(value: f64) -> (String, i32) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), exponent.parse().unwrap_or(0))
}

fn with_point(mut text: String) -> String {
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::scalar::{Scalar, resolve};

    #[test]
    fn writes_what_python_writes() {
        for (value, repr, both) in [
            (0.2, "0.2", "0.2"),
            (1.0, "1.0", "1.0"),
            (1e-5, "1e-05", "1.0e-05"),
            (1.5e-7, "1.5e-07", "1.5e-07"),
            (0.0001, "0.0001", "0.0001"),
            (1e15, "1000000000000000.0", "1000000000000000.0"),
            (1e16, "1e+16", "1.0e+16"),
            (
                1.797_693_134_862_315_7e308,
                "1.7976931348623157e+308",
                "1.7976931348623157e+308",
            ),
            (-2.5, "-2.5", "-2.5"),
            (0.0, "0.0", "0.0"),
        ] {
            assert_eq!(python_repr(value), repr);
            assert_eq!(portable(value), both);
        }
        assert_eq!(python_repr(f64::NEG_INFINITY), "-inf");
        assert_eq!(python_repr(f64::NAN), "nan");
    }

    proptest! {
        #[test]
        fn portable_numbers_read_back(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            let text = portable(value);
            prop_assert_eq!(resolve(&text), Scalar::Float(value));
            prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), value.to_bits());
        }
    }
}
