//! Forms that the macros accept: the goldens, and every form that no golden contains.

#![allow(clippy::expect_used)]

/// Names of all tools.
pub struct Tools;

/// Golden expansions, which must compile.
pub mod golden {
    /// Module with the same imports as a module with `#[tools(toolset = "users", document = "core")]`.
    #[allow(missing_docs)]
    pub mod tools {
        use runtime::prelude::*;

        include!("golden/object.rs");
        include!("golden/strings.rs");
        include!("golden/union.rs");
        include!("golden/list_tool.expanded.rs");
        include!("golden/log_tool.expanded.rs");
        include!("golden/update_tool.expanded.rs");
    }
}

/// Forms that no golden contains.
pub mod forms {
    /// Tools that contain these forms.
    #[runtime::tools(toolset = "logs", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Lists logs.
        ///
        /// - Newest first.
        /// - All at once.
        #[tool(
            name = "list_logs",
            title = "List logs",
            method = "list",
            operation = "get_logs",
            get = "/{group}/logs/{id}.json",
            list(items = "logs", of = Log, page = whole, filter("type", r#in(unique) = "place.in"), summary("type"))
        )]
        pub struct ListLogs {
            /// Group, which may have slashes.
            #[param(path(slash))]
            pub group: String,
            /// Id.
            #[param(path, pattern = "^[a-z]+$", example = "abc")]
            pub id: String,
            /// Lines.
            #[param(query(comma), items(min_items = 1, items(min = 1)))]
            pub lines: Option<Vec<Vec<i64>>>,
            /// Share of the lines.
            #[param(query, above = 0, max = 1, default = 0.5)]
            pub share: Option<f64>,
            /// Degrees.
            #[param(query, min = -1.5, max = 1_000.5, default = -1)]
            pub degrees: Option<f64>,
            /// A filter.
            #[param(query(deep), default = json(r#"{"type": "a", "place": {"in": "b"}, "of": 1}"#))]
            pub like: Option<Nullable<Log>>,
            /// Nothing.
            #[param(query(pipe), default = json("null"), example = json("[]"))]
            pub nothing: Option<Nullable<Vec<String>>>,
            /// Trace.
            #[param(header, wire = "X-Trace-Id")]
            pub trace: Option<String>,
            /// One or several.
            #[param(query(space), default = json("[1]"), example = "a")]
            pub any_of: Option<TextOrNumbers>,
        }

        #[doc = "Writes a log."]
        #[tool(
            name = "write_log",
            title = "Write a log",
            method = "write",
            operation = "put_log",
            put = "/logs",
            body("text/plain", required),
            returns = BTreeMap<String, Vec<Json>>,
            effect(destructive, not_idempotent),
        )]
        pub struct WriteLog {
            /// The log.
            #[param(whole, max_length = 10)]
            pub text: String,
        }

        /// Closes the logs.
        #[tool(
            name = "close_logs",
            title = "Close the logs",
            method = "close",
            operation = "close_logs",
            get = "/close",
            effect(not_read_only)
        )]
        pub struct CloseLogs;

        /// A log.
        #[derive(Schema)]
        #[schema(additional)]
        pub struct Log {
            pub r#type: String,
            pub place: Nullable<Place>,
        }

        /// A place.
        #[derive(Schema)]
        pub struct Place {
            pub r#in: String,
        }

        /// Text or numbers.
        #[derive(Schema)]
        pub enum TextOrNumbers {
            #[schema(min_length = 1)]
            Text(String),
            Numbers(Vec<i64>),
        }

        /// Deletes a log.
        #[tool(
            name = "delete_log",
            title = "Delete a log",
            method = "delete",
            operation = "delete_log",
            delete = "/logs/{id}",
            read_back = "/logs/{id}",
            not_applied = "Stop what writes the log.",
            notes("The server"(since = "3") = "Its files are deleted too.")
        )]
        pub struct DeleteLog {
            /// Id.
            #[param(path)]
            pub id: String,
        }
    }
}

use forms::tools::TOOLS;
use golden::tools::{ListUsers, UpdateUser};
use runtime::schema::{Kind, Shape, StringRules};
use runtime::tool::{ParameterLocation, ParameterStyle, Segment, ToolBlock};

#[test]
fn goldens_are_tools() {
    let list = <ListUsers as ToolBlock>::TOOL.list.expect("a list");
    assert_eq!(list.filters[1].path, "roles.name");
    assert_eq!(<UpdateUser as ToolBlock>::TOOL.parameters.len(), 5);
}

#[test]
fn descriptions_keep_their_markdown() {
    let expected = "Lists logs.\n\n- Newest first.\n- All at once.";
    assert_eq!(TOOLS[0].description, expected);
    assert_eq!(TOOLS[1].description, "Writes a log.");
}

#[test]
fn arguments_go_where_they_are_sent() {
    let places: Vec<_> = TOOLS[0]
        .parameters
        .iter()
        .map(|param| (param.wire, param.location))
        .collect();
    let repeat = ParameterLocation::Query(ParameterStyle::Repeat);
    assert_eq!(
        places,
        [
            ("group", ParameterLocation::Path { slash: true }),
            ("id", ParameterLocation::Path { slash: false }),
            ("lines", ParameterLocation::Query(ParameterStyle::Comma)),
            ("share", repeat),
            ("degrees", repeat),
            ("like", ParameterLocation::Query(ParameterStyle::Deep)),
            ("nothing", ParameterLocation::Query(ParameterStyle::Pipe)),
            ("X-Trace-Id", ParameterLocation::Header),
            ("any_of", ParameterLocation::Query(ParameterStyle::Space)),
        ]
    );
    assert_eq!(
        TOOLS[1].parameters[0].location,
        ParameterLocation::WholeBody
    );
    assert_eq!(TOOLS[1].body.media_type, "text/plain");
}

#[test]
fn paths_are_cut_at_placeholders() {
    let expected = [
        Segment::Literal("/"),
        Segment::Parameter("group"),
        Segment::Literal("/logs/"),
        Segment::Parameter("id"),
        Segment::Literal(".json"),
    ];
    assert_eq!(TOOLS[0].segments, expected);
}

#[test]
fn numbers_are_bounded_as_written() {
    let kind = |i: usize| TOOLS[0].parameters[i].field.shape.kind;
    let share = Kind::Number {
        min: None,
        max: Some(1.0),
        above: Some(0.0),
    };
    assert_eq!(kind(3), share);
    let degrees = Kind::Number {
        min: Some(-1.5),
        max: Some(1000.5),
        above: None,
    };
    assert_eq!(kind(4), degrees);
}

#[test]
fn defaults_and_examples_are_compact_json() {
    let texts: Vec<_> = TOOLS[0]
        .parameters
        .iter()
        .map(|param| (param.field.default, param.field.example))
        .filter(|texts| *texts != ("", ""))
        .collect();
    assert_eq!(
        texts,
        [
            ("", "\"abc\""),
            ("0.5", ""),
            ("-1", ""),
            (r#"{"type":"a","place":{"in":"b"},"of":1}"#, ""),
            ("null", "[]"),
            ("[1]", "\"a\""),
        ]
    );
}

#[test]
fn keywords_are_names_like_others() {
    let list = TOOLS[0].list.expect("a list");
    assert_eq!(list.pagination, None);
    assert_eq!(list.summary, ["type"]);
    let filters: Vec<_> = list
        .filters
        .iter()
        .map(|filter| (filter.field.name, filter.path, filter.unique))
        .collect();
    assert_eq!(filters, [("type", "type", false), ("in", "place.in", true)]);
}

#[test]
fn unions_keep_the_rules_of_their_variants() {
    let Kind::OneOf(shapes) = TOOLS[0].parameters[8].field.shape.kind else {
        panic!("a union is one of several shapes");
    };
    let text = StringRules {
        min_length: Some(1),
        ..StringRules::ANY
    };
    assert_eq!(shapes[0], Shape::of(Kind::String(text)));
}

#[test]
fn effects_can_be_stricter() {
    let rows = TOOLS.iter().map(|tool| {
        let effect = tool.effect;
        (effect.read_only, effect.destructive, effect.idempotent)
    });
    let expected = [
        (true, false, true),
        (false, true, false),
        (false, false, true),
        (false, true, true),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}
