//! What a plain scalar means to a YAML 1.1 reader.
//!
//! Kedro reads its configuration with PyYAML, which follows YAML 1.1: `yes` is a boolean, `0755` is 493,
//! `12:30` is 750, `1e3` is text. The rules here are those of PyYAML's resolver and safe constructor.
//! The writer asks the same question to know what it has to quote.

/// The meaning of a plain scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    /// `~`, `null` or nothing at all.
    Null,
    /// `yes`, `no`, `on`, `off`, `true`, `false` in three spellings each.
    Bool(bool),
    /// Decimal, octal (`0755`), hexadecimal, binary or sexagesimal (`1:30`).
    Int(i128),
    /// An integer that needs more than 127 bits.
    TooLarge,
    /// With a decimal point; `1e3` is not one in YAML 1.1.
    Float(f64),
    /// A date or a point in time, such as `2020-01-02`.
    Timestamp,
    /// Everything else.
    Text,
}

/// Which reader of YAML decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schema {
    /// PyYAML's safe loader, which `ConfigLoader` and `TemplatedConfigLoader` read with.
    #[default]
    PyYaml,
    /// OmegaConf's loader: PyYAML's, with `1e3` as a number and dates as text.
    OmegaConf,
}

impl Schema {
    /// Resolves a plain scalar as this reader does.
    pub fn resolve(self, text: &str) -> Scalar {
        match (self, resolve(text)) {
            (Self::OmegaConf, Scalar::Timestamp) => Scalar::Text,
            (Self::OmegaConf, Scalar::Text) => {
                exponential(text).map_or(Scalar::Text, Scalar::Float)
            }
            (_, scalar) => scalar,
        }
    }
}

/// A number with an exponent that YAML 1.1 takes for text: without a point, or with an exponent without a sign.
fn exponential(text: &str) -> Option<f64> {
    let (_, body) = split_sign(text);
    let (number, exponent) = body.split_once(['e', 'E'])?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| !text.is_empty() && all(text, |b| b.is_ascii_digit());
    let fits = whole.split('_').all(digits)
        && all(fraction, digit_or_underscore)
        && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if fits { plain.parse().ok() } else { None }
}

/// Resolves a plain scalar as PyYAML does.
pub fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        _ => {}
    }
    // Numbers and timestamps start with one of these; most scalars leave here.
    if !text.starts_with(['+', '-', '.']) && !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Scalar::Text;
    }
    if let Some(value) = float(text) {
        return Scalar::Float(value);
    }
    if let Some(value) = int(text) {
        return value;
    }
    if is_timestamp(text) {
        Scalar::Timestamp
    } else {
        Scalar::Text
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn all(text: &str, wanted: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(wanted)
}

fn digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// The parts of a sexagesimal number behind the first colon: each `[0-5]?[0-9]`.
fn is_sexagesimal_part(part: &str) -> bool {
    match part.as_bytes() {
        [unit] => unit.is_ascii_digit(),
        [ten, unit] => (b'0'..=b'5').contains(ten) && unit.is_ascii_digit(),
        _ => false,
    }
}

fn int(text: &str) -> Option<Scalar> {
    let (negative, body) = split_sign(text);
    let (radix, digits) = if let Some(rest) = body.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = body.strip_prefix("0x") {
        (16, rest)
    } else if body.len() > 1 && body.starts_with('0') {
        (8, &body[1..])
    } else {
        (10, body)
    };
    let valid = match radix {
        2 => all(digits, |b| matches!(b, b'0' | b'1' | b'_')),
        8 => all(digits, |b| matches!(b, b'0'..=b'7' | b'_')),
        16 => all(digits, |b| b.is_ascii_hexdigit() || b == b'_'),
        _ => {
            if let Some(value) = sexagesimal(body) {
                return Some(signed(value, negative));
            }
            body == "0"
                || (matches!(body.as_bytes().first(), Some(b'1'..=b'9'))
                    && all(body, digit_or_underscore))
        }
    };
    if !valid || digits.is_empty() {
        return None;
    }
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    if plain.is_empty() {
        // `0_` is zero to PyYAML; `0x_` makes it fail, and reads best as text.
        return (radix == 8).then_some(Scalar::Int(0));
    }
    Some(signed(i128::from_str_radix(&plain, radix).ok(), negative))
}

fn signed(value: Option<i128>, negative: bool) -> Scalar {
    match value {
        Some(value) => Scalar::Int(if negative { -value } else { value }),
        None => Scalar::TooLarge,
    }
}

/// `Some(None)` is a sexagesimal number that is too large.
#[expect(
    clippy::option_option,
    reason = "not one, too large and a value are three answers"
)]
fn sexagesimal(body: &str) -> Option<Option<i128>> {
    let (head, tail) = body.split_once(':')?;
    let head_is_number =
        matches!(head.as_bytes().first(), Some(b'1'..=b'9')) && all(head, digit_or_underscore);
    if !head_is_number || !tail.split(':').all(is_sexagesimal_part) {
        return None;
    }
    let head: String = head.chars().filter(|c| *c != '_').collect();
    let mut value = head.parse::<i128>().ok();
    for part in tail.split(':') {
        let part: i128 = part.parse().ok()?;
        value = value
            .and_then(|v| v.checked_mul(60))
            .and_then(|v| v.checked_add(part));
    }
    Some(value)
}

fn float(text: &str) -> Option<f64> {
    let (negative, body) = split_sign(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (whole, rest) = body.split_once('.')?;
    if let Some((head, tail)) = whole.split_once(':') {
        return sexagesimal_float(head, tail, rest).map(|value| sign * value);
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let whole_ok = if whole.is_empty() {
        // `.5` takes no sign in PyYAML, and needs a digit behind the point.
        body.len() == text.len() && fraction.starts_with(|c: char| c.is_ascii_digit())
    } else {
        whole.starts_with(|c: char| c.is_ascii_digit()) && all(whole, digit_or_underscore)
    };
    let exponent_ok = exponent.is_none_or(|e| {
        e.strip_prefix(['+', '-'])
            .is_some_and(|digits| !digits.is_empty() && all(digits, |b| b.is_ascii_digit()))
    });
    if !whole_ok || !exponent_ok || !all(fraction, digit_or_underscore) {
        return None;
    }
    let plain: String = body.chars().filter(|c| *c != '_').collect();
    plain.parse::<f64>().ok().map(|value| sign * value)
}

fn sexagesimal_float(head: &str, tail: &str, fraction: &str) -> Option<f64> {
    let head_ok = head.starts_with(|c: char| c.is_ascii_digit()) && all(head, digit_or_underscore);
    if !head_ok || !tail.split(':').all(is_sexagesimal_part) || !all(fraction, digit_or_underscore)
    {
        return None;
    }
    let clean = |part: &str| part.chars().filter(|c| *c != '_').collect::<String>();
    let mut value = clean(head).parse::<f64>().ok()?;
    for part in tail.split(':') {
        value = value * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(
        value
            + format!("0.{}", clean(fraction))
                .parse::<f64>()
                .unwrap_or(0.0),
    )
}

/// `YYYY-MM-DD`, or a point in time as PyYAML's resolver knows it.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    let digits = |at: &mut usize, least: usize, most: usize| {
        let start = *at;
        while *at < bytes.len() && *at - start < most && bytes[*at].is_ascii_digit() {
            *at += 1;
        }
        *at - start >= least
    };
    let byte = |at: &mut usize, wanted: &[u8]| {
        let found = bytes.get(*at).is_some_and(|b| wanted.contains(b));
        *at += usize::from(found);
        found
    };
    let blanks = |at: &mut usize| {
        let start = *at;
        while bytes.get(*at).is_some_and(|b| matches!(b, b' ' | b'\t')) {
            *at += 1;
        }
        *at > start
    };
    if !(digits(&mut at, 4, 4)
        && byte(&mut at, b"-")
        && digits(&mut at, 1, 2)
        && byte(&mut at, b"-")
        && digits(&mut at, 1, 2))
    {
        return false;
    }
    if at == bytes.len() {
        // A date alone needs two digits for month and day.
        return bytes.len() == 10;
    }
    if !byte(&mut at, b"Tt") && !blanks(&mut at) {
        return false;
    }
    if !(digits(&mut at, 1, 2)
        && byte(&mut at, b":")
        && digits(&mut at, 2, 2)
        && byte(&mut at, b":")
        && digits(&mut at, 2, 2))
    {
        return false;
    }
    if byte(&mut at, b".") {
        digits(&mut at, 0, usize::MAX);
    }
    let blank = blanks(&mut at);
    if at == bytes.len() {
        return !blank;
    }
    if byte(&mut at, b"Z") {
        return at == bytes.len();
    }
    if !(byte(&mut at, b"+-") && digits(&mut at, 1, 2)) {
        return false;
    }
    if byte(&mut at, b":") && !digits(&mut at, 2, 2) {
        return false;
    }
    at == bytes.len()
}

/// Whether what looks like a timestamp is one: a day of the calendar, an hour of the day.
pub fn is_possible_timestamp(text: &str) -> bool {
    let numbers: Vec<u32> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .collect();
    let [year, month, day, ref time @ ..] = numbers[..] else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    let time_fits = time
        .iter()
        .zip([24, 60, 60])
        .all(|(number, most)| *number < most);
    year >= 1 && (1..=days).contains(&day) && time_fits
}

#[cfg(test)]
mod tests {
    use super::{Scalar, Schema, is_possible_timestamp, resolve};

    /// Each line was checked against PyYAML 6.0.3.
    #[test]
    fn reads_plain_scalars_as_pyyaml_does() {
        let table = [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("NULL", Scalar::Null),
            ("nULL", Scalar::Text),
            ("yes", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("y", Scalar::Text),
            ("0", Scalar::Int(0)),
            ("-12", Scalar::Int(-12)),
            ("+12", Scalar::Int(12)),
            ("0755", Scalar::Int(493)),
            ("08", Scalar::Text),
            ("0o17", Scalar::Text),
            ("0x1F", Scalar::Int(31)),
            ("0b101", Scalar::Int(5)),
            ("1_000", Scalar::Int(1000)),
            ("0_", Scalar::Int(0)),
            ("12:30", Scalar::Int(750)),
            ("1:60", Scalar::Text),
            ("01:30", Scalar::Text),
            ("-1:30:00", Scalar::Int(-5400)),
            (
                "12345678901234567890",
                Scalar::Int(12_345_678_901_234_567_890),
            ),
            (
                "999999999999999999999999999999999999999999",
                Scalar::TooLarge,
            ),
            ("1.5", Scalar::Float(1.5)),
            ("1.", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            ("-.5", Scalar::Text),
            ("1e3", Scalar::Text),
            ("1.0e3", Scalar::Text),
            ("1.0e+3", Scalar::Float(1000.0)),
            ("1.0e-05", Scalar::Float(1e-5)),
            ("-.inf", Scalar::Float(f64::NEG_INFINITY)),
            ("1:30.5", Scalar::Float(90.5)),
            ("2020-01-02", Scalar::Timestamp),
            ("2020-1-2", Scalar::Text),
            ("2001-12-14t21:59:43.10-05:00", Scalar::Timestamp),
            ("2001-12-14 21:59:43.10 -5", Scalar::Timestamp),
            ("2001-12-15 2:59:43.10", Scalar::Timestamp),
            ("2001-12-14 21:59", Scalar::Text),
            ("1.2.3", Scalar::Text),
            ("-", Scalar::Text),
            ("+", Scalar::Text),
            (".", Scalar::Text),
            ("...", Scalar::Text),
            ("200m", Scalar::Text),
            ("1Gi", Scalar::Text),
        ];
        for (text, wanted) in table {
            assert_eq!(resolve(text), wanted, "{text:?}");
        }
        assert!(matches!(resolve(".nan"), Scalar::Float(value) if value.is_nan()));
        assert_eq!(resolve("-.nan"), Scalar::Text);
    }

    #[test]
    fn days_that_do_not_exist_are_no_dates() {
        for text in [
            "2020-02-29",
            "2000-02-29",
            "2021-12-31",
            "2001-12-14t23:59:59.10-05:00",
            "2001-1-1 0:00:00",
        ] {
            assert!(is_possible_timestamp(text), "{text}");
        }
        for text in [
            "2020-13-45",
            "2020-02-30",
            "2021-02-29",
            "1900-02-29",
            "0000-01-01",
            "2020-01-01 25:00:00",
            "2020-01-01 10:60:00",
        ] {
            assert!(!is_possible_timestamp(text), "{text}");
        }
    }

    /// Each line was checked against OmegaConf 2.4.0.
    #[test]
    fn omegaconf_knows_more_numbers_and_no_dates() {
        for (text, wanted) in [
            ("1e3", Scalar::Float(1000.0)),
            ("1e-3", Scalar::Float(0.001)),
            ("-1.5e3", Scalar::Float(-1500.0)),
            ("1_0E+2", Scalar::Float(1000.0)),
            ("1.e5", Scalar::Float(100_000.0)),
            ("2020-01-02", Scalar::Text),
            ("2020-01-02T10:00:00", Scalar::Text),
            ("0755", Scalar::Int(493)),
            ("yes", Scalar::Bool(true)),
            ("12:30", Scalar::Int(750)),
            ("e5", Scalar::Text),
            ("1e", Scalar::Text),
            ("1e5x", Scalar::Text),
            ("1__0e5", Scalar::Text),
        ] {
            assert_eq!(Schema::OmegaConf.resolve(text), wanted, "{text}");
        }
    }
}
