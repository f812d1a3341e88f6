//! Names in messages: the nearest known one, and lists of them.

/// Finds the candidate that looks most like `name`, if any looks alike at all.
///
/// Case and the choice of `-`, `_`, `.` or a blank do not count as differences. Of equally near candidates
/// the first is taken.
fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this, a suggestion would rather be taken for a joke.
    const ALIKE: f64 = 0.8;
    let wanted = fold(name);
    let mut best: Option<(&str, f64)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(&wanted, &fold(candidate));
        if likeness > ALIKE && best.is_none_or(|(_, most)| likeness > most) {
            best = Some((candidate, likeness));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// `; did you mean `X`?`, or nothing.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates)
        .map(|known| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}

/// The names in backticks.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The first few of the names, and how many more there are.
pub fn first_few<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let mut names = names.into_iter();
    let shown = listed(names.by_ref().take(SHOWN));
    match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn fold(name: &str) -> String {
    name.chars()
        .map(|c| if matches!(c, '-' | '.' | ' ') { '_' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_and_only_what_is_near() {
        let known = ["split_data", "train_model", "evaluate_model"];
        assert_eq!(nearest("train-modle", known), Some("train_model"));
        assert_eq!(nearest("Split.Data", known), Some("split_data"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(did_you_mean("x", []), "");
    }

    #[test]
    fn of_many_names_a_few_are_shown() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(
            first_few(["a", "b", "c", "d", "e"]),
            "`a`, `b`, `c`, `d`, `e`"
        );
        assert_eq!(
            first_few(["a", "b", "c", "d", "e", "f", "g"]),
            "`a`, `b`, `c`, `d`, `e` and 2 more"
        );
    }
}
