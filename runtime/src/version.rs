//! Compares the versions that servers report with the releases that introduced a feature.

/// Returns whether a server version is older than a release; `false` if the version is unknown.
pub(crate) fn is_older(version: &str, release: &str) -> bool {
    let (Some(version), Some(release)) = (numbers(version), numbers(release)) else {
        return false;
    };
    // Only the numbers that both have are compared: a release candidate has the features of its release, and `3` may be any version 3.
    let both = version.len().min(release.len());
    version[..both] < release[..both]
}

/// Returns whether a version can be compared.
pub(crate) fn is_known(version: &str) -> bool {
    numbers(version).is_some()
}

/// Returns the numbers at the beginning of a version: `2.10.5+composer` -> 2, 10, 5. `None` if there are none.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    for part in version.trim().trim_start_matches('v').split('.') {
        let end = part.bytes().position(|b| !b.is_ascii_digit());
        let digits = end.map_or(part, |end| &part[..end]);
        let Ok(number) = digits.parse() else {
            break;
        };
        numbers.push(number);
        if end.is_some() {
            break;
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let rows = [
            ("3.0.6", "3.2", true),
            ("3.2.0", "3.2", false),
            ("3.10.0", "3.2", false),
            ("2.9.3", "2.10", true),
            ("2.10.5", "2.10", false),
            ("4.0", "3.2", false),
            ("2.11.2", "3.0", true),
            ("2.10.5+composer", "2.11", true),
            ("2.11.0+astro.1", "2.11", false),
            ("3.2.0rc1", "3.2", false),
            ("3.2rc1", "3.2", false),
            ("3.1.0.dev0", "3.2", true),
            ("v3.1", "3.2", true),
            ("3", "3.2", false),
            ("2", "3.2", true),
            ("", "3.2", false),
            ("main", "3.2", false),
            ("3.0.6", "", false),
            ("99999999999999999999.1", "3.2", false),
        ];
        for (version, release, expected) in rows {
            assert_eq!(is_older(version, release), expected, "{version} {release}");
        }
    }
}
