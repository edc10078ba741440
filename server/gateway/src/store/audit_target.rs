//! Filter of audit records by the objects that they are about.

/// Returns pairs of texts. A stored target has the id that the filter names if it contains both texts of a pair. The filter is an id, or the name of an object and its id: `user=ada`.
pub(super) fn target_texts(filter: &str) -> Vec<[String; 2]> {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let (start, id) = match filter.split_once('=') {
        Some((name, id)) => (format!("{}:", json(name)), id),
        None => (":".to_owned(), filter),
    };
    let item = json(id);
    let mut texts = vec![
        [format!("{start}{item}"), item.clone()],
        [format!("{start}["), item],
    ];
    if id.parse::<serde_json::Number>().is_ok() {
        let ends = [",", "}"].map(|end| format!("{start}{id}{end}"));
        texts.extend(ends.map(|text| [text.clone(), text]));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_by_name_and_id() {
        let target = r#"{"user":"ada","dag_run_id":7,"dag_id":["etl","x\"y"]}"#;
        let rows = [
            ("user=ada", true),
            ("ada", true),
            ("user=ad", false),
            ("user=da", false),
            ("role=ada", false),
            ("dag_run_id=7", true),
            ("dag_run_id=77", false),
            ("7", true),
            ("dag_id=etl", true),
            ("dag_id=x\"y", true),
            ("etl", true),
            ("x\\", false),
            ("", false),
        ];
        for (filter, expected) in rows {
            let texts = target_texts(filter);
            let found = texts
                .iter()
                .any(|pair| pair.iter().all(|text| target.contains(text)));
            assert_eq!(found, expected, "{filter} {texts:?}");
        }
    }
}
