//! Texts as the words that they are compared by: in lower case, without those that say nothing, without endings.

use crate::product::product;

/// Words that tell no tool from another. `a`, `all`, `single`, `by` and `id` stand in names of tools.
const STOP: &str = "\
    a about all also am an and are as at be been but by can \
    could did do does each every for from give had has have how i id if in into is it its me \
    my need no not of on one or our out over please single so some than that the their them \
    then there these they this those to tool us use want was we were what when where whether \
    which with without would you";

/// What people say, and the words that catalogues have for it. What only one product calls so stands in its [`Words`](crate::Words).
const SAME: &[(&str, &str)] = &[
    ("add", "create"),
    ("change", "update"),
    ("edit", "update"),
    ("employee", "user"),
    ("erase", "delete"),
    ("find", "list"),
    ("insert", "create"),
    ("make", "create"),
    ("member", "user"),
    ("modify", "update"),
    ("new", "create"),
    ("people", "user"),
    ("person", "user"),
    ("purge", "delete"),
    ("read", "get"),
    ("remove", "delete"),
    ("rename", "update"),
    ("reset", "update"),
    ("search", "list"),
    ("see", "get list"),
    ("set", "update"),
    ("show", "get list"),
    ("uninstall", "delete"),
    ("view", "get list"),
];

/// Turns of phrase whose words mean something else one by one.
const PHRASES: &[(&str, &str)] = &[
    ("how many", "count"),
    ("setting", "config"),
    ("settings", "config"),
    ("who", "user"),
];

/// A query with other words for its turns of phrase.
pub(super) fn plain_query(query: &str) -> String {
    let mut text = format!(" {} ", plain(query).collect::<Vec<_>>().join(" "));
    // Those of the product are longer: "who changed" comes before "who".
    for (said, meant) in product().words.phrases.iter().chain(PHRASES) {
        text = text.replace(&format!(" {said} "), &format!(" {meant} "));
    }
    text
}

/// The words of a text that count, without their endings.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    plain(text)
        .filter(|word| !STOP.split(' ').any(|stop| stop == word) && !is_product(word))
        .map(|word| stem(&word))
}

/// Whether a word is the name of the product, which all tools are about.
fn is_product(word: &str) -> bool {
    let product = product();
    let title = product.title.split(' ');
    let mut names = title.chain(product.tool_names.split('_'));
    names.any(|name| name.eq_ignore_ascii_case(word))
}

/// The words that mean the same as one of these, without their endings.
pub(super) fn same(word: &str) -> impl Iterator<Item = String> {
    let own = product().words.same.iter();
    own.chain(SAME)
        .filter(move |(said, _)| stem(said) == word)
        .flat_map(|(_, meant)| meant.split(' '))
        .map(stem)
}

fn plain(text: &str) -> impl Iterator<Item = String> {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// A word without its ending, so that `paused`, `pausing` and `pause` are one. What is left need not be a word.
fn stem(word: &str) -> String {
    let long = |word: &str| word.chars().count() >= 3;
    let mut stem = word.to_owned();
    if let Some(start) = stem.strip_suffix("ies").filter(|start| start.len() > 1) {
        stem = format!("{start}y");
    } else if let Some(start) = stem.strip_suffix('s')
        && long(start)
        && !start.ends_with(['s', 'u', 'i'])
    {
        stem.truncate(start.len());
    }
    for ending in ["ing", "ed"] {
        let Some(start) = stem.strip_suffix(ending).map(str::len) else {
            continue;
        };
        let vowel = stem[..start].contains(['a', 'e', 'i', 'o', 'u']);
        if vowel && long(&stem[..start]) {
            stem.truncate(start);
            undouble(&mut stem);
        }
        break;
    }
    if stem.ends_with('e') && stem.chars().count() > 3 {
        stem.pop();
    }
    stem
}

/// `runn` of `running` as `run`; `fill` of `filling` stays.
fn undouble(stem: &mut String) {
    let mut last = stem.chars().rev();
    if let (Some(last), Some(before)) = (last.next(), last.next())
        && last == before
        && !matches!(last, 'l' | 's' | 'z')
    {
        stem.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_and_empty_words_do_not_count() {
        let rows = [
            ("", ""),
            ("the of a", ""),
            ("list_all_apacheairflow_users", "list user"),
            ("Paused, pausing; PAUSE", "paus paus paus"),
            ("retries tries dependencies", "retry try dependency"),
            ("running runs run", "run run run"),
            ("status access class", "status access class"),
            (
                "failed fails string set settings",
                "fail fail string set set",
            ),
            ("DAG-ids Übung", "dag ids übung"),
        ];
        for (text, expected) in rows {
            let found: Vec<_> = words(text).collect();
            assert_eq!(found.join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn phrases_are_words_of_the_catalogue() {
        let rows = [
            ("who changed it", " audit log it "),
            ("Who, how many?", " user count "),
            ("whose runs", " whose runs "),
            ("", "  "),
        ];
        for (query, expected) in rows {
            assert_eq!(plain_query(query), expected);
        }
    }

    #[test]
    fn words_of_the_same_meaning_are_sorted_and_once() {
        for words in [SAME, product().words.same] {
            assert!(words.is_sorted_by(|before, after| before.0 < after.0));
        }
        assert!(STOP.split(' ').is_sorted());
        let rows = [
            ("redo", "clear again"),
            ("crash", "fail log"),
            ("edit", "updat"),
            ("zork", ""),
        ];
        for (word, expected) in rows {
            let found: Vec<_> = same(word).collect();
            assert_eq!(found.join(" "), expected);
        }
    }
}
