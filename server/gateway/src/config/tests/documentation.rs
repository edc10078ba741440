//! The documentation of the configuration file: its table of keys follows from the Rust types, and its example is valid.

use std::path::Path;

use runtime::Schema;
use runtime::schema::{Additional, Field, Kind};

use crate::config::content::FileContent;
use crate::config::read;
use crate::tests::sample::apis;

const DOCUMENTATION: &str = "../../docs/configuration-file.md";

fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENTATION);
    std::fs::read_to_string(path).unwrap()
}

/// Describes the values of a key.
fn values(kind: &Kind) -> String {
    match kind {
        Kind::String(rules) => match rules.values {
            [] if rules.format == "date-time" => "date-time".to_owned(),
            [] => "string".to_owned(),
            values => values.iter().map(|it| format!("`\"{it}\"`")).collect(),
        },
        Kind::Boolean => "boolean".to_owned(),
        Kind::Array { items, .. } => match values(&items.kind).as_str() {
            "table" => "array of tables".to_owned(),
            item => format!("array of {item}s"),
        },
        Kind::OneOf(shapes) => {
            let mut kinds: Vec<_> = shapes.iter().map(|shape| values(&shape.kind)).collect();
            kinds.dedup();
            kinds.join(" or ")
        }
        _ => "table".to_owned(),
    }
}

/// Adds the rows of the keys inside a value.
fn add_rows(path: &str, kind: &Kind, rows: &mut String) {
    match kind {
        Kind::Object { fields, additional } => {
            for field in *fields {
                add_row(path, field, rows);
            }
            if let Additional::Open(shape) = additional {
                add_rows(&format!("{path}.NAME"), &shape.kind, rows);
            }
        }
        Kind::Array { items, .. } => add_rows(path, &items.kind, rows),
        Kind::OneOf(shapes) => shapes.iter().for_each(|it| add_rows(path, &it.kind, rows)),
        _ => {}
    }
}

fn add_row(path: &str, field: &Field, rows: &mut String) {
    let path = crate::schema::join(path, field.name);
    let required = if field.required { ", required" } else { "" };
    let (values, meaning) = (values(&field.shape.kind), field.description);
    *rows += &format!("| `{path}` | {values}{required} | {meaning} |\n");
    add_rows(&path, &field.shape.kind, rows);
}

#[test]
fn the_table_of_keys_follows_from_the_types() {
    let text = text();
    let (start, rest) = text.split_once("<!-- begin generated: keys -->\n").unwrap();
    let (_, end) = rest.split_once("<!-- end generated: keys -->").unwrap();
    let mut rows = "| Key | Value | Meaning |\n| --- | --- | --- |\n".to_owned();
    add_rows("", &FileContent::SHAPE.kind, &mut rows);
    let expected = format!(
        "{start}<!-- begin generated: keys -->\n\n{rows}\n<!-- end generated: keys -->{end}"
    );
    expect_test::expect_file!["../../../../../docs/configuration-file.md"].assert_eq(&expected);
}

#[test]
fn the_example_is_valid() {
    apis();
    let text = text();
    let (_, example) = text.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let folder = std::env::temp_dir().join(format!("documented-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let secret = folder.join("secret");
    std::fs::write(&secret, "secret").unwrap();
    let example = example.replace("/run/secrets/upstream", &secret.to_string_lossy());
    let errors = read(&example, &folder, &|_| Some("value".to_owned())).err();
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(errors, None);
}
