//! Matches names with patterns that contain `*`, such as `*_gt` and `get_*_events`.

/// Returns whether a name matches a pattern. `*` matches any text, including none.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("get_users", "get_users", true),
            ("get_users", "get_users2", false),
            ("get_user", "get_users", false),
            ("*", "", true),
            ("*", "anything", true),
            ("*_gt", "start_date_gt", true),
            ("*_gt", "start_date_gte", false),
            ("get_*", "get_users", true),
            ("get_*", "got_users", false),
            ("*dag*", "get_dag_runs", true),
            ("*dag*", "dag", true),
            ("*dag*", "get_users", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("**", "x", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }
}
