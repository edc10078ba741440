//! Form bodies, compared as bytes.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::args::encode::encode;
use crate::schema::{Field, Kind, Schema, Shape, StringRules};
use crate::tool::{ParameterLocation, ParameterStyle, Tool};

const FILE: Shape = Shape {
    kind: Kind::String(StringRules {
        format: "binary",
        ..StringRules::ANY
    }),
    nullable: false,
};

const FILES: Shape = Shape {
    kind: Kind::Array {
        items: &FILE,
        min_items: None,
        max_items: None,
    },
    nullable: false,
};

fn param(name: &'static str, shape: Shape) -> Parameter {
    let field = Field {
        shape,
        ..Field::of::<String>(name, "")
    };
    Parameter {
        location: ParameterLocation::Body,
        ..Parameter::local(field)
    }
}

fn text((media_type, bytes): (Cow<'static, str>, Vec<u8>)) -> String {
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    match media_type.split_once("boundary=") {
        Some((_, boundary)) => text.replace(boundary, "LINE"),
        None => text,
    }
}

#[test]
fn a_form_is_written_as_its_encoding_says() {
    let body = Body {
        media_type: "application/x-www-form-urlencoded",
        encoding: &[
            ("deep", ParameterStyle::Deep),
            ("comma", ParameterStyle::Comma),
        ],
        ..Body::NONE
    };
    let value = json!({
        "deep": {"a b": 1, "c": [true, {"d": "é&="}]},
        "comma": ["a", "b"],
        "repeat": [1, null, 2],
        "object": {"x": 1},
        "null": null,
        "text": "a b+c",
    });
    assert_eq!(
        text(write_body(&body, &[], &value, false)),
        "deep%5Ba%20b%5D=1&deep%5Bc%5D%5B0%5D=true&deep%5Bc%5D%5B1%5D%5Bd%5D=%C3%A9%26%3D&comma=a,b&repeat=1&repeat=2&object=%7B%22x%22%3A1%7D&text=a%20b%2Bc"
    );
}

#[test]
fn a_form_with_files_has_a_part_for_each_value() {
    let body = Body {
        media_type: "multipart/form-data",
        ..Body::NONE
    };
    let params = [
        param("file", FILE),
        param("many", FILES),
        param("na\"me\r\n", String::SHAPE),
    ];
    let value = json!({
        "file": "aGVs\nbG8=",
        "many": ["YQ==", "Yg=="],
        "na\"me\r\n": "x",
        "object": {"a": 1},
        "number": 7,
        "null": null,
    });
    let file = "Content-Type: application/octet-stream";
    let expected = format!(
        "--LINE\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\n{file}\n\nhello\n--LINE\nContent-Disposition: form-data; name=\"many\"; filename=\"many\"\n{file}\n\na\n--LINE\nContent-Disposition: form-data; name=\"many\"; filename=\"many\"\n{file}\n\nb\n--LINE\nContent-Disposition: form-data; name=\"na%22me%0D%0A\"\n\nx\n--LINE\nContent-Disposition: form-data; name=\"object\"\nContent-Type: application/json\n\n{{\"a\":1}}\n--LINE\nContent-Disposition: form-data; name=\"number\"\n\n7\n--LINE--\n"
    );
    assert_eq!(text(write_body(&body, &params, &value, false)), expected);
}

#[test]
fn bytes_are_sent_as_bytes_and_text_as_text() {
    let rows = [
        ("application/octet-stream", FILE, "aGk=", "hi"),
        ("application/xml", String::SHAPE, "aGk=", "aGk="),
        ("text/plain", String::SHAPE, "hi", "hi"),
        ("application/json", String::SHAPE, "hi", "\"hi\""),
        (
            "application/merge-patch+json",
            String::SHAPE,
            "hi",
            "\"hi\"",
        ),
    ];
    let sent = rows.map(|(media_type, shape, value, _)| {
        let body = Body {
            media_type,
            ..Body::NONE
        };
        text(write_body(
            &body,
            &[param("body", shape)],
            &json!(value),
            true,
        ))
    });
    assert_eq!(sent, rows.map(|(.., expected)| expected.to_owned()));
}

#[test]
fn invalid_base64_is_rejected() {
    let rows = [
        (FILE, json!("aGk="), true),
        (FILE, json!("a G\nk="), true),
        (FILE, json!("hello!"), false),
        (FILES, json!(["aGk=", "no"]), false),
        (FILES, json!([]), true),
        (String::SHAPE, json!("hello!"), true),
        (FILE, json!(null), true),
    ];
    let tool = Tool {
        body: Body {
            media_type: "application/octet-stream",
            ..Body::NONE
        },
        ..Tool::LOCAL
    };
    let found: Vec<bool> = rows
        .iter()
        .map(|(shape, value, _)| encode(&tool, &param("file", *shape), value).is_ok())
        .collect();
    assert_eq!(found, rows.map(|(.., fits)| fits));
}
