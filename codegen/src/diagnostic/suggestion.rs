//! Suggestions for misspelled names.

/// Returns the end of a message, with the name that was probably meant.
pub(super) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!(" (did you mean `{nearest}`?)")
    })
}

/// Returns the candidate that is most similar to a word, if one is similar.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let candidates: Vec<_> = candidates.into_iter().collect();
    mcp_schema::suggestion::nearest(word, candidates.into_iter()).map(str::to_owned)
}
