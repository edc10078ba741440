//! Splits texts into the words by which a search compares them: in lower case, without stop words, without endings.

use crate::product::product;

/// Stop words, which do not distinguish tools. Names of tools contain `a`, `all`, `single`, `by` and `id`.
const STOP: &str = "\
    a about all also am an and are as at be been but by can \
    could did do does each every for from give had has have how i id if in into is it its me \
    my need no not of on one or our out over please single so some than that the their them \
    then there these they this those to tool us use want was we were what when where whether \
    which with without would you";

/// Words of search queries, each with the words that catalogues use instead. The words of only one product are in its [`Synonyms`](crate::product::Synonyms).
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

/// Words and phrases that are replaced in a query before the query is split into words.
const PHRASES: &[(&str, &str)] = &[
    ("how many", "count"),
    ("setting", "config"),
    ("settings", "config"),
    ("who", "user"),
];

/// Returns a query in lower case with the replacements for its phrases.
pub(super) fn plain_query(query: &str) -> String {
    let mut text = format!(" {} ", plain(query).collect::<Vec<_>>().join(" "));
    // The phrases of the product come first, because they are longer: "who changed" must be replaced before "who".
    for (phrase, meant) in product().synonyms.phrases.iter().chain(PHRASES) {
        text = text.replace(&format!(" {phrase} "), &format!(" {meant} "));
    }
    text
}

/// Returns the words of a text without stop words, product names and endings.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    plain(text)
        .filter(|word| !STOP.split(' ').any(|stop| stop == word) && !is_product(word))
        .map(|word| stem(&word))
}

/// Returns whether a word names the product. Such a word does not distinguish tools, because all tools are about the product.
fn is_product(word: &str) -> bool {
    let product = product();
    let title = product.title.split(' ');
    let mut names = title.chain(product.tool_name_pattern.split('_'));
    names.any(|name| name.eq_ignore_ascii_case(word))
}

/// Returns the synonyms of a word. The word and its synonyms have no endings.
pub(super) fn same(word: &str) -> impl Iterator<Item = String> {
    let own = product().synonyms.words.iter();
    own.chain(SAME)
        .filter(move |(key, _)| stem(key) == word)
        .flat_map(|(_, meant)| meant.split(' '))
        .map(stem)
}

fn plain(text: &str) -> impl Iterator<Item = String> {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Removes the ending of a word, so that `paused`, `pausing` and `pause` are equal. The result need not be a word.
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

/// Removes a doubled last letter: `runn` of `running` becomes `run`. `ll`, `ss` and `zz` remain, as in `fill` of `filling`.
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
            ("list_all_tidewater_users", "list user"),
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
    fn synonyms_are_sorted() {
        for words in [SAME, product().synonyms.words] {
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
