//! Suggests known names for an unknown name.

use serde_json::Value;

/// Maximum number of names that a message lists.
const LISTED: usize = 20;

/// Maximum length of names that are compared. All known names are shorter, and the comparison takes time proportional to the product of the lengths.
const LONGEST: usize = 128;

/// Returns the known name that is most similar to `name`, or `None` if none is similar.
///
/// Case, `_` and `-` are ignored, and two characters or up to a third of them may differ. If no name is that close, returns the shortest known name that contains all words of `name`: `list_users` finds `list_all_users`.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let plain_name = plain(name);
    let most = (plain_name.chars().count() / 3).max(2);
    let similar = known.clone().filter_map(|other| {
        let plain_other = plain(other);
        let distance = strsim::damerau_levenshtein(&plain_name, &plain_other);
        // Names that have no character in common are not similar, however short they are.
        let longest = plain_name.chars().count().max(plain_other.chars().count());
        (distance <= most && distance < longest).then_some((distance, other))
    });
    similar
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
        .or_else(|| {
            known
                .filter(|other| has_words(other, name))
                .min_by_key(|other| other.len())
        })
}

/// Returns a remark for a message about an unknown name: ` (did you mean "users"?)`, or the known names if none is similar.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(nearest) => format!(" (did you mean {}?)", Value::from(nearest)),
        None => format!(" (known: {})", listed(known)),
    }
}

/// Joins names for a message; further names are counted.
#[must_use]
pub fn listed<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let count = names.clone().count();
    let listed: Vec<_> = names.take(LISTED).collect();
    match count.saturating_sub(LISTED) {
        0 if count == 0 => "none".to_owned(),
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn has_words(other: &str, name: &str) -> bool {
    let singular = |word: &str| word.strip_suffix('s').unwrap_or(word).to_lowercase();
    let mut words = name
        .split(['_', '-'])
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some()
        && words.all(|word| {
            other
                .split(['_', '-'])
                .any(|found| singular(found) == singular(word))
        })
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_similar_names() {
        let known = [
            "email",
            "first_name",
            "list_all_things_users",
            "list_all_things_roles",
            "delete_a_things_user_by_id",
        ];
        let rows = [
            ("emial", Some("email")),
            ("Email", Some("email")),
            ("firstName", Some("first_name")),
            ("first-name", Some("first_name")),
            ("list_users", Some("list_all_things_users")),
            ("list_role", Some("list_all_things_roles")),
            ("delete_user", Some("delete_a_things_user_by_id")),
            ("zork", None),
            ("", None),
            ("_", None),
        ];
        let found = rows.map(|(name, _)| (name, nearest(name, known.into_iter())));
        assert_eq!(found, rows);
    }

    #[test]
    fn does_not_compare_very_long_names() {
        let long = "x".repeat(100_000);
        assert_eq!(nearest(&long, [long.as_str()].into_iter()), None);
    }
}
