//! Arbitrary documents: each operation becomes code or is rejected with a reason, and nothing panics.
//!
//! The documents of the golden cases are changed at random, with fixed seeds.

use std::path::Path;

use mcp_codegen::trial::trial;
use serde_json::{Value, json};

/// Number of changed documents made from each document.
const ROUNDS: u64 = 150;

#[test]
fn each_operation_is_code_or_refused() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut documents = Vec::new();
    for case in std::fs::read_dir(golden).unwrap() {
        let folder = case.unwrap().path().join("specs/openapi");
        for file in std::fs::read_dir(folder).into_iter().flatten() {
            documents.push(file.unwrap().path());
        }
    }
    documents.sort();
    let (mut tools, mut refused, mut unreadable) = (0, 0, 0);
    for file in documents {
        let text = std::fs::read_to_string(&file).unwrap();
        let original: Value = serde_yaml::from_str(&text).unwrap();
        for seed in 0..ROUNDS {
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            let mut document = original.clone();
            for _ in 0..=random.below(6) {
                change(&mut document, &original, &mut random);
            }
            match trial("x.yaml", &document.to_string()) {
                Ok(trial) => {
                    let each = trial.unsupported.iter().all(|it| !it.reasons.is_empty());
                    assert!(
                        each,
                        "{}: refused without a reason, seed {seed}",
                        file.display()
                    );
                    refused += trial.unsupported.len();
                    tools += trial.operations - trial.unsupported.len();
                }
                Err(errors) => {
                    assert!(!errors.is_empty(), "{}: seed {seed}", file.display());
                    unreadable += 1;
                }
            }
        }
    }
    // Changes that break every document, or none, would test little.
    assert!(
        tools > 1000 && refused > 200 && unreadable > 10,
        "{tools} tools, {refused} operations refused, {unreadable} documents unreadable"
    );
}

/// Pseudorandom numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 1).unwrap() % bound.max(1)
    }
}

/// Changes one random node of the document: removes or adds a child, or replaces the value.
fn change(document: &mut Value, original: &Value, random: &mut Random) {
    let at = pick(document, random);
    let from = pick(original, random);
    let other = original.pointer(&from).cloned().unwrap_or(Value::Null);
    let Some(value) = document.pointer_mut(&at) else {
        return;
    };
    let how = random.below(6);
    match (how, value) {
        (0, Value::Object(map)) => {
            if let Some(key) = map.keys().nth(random.below(map.len())).cloned() {
                map.shift_remove(&key);
            }
        }
        (1, Value::Object(map)) => {
            let index = random.below(KEYS.len());
            map.insert(KEYS[index].to_owned(), other);
        }
        (2, Value::Array(list)) => list.push(other),
        (3 | 4, value) => *value = odd(random),
        (_, value) => *value = other,
    }
}

/// Returns a JSON pointer to a random node.
fn pick(value: &Value, random: &mut Random) -> String {
    let mut pointer = String::new();
    let mut at = value;
    while random.below(8) > 0 {
        let (key, next) = match at {
            Value::Object(map) if !map.is_empty() => {
                let (key, next) = map.iter().nth(random.below(map.len())).unwrap();
                (key.replace('~', "~0").replace('/', "~1"), next)
            }
            Value::Array(list) if !list.is_empty() => {
                let index = random.below(list.len());
                (index.to_string(), &list[index])
            }
            _ => break,
        };
        pointer = format!("{pointer}/{key}");
        at = next;
    }
    pointer
}

const KEYS: [&str; 24] = [
    "$ref",
    "type",
    "properties",
    "items",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "enum",
    "const",
    "default",
    "example",
    "required",
    "additionalProperties",
    "nullable",
    "readOnly",
    "parameters",
    "requestBody",
    "schema",
    "content",
    "prefixItems",
    "name",
    "operationId",
    "x-unreadable",
];

fn odd(random: &mut Random) -> Value {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{202e}\u{0}é`{}\"\\"),
        json!([]),
        json!({}),
        json!([null, 1, "a", {}]),
        json!({"$ref": "#/components/schemas/Tree"}),
        json!({"$ref": "#/paths/~1trees/post"}),
        json!({"$ref": "#"}),
        json!({"$ref": 1}),
        json!({"type": ["object", "array", "null"], "properties": {"type": {}}}),
        json!({"allOf": [{"type": "string"}, {"type": "integer"}], "enum": [1, "a", null]}),
        json!("integer"),
    ];
    odd[random.below(odd.len())].clone()
}
