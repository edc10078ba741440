//! Texts as the words that they are compared by: in lower case, without those that say nothing, without endings.

use crate::product::product;

/// Words that tell no tool from another. `a`, `all`, `single`, `by` and `id` stand in names of tools.
const STOP: &str = "\
    a about all also am an and are as at be been but by can \
    could did do does each every for from give had has have how i id if in into is it its me \
    my need no not of on one or our out over please single so some than that the their them \
    then there these they this those to tool us use want was we were what when where whether \
    which with without would you";

/// What people say, and the words of Airflow and of the catalogue for it.
const SAME: &[(&str, &str)] = &[
    ("abort", "cancel stop"),
    ("access", "role permission"),
    ("account", "user"),
    ("activate", "unpause"),
    ("add", "create"),
    ("admin", "role"),
    ("administrator", "role"),
    ("again", "clear"),
    ("alive", "health heartbeat"),
    ("approval", "respond"),
    ("approve", "respond"),
    ("argument", "param"),
    ("broken", "import error list"),
    ("cancel", "fail stop"),
    ("change", "update"),
    ("count", "stats"),
    ("crash", "fail log"),
    ("credential", "connection"),
    ("dataset", "asset"),
    ("deactivate", "pause update"),
    ("disable", "pause update"),
    ("edit", "update"),
    ("employee", "user"),
    ("enable", "unpause"),
    ("erase", "delete"),
    ("error", "fail log"),
    ("execute", "trigger"),
    ("execution", "run"),
    ("find", "list"),
    ("grant", "update"),
    ("history", "tries"),
    ("insert", "create"),
    ("kill", "fail stop update"),
    ("launch", "trigger"),
    ("make", "create"),
    ("member", "user"),
    ("modify", "update"),
    ("new", "create"),
    ("output", "log xcom"),
    ("owned", "owner"),
    ("parameter", "param"),
    ("password", "connection user"),
    ("people", "user"),
    ("person", "user"),
    ("pipeline", "dag"),
    ("print", "log"),
    ("purge", "delete"),
    ("read", "get"),
    ("redo", "clear again"),
    ("remove", "delete"),
    ("rename", "update"),
    ("repeat", "clear again"),
    ("rerun", "clear again run"),
    ("reset", "update"),
    ("restart", "clear again"),
    ("result", "xcom"),
    ("resume", "unpause"),
    ("retry", "clear again try"),
    ("right", "permission role"),
    ("search", "list"),
    ("secret", "variable connection"),
    ("see", "get list"),
    ("set", "update"),
    ("show", "get list"),
    ("start", "trigger"),
    ("stop", "pause"),
    ("stuck", "dependency keep"),
    ("suspend", "pause"),
    ("traceback", "log error"),
    ("uninstall", "delete"),
    ("view", "get list"),
    ("why", "log"),
    ("workflow", "dag"),
    ("yesterday", "today date"),
];

/// Turns of phrase whose words mean something else one by one.
const PHRASES: &[(&str, &str)] = &[
    ("how many", "count"),
    ("run a dag", "trigger dag"),
    ("run dag", "trigger dag"),
    ("run the dag", "trigger dag"),
    ("setting", "config"),
    ("settings", "config"),
    ("turn off", "pause"),
    ("turn on", "unpause"),
    ("who changed", "audit log"),
    ("who did", "audit log"),
    ("who", "user"),
];

/// A query with other words for its turns of phrase.
pub(super) fn plain_query(query: &str) -> String {
    let mut text = format!(" {} ", plain(query).collect::<Vec<_>>().join(" "));
    for (said, meant) in PHRASES {
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
    SAME.iter()
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
        assert!(SAME.is_sorted_by(|before, after| before.0 < after.0));
        assert!(STOP.split(' ').is_sorted());
        let rows = [("redo", "clear again"), ("crash", "fail log"), ("zork", "")];
        for (word, expected) in rows {
            let found: Vec<_> = same(word).collect();
            assert_eq!(found.join(" "), expected);
        }
    }
}
