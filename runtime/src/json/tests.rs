//! Compacting, projecting and filtering JSON text, compared with `serde_json`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;

/// JSON texts of every kind, which are also the seeds of the differential test.
const TEXTS: &[&str] = &[
    r"null",
    r" true ",
    r"false",
    r"0",
    r"-0",
    r"-0.5e-7",
    r"1E+400",
    r"123456789012345678901234567890",
    r#""""#,
    r#""plain""#,
    r#""exactly8""#,
    r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
    r#""é中😀 and a tail that is longer than eight bytes""#,
    r"[]",
    r"[ ]",
    r"{ }",
    r#"[1,2 , [3,[4]],{"a":[]}]"#,
    r#"{"a":1,"b":{"c":[true,false,null]},"d":"x"}"#,
    "{\n  \"users\": [\n    {\"username\": \"a b\", \"roles\": [{\"name\": \"Admin\"}]}\n  ],\n  \"total_entries\": 1\n}\n",
    r#"{"a\u0062":1,"a":{"a":{"a":{}}}}"#,
    r#"[[[[[[[[[[{"x":[{"y":[1.5,-2,3e3]}]}]]]]]]]]]]"#,
];

#[test]
fn compact_keeps_all_but_white_space() {
    let rows = [
        ("{ }", "{}"),
        ("\t[ 1 ,\r\n2 ] ", "[1,2]"),
        (r#"{ "a" : " b  c " }"#, r#"{"a":" b  c "}"#),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
        ("[1e300, 1E+02, -0, 0.10]", "[1e300,1E+02,-0,0.10]"),
        (
            r#"{"x":NaN,"y":Infinity,"z":-Infinity}"#,
            r#"{"x":null,"y":null,"z":null}"#,
        ),
        ("NaN", "null"),
        (r#"["NaN", NaN ]"#, r#"["NaN",null]"#),
        (r#""\u00e9\/\"""#, r#""\u00e9\/\"""#),
        (r#""a\ud83d\ude00b""#, r#""a\ud83d\ude00b""#),
        (r#""a\ud83d b""#, r#""a\ufffd b""#),
        (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
        (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
        (r#"{"a":1, "a":2}"#, r#"{"a":1,"a":2}"#),
    ];
    for (text, expected) in rows {
        assert_eq!(compact(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn compact_rejects_invalid_json() {
    let rows = [
        ("", 0),
        ("   ", 3),
        ("<html>", 0),
        ("{", 1),
        ("[1,]", 3),
        ("[1 2]", 3),
        ("[,1]", 1),
        ("[1}", 2),
        (r#"{"a":1]"#, 6),
        (r#"{"a" 1}"#, 5),
        (r#"{"a":1,}"#, 7),
        ("{a:1}", 1),
        ("01", 1),
        ("1.", 2),
        (".5", 0),
        ("+1", 0),
        ("-", 1),
        ("1e", 2),
        ("nul", 0),
        ("True", 0),
        ("Nan", 0),
        ("-Inf", 0),
        ("-NaN", 1),
        ("\"a", 2),
        ("\"\\x\"", 1),
        ("\"\\u12g4\"", 1),
        ("\"a\nb\"", 2),
        ("\"12345678\u{1}\"", 9),
        ("null null", 5),
        ("1\u{0}", 1),
        ("'a'", 0),
    ];
    for (text, offset) in rows {
        let error = compact(text).map_err(|error| error.offset);
        assert_eq!(error, Err(offset), "{text}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(compact(&nested(120)).is_ok());
    assert_eq!(compact(&nested(121)).unwrap_err().offset, 120);
    let item = "[".repeat(100_000);
    assert!(matches(&item, "a", &json!(1), &mut None).is_err());
}

#[test]
fn project_keeps_the_named_members_in_their_order() {
    let item = r#"{ "b" : [1, {"c": 2}], "a":"x", "big": 123456789012345678901234567890, "n": NaN, "\u0065": 5 }"#;
    let rows: [(&[&str], &str); 6] = [
        (&["a", "b"], r#"{"b":[1,{"c":2}],"a":"x"}"#),
        (&["big"], r#"{"big":123456789012345678901234567890}"#),
        (&["n", "none"], r#"{"n":null}"#),
        (&["e"], r#"{"\u0065":5}"#),
        (&["none"], "{}"),
        (&[], "{}"),
    ];
    for (names, expected) in rows {
        let mut out = String::new();
        let fields = Fields::named(names.iter().copied());
        project(&mut Scanner::new(item), &fields, &mut out).unwrap();
        assert_eq!(out, expected, "{names:?}");
    }
}

#[test]
fn project_follows_dots_through_objects_and_arrays() {
    let item = r#"{"id":1,"tags":[{"name":"a","of":{"x":1,"y":2}},"b",[{"name":"c","no":1}]],"of":{"id":2,"no":3},"flat":4}"#;
    for (names, expected) in [
        (
            &["tags.name", "of.id"][..],
            r#"{"tags":[{"name":"a"},"b",[{"name":"c","no":1}]],"of":{"id":2}}"#,
        ),
        (
            &["tags.of.y", "flat.none"],
            r#"{"tags":[{"of":{"y":2}},"b",[{"name":"c","no":1}]],"flat":4}"#,
        ),
        (&["of.id", "of"], r#"{"of":{"id":2,"no":3}}"#),
        (&["of", "of.id"], r#"{"of":{"id":2,"no":3}}"#),
        (&["of.none"], r#"{"of":{}}"#),
    ] {
        let mut out = String::new();
        let fields = Fields::named(names.iter().copied());
        project(&mut Scanner::new(item), &fields, &mut out).unwrap();
        assert_eq!(out, expected, "{names:?}");
    }
}

#[test]
fn filters_search_through_objects_and_arrays() {
    let item = r#"{"name":"a\u0062\"","n":1.50e1,"big":123456789012345678901234567890,"on":true,"off":null,"nan":NaN,
        "tags":["x","y"],"roles":[{"name":"Viewer"},{"name":"Admin"}],"deep":{"a":[{"b":[[1,2],[3]]}]},"o":{"k":[1]}}"#;
    let big: Value = serde_json::from_str("123456789012345678901234567890").unwrap();
    let other: Value = serde_json::from_str("123456789012345678901234567891").unwrap();
    let rows = [
        ("name", json!("ab\""), true),
        ("name", json!("ab"), false),
        ("n", json!(15), true),
        ("n", json!("15"), false),
        ("n", json!(-15), false),
        ("big", big, true),
        ("big", other, false),
        ("on", json!(true), true),
        ("on", json!(false), false),
        ("on", json!("true"), false),
        ("off", json!(null), true),
        ("nan", json!(null), true),
        ("tags", json!("y"), true),
        ("tags", json!("z"), false),
        ("tags", json!(["x", "y"]), true),
        ("roles.name", json!("Admin"), true),
        ("roles.name", json!("Op"), false),
        ("roles", json!("Admin"), false),
        ("deep.a.b", json!(3), true),
        ("deep.a.b", json!(4), false),
        ("o", json!({"k": [1]}), true),
        ("none", json!(null), false),
        ("name.x", json!("ab\""), false),
    ];
    for (path, wanted, expected) in rows {
        assert_eq!(
            matches(item, path, &wanted, &mut None),
            Ok(expected),
            "{path} {wanted}"
        );
    }
}

#[test]
fn numbers_are_equal_by_value() {
    let rows = [
        ("1", "1.0", true),
        ("100", "1e2", true),
        ("0", "-0.000e9", true),
        ("-1", "1", false),
        ("1e1000", "10e999", true),
        ("1e99999999999999999999", "2e99999999999999999999", false),
        ("0.1", "0.10", true),
        ("0.1", "0.01", false),
    ];
    for (left, right, expected) in rows {
        assert_eq!(number::same_number(left, right), expected, "{left} {right}");
    }
}

#[test]
fn strings_survive_escaping_and_back() {
    for text in [
        "",
        "plain",
        "a\"b\\c\n\r\t\u{8}\u{c}\u{1}",
        "é中😀",
        "\\u0041",
    ] {
        let mut raw = String::new();
        push_string(&mut raw, text);
        assert_eq!(unescape(&raw), text);
        assert_eq!(serde_json::from_str::<String>(&raw).unwrap(), text);
        // Other writers may escape every character.
        let other: String = text
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04X}"))
            .collect();
        assert_eq!(unescape(&format!("\"{other}\"")), text);
    }
}

/// Checks that all texts that serde_json accepts are accepted with the same meaning, and that all others are rejected. Exceptions are the words that become `null` and lone surrogates.
#[test]
fn agrees_with_serde_json() {
    let mut random = Random(7);
    let mut taken = 0;
    for round in 0..60_000 {
        let seed = TEXTS[round % TEXTS.len()];
        let text = if round < TEXTS.len() {
            seed.to_owned()
        } else {
            mutate(seed, &mut random)
        };
        let ours = compact(&text);
        match serde_json::from_str::<Value>(&text) {
            Ok(expected) => {
                taken += 1;
                let ours = ours.unwrap_or_else(|error| panic!("{text:?} {error}"));
                let again: Value = serde_json::from_str(&ours).expect(&text);
                assert_eq!(again, expected, "{text:?}");
                let white = serde_json::to_string(&expected).unwrap();
                // Escapes, repeated keys and the notation of numbers are preserved, so only texts without them are compared byte for byte.
                if !text.contains(['\\', 'E', 'e']) && white.len() == ours.len() {
                    assert_eq!(ours, white, "{text:?}");
                }
            }
            Err(error) => {
                let ours_only = ["NaN", "Infinity"].iter().any(|word| text.contains(word))
                    || text.contains("\\u")
                    // serde_json with `arbitrary_precision` rejects very large exponents. `compact` only copies them.
                    || error.to_string().contains("out of range");
                assert!(ours.is_err() || ours_only, "{text:?} {error}");
            }
        }
        // These functions must neither panic nor loop, whatever the text.
        let fields = Fields::named(["a", "users"]);
        let _ = project(&mut Scanner::new(&text), &fields, &mut String::new());
        let _ = matches(&text, "a.b.c", &json!("x"), &mut None);
        drop(unescape(&text));
        let _ = crate::output::list::page::UpstreamPage::parse(
            text.clone(),
            "users",
            crate::output::list::page::PageMembers::default(),
        );
        let _ = crate::output::size::fit(text, 8, "");
    }
    assert!(taken > 5_000, "only {taken} texts were JSON");
}

/// Pseudorandom number generator with a given seed, so that a failure can be reproduced.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

fn mutate(seed: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "\n", "0", "1", "-", ".", "e", "+", "null",
        "true", "NaN", "\\u", "\\ud83d", "\\ude00", "é", "😀", "\u{0}", "\u{1f}", "a", "\"a\":",
        "[[", "\t",
    ];
    let mut chars: Vec<char> = seed.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(chars.len() + 1);
        match random.below(3) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 => {
                let piece = PIECES[random.below(PIECES.len())];
                drop(chars.splice(at..at, piece.chars()));
            }
            _ => chars.truncate(chars.len().max(1) - random.below(2)),
        }
    }
    chars.into_iter().collect()
}
