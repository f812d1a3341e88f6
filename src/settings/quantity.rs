//! Quantities as Kubernetes writes them: `200m`, `64Mi`, `1.5`, `1e3`.

use crate::yaml::Value;

/// What is expected where a quantity is not one.
pub(super) const EXPECTED: &str = "a Kubernetes quantity such as 200m, 0.5, 4 or 2Gi";

/// The same for the size of something.
pub(super) const EXPECTED_SIZE: &str = "a Kubernetes quantity such as 1Gi";

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

/// The resources of containers that have no domain in front.
pub(super) const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Whether Kubernetes takes the name for a resource of a container.
pub(super) fn is_resource(name: &str) -> bool {
    let is_name = |text: &str, more: &[char]| {
        let ends = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric());
        ends && text.len() <= 63
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    match name.split_once('/') {
        Some((domain, name)) => {
            domain
                .split('.')
                .all(|part| is_name(part, &['-']) && part == part.to_lowercase())
                && is_name(name, &['-', '_', '.'])
        }
        None => {
            RESOURCES.contains(&name) || name.strip_prefix("hugepages-").is_some_and(is_quantity)
        }
    }
}

/// Reads the quantity of a resource; those with a domain, such as GPUs, cannot be divided.
pub(super) fn of_resource(name: &str, value: &Value) -> Result<String, &'static str> {
    let quantity = read(value).ok_or(EXPECTED)?;
    if name.contains('/') && !quantity.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a whole number");
    }
    Ok(quantity)
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

    #[test]
    fn resources_are_those_of_containers() {
        for name in [
            "cpu",
            "memory",
            "ephemeral-storage",
            "hugepages-2Mi",
            "nvidia.com/gpu",
            "nvidia.com/mig-1g.5gb",
            "example.com/a_b.c",
        ] {
            assert!(is_resource(name), "{name}");
        }
        for name in [
            "cpus",
            "gpu",
            "",
            "x y",
            "{{a}}",
            "nvidia.com/",
            "/gpu",
            "a/b/c",
            "nvidia..com/gpu",
            "NVIDIA.com/gpu",
            "hugepages-",
        ] {
            assert!(!is_resource(name), "{name}");
        }
    }
}
