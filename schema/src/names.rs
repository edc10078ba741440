//! Names that callers, documents and generated Rust can use.

/// Names that no declared parameter can have, because the runtime uses them itself or will.
pub const RESERVED_ARGUMENTS: &[&str] = &[
    "limit",
    "next_cursor",
    "fields",
    "clear",
    "plan",
    "time_zone",
];

/// Further names that no declared parameter of a tool for logs can have.
pub const RESERVED_LOG_ARGUMENTS: &[&str] = &["level", "contains", "from_start"];

/// Names of types that generated modules import or define.
pub const GENERATED_TYPES: &[&str] = &[
    "BTreeMap", "Box", "Json", "None", "Nullable", "Option", "Schema", "Self", "Some", "String",
    "Tool", "Tools", "Vec",
];

/// Keywords of all editions of Rust, including reserved ones.
pub const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "_",
];

/// Maximum length of the name of a tool or an argument. Some clients reject longer names.
pub const MAX_NAME_LENGTH: usize = 64;

/// Returns whether a declared parameter cannot have this name.
#[must_use]
pub fn is_reserved_argument(name: &str, is_log: bool) -> bool {
    RESERVED_ARGUMENTS.contains(&name) || (is_log && RESERVED_LOG_ARGUMENTS.contains(&name))
}

/// Returns whether clients accept this name of an argument.
#[must_use]
pub fn is_argument_name(name: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "_.-".contains(char);
    !name.is_empty() && name.len() <= MAX_NAME_LENGTH && name.chars().all(allowed)
}

/// Returns whether a name can be written as an identifier of Rust.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
        && !KEYWORDS.contains(&name)
}
