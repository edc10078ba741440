//! Placeholders in paths: `/users/{name}`.

/// Returns the names in braces.
pub(crate) fn placeholders(path: &str) -> Vec<&str> {
    let parts = path.split('{').skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

/// Removes the names in braces: `/users/{name}/x` -> `/users/{}/x`.
pub(crate) fn without_names(path: &str) -> String {
    let mut parts = path.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        let rest = part.split_once('}').map_or("", |(_, rest)| rest);
        format!("{path}{{}}{rest}")
    })
}

#[cfg(test)]
mod tests {
    use super::{placeholders, without_names};

    #[test]
    fn paths() {
        for (path, names, without) in [
            ("/a", &[][..], "/a"),
            ("/a/{b}", &["b"], "/a/{}"),
            ("/{a}/x{b}y/{c}", &["a", "b", "c"], "/{}/x{}y/{}"),
            ("/{a", &[], "/{}"),
        ] {
            assert_eq!(placeholders(path), names, "{path}");
            assert_eq!(without_names(path), without, "{path}");
        }
    }
}
