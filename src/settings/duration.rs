//! Durations of ISO 8601.

/// `P` with years, months, weeks and days, then `T` with hours, minutes and seconds; at least one of them.
pub(super) fn is_duration(text: &str) -> bool {
    let parts = |text: &str, units: &str| {
        let mut units = units.chars();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let Some(unit) = rest[digits..].chars().next() else {
                return false;
            };
            if digits == 0 || !units.any(|known| known == unit) {
                return false;
            }
            rest = &rest[digits + 1..];
        }
        true
    };
    let Some(body) = text.strip_prefix('P') else {
        return false;
    };
    match body.split_once('T') {
        Some((date, time)) => !time.is_empty() && parts(date, "YMWD") && parts(time, "HMS"),
        None => !body.is_empty() && parts(body, "YMWD"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_iso_8601() {
        for text in ["P0D", "P30D", "P1Y2M3W4D", "PT1H", "P1DT2H3M4S"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "P", "PT", "30D", "P1", "P1H", "P1D2Y", "P-1D", "PżD"] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
