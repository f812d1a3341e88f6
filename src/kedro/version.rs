//! Kedro's version, and what depends on it.

use std::fmt;
use std::str::FromStr;

/// A release of Kedro; suffixes such as `rc1` or `.post1` do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KedroVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

impl KedroVersion {
    /// A release by its numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// From 0.18.5 `kedro run` takes `--nodes` and separates keys from values with `=`; before, `--node` and `:`.
    pub fn has_nodes_option(self) -> bool {
        self >= Self::new(0, 18, 5)
    }

    /// From 0.19 `OmegaConfigLoader` is Kedro's only reader of configuration.
    pub fn has_only_omegaconf(self) -> bool {
        self >= Self::new(0, 19, 0)
    }

    /// From 0.17.6 a `.` in the key of `--params` makes a nested mapping; before, it is part of the key.
    pub fn nests_dotted_parameters(self) -> bool {
        self >= Self::new(0, 17, 6)
    }
}

impl fmt::Display for KedroVersion {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for KedroVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = [0; 3];
        for (index, part) in text.trim().split('.').take(3).enumerate() {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            match part[..digits].parse() {
                Ok(number) => numbers[index] = number,
                // `1.0.post1` has two numbers.
                Err(_) if index == 2 => break,
                Err(_) => return Err(()),
            }
        }
        let [major, minor, patch] = numbers;
        Ok(Self {
            major,
            minor,
            patch,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_versions_that_kedro_has_had() {
        for (text, wanted) in [
            ("0.17.4", (0, 17, 4)),
            ("1.0.0rc1", (1, 0, 0)),
            ("0.19.0.post1", (0, 19, 0)),
            ("1.3.1.post1", (1, 3, 1)),
            ("0.18", (0, 18, 0)),
            ("1.0.post1", (1, 0, 0)),
        ] {
            let (major, minor, patch) = wanted;
            assert_eq!(
                text.parse(),
                Ok(KedroVersion::new(major, minor, patch)),
                "{text}"
            );
        }
        for text in ["", "x", "dev", "1.x"] {
            assert_eq!(text.parse::<KedroVersion>(), Err(()), "{text}");
        }
        assert!(KedroVersion::new(0, 18, 14).has_nodes_option());
        assert!(!KedroVersion::new(0, 18, 4).has_nodes_option());
    }
}
