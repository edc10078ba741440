//! Product of the tests, and two handwritten APIs for tests that must not depend on generated tools.

use crate::product::{Examples, Product, Synonyms};
use runtime::api::{Api, Document, DocumentProbe, ErrorShapes, SignIn, VersionProbe};
use runtime::log::PlainText;
use runtime::tool::{Body, Effect, Http, ResponseFormat, Segment, Tool, Update, VersionedText};

const READ: Effect = Effect {
    read_only: true,
    destructive: false,
    idempotent: true,
};
const WRITE: Effect = Effect {
    read_only: false,
    destructive: true,
    idempotent: true,
};

const fn tool(name: &'static str, method: &'static str, document: &'static str) -> Tool {
    let read = matches!(method.as_bytes(), b"get");
    Tool {
        name,
        renamed_from: if matches!(name.as_bytes(), b"get_extra") {
            "get_more"
        } else {
            ""
        },
        title: name,
        description: "Does something.",
        descriptions: if matches!(name.as_bytes(), b"delete_thing") {
            DESCRIPTIONS
        } else {
            &[]
        },
        toolset: "things",
        tags: &["sample"],
        method,
        operation: name,
        since: if matches!(name.as_bytes(), b"get_new_thing") {
            "1.10"
        } else {
            ""
        },
        document,
        effect: if read { READ } else { WRITE },
        http: if read { Http::Get } else { Http::Delete },
        path: "/thing",
        segments: &[Segment::Literal("/thing")],
        parameters: &[],
        clear: None,
        body: Body::NONE,
        list: None,
        update: Update::PLAIN,
        each: None,
        require_any: &[],
        secret_fields: &[],
        hidden_fields: &[],
        returns: None,
        response_format: ResponseFormat::Json,
    }
}

const fn api(
    name: &'static str,
    documents: &'static [Document],
    toolsets: &'static [&'static [Tool]],
) -> Api {
    Api {
        name,
        title: name,
        version: VersionProbe {
            path: "/version",
            version: "/version",
            product: "Things",
        },
        documents,
        sign_in: SignIn::Basic { session: None },
        errors: ErrorShapes {
            detail: &[],
            title: &[],
            hints: &[],
        },
        toolsets,
    }
}

static NEW_DOCUMENTS: [Document; 3] = [
    Document {
        name: "core",
        probe: None,
        version: None,
        alternative_to: None,
        sign_in: None,
        hints: &[],
    },
    Document {
        name: "extra",
        probe: Some(DocumentProbe {
            path: "/extra",
            has: "/paths",
            what: "the extra",
        }),
        version: None,
        alternative_to: None,
        sign_in: None,
        hints: &[],
    },
    Document {
        name: "extra-1",
        probe: Some(DocumentProbe {
            path: "/extra/1",
            has: "/paths",
            what: "the first extra",
        }),
        version: None,
        alternative_to: Some("extra"),
        sign_in: None,
        hints: &[],
    },
];
static OLD_DOCUMENTS: [Document; 1] = [Document {
    name: "old",
    probe: None,
    version: None,
    alternative_to: None,
    sign_in: None,
    hints: &[],
}];
static NEW_TOOLS: [Tool; 5] = [
    tool("get_thing", "get", "core"),
    tool("delete_thing", "delete", "core"),
    tool("get_extra", "get", "extra"),
    tool("get_extra", "get", "extra-1"),
    tool("get_new_thing", "get", "core"),
];
static OLD_TOOLS: [Tool; 2] = [
    tool("get_thing", "get", "old"),
    tool("get_old_thing", "get", "old"),
];
/// Descriptions of `delete_thing`, by version.
const DESCRIPTIONS: &[VersionedText] = &[
    VersionedText {
        since: "",
        before: "2",
        text: "Before 2.",
    },
    VersionedText {
        since: "2",
        before: "",
        text: "From 2.",
    },
];
static NEW: Api = api("new", &NEW_DOCUMENTS, &[&NEW_TOOLS]);
static OLD: Api = api("old", &OLD_DOCUMENTS, &[&OLD_TOOLS]);

/// Both APIs, newest first like the generated ones.
pub(crate) static APIS: &[&Api] = &[&NEW, &OLD];

/// Product with the tools of the example.
pub(crate) static PRODUCT: Product = Product {
    name: "tidewater-mcp",
    version: "1",
    apis: tidewater_tools::APIS,
    presets: &[],
    log_format: PlainText::FORMAT,
    sensitive_words: &["password", "token"],
    title: "Tidewater",
    about: "runs a port",
    upstream: "Tidewater",
    an_upstream: "a Tidewater",
    env_prefix: "TIDEWATER",
    tool_name_pattern: "{verb}_{resource}",
    probe_tool: "list_vessels",
    synonyms: Synonyms {
        words: &[
            ("administrator", "role"),
            ("crash", "fail log"),
            ("redo", "clear again"),
            ("ship", "vessel"),
            ("start", "trigger"),
            ("workflow", "dag"),
        ],
        phrases: &[("who changed", "audit log")],
    },
    examples: Examples {
        tag: "fleet",
        tag_subject: "vessels",
        tools: "list_vessels,list_berths",
        call: "list_vessels",
        call_with_arguments: "",
        call_from_stdin: "",
        token_account: "",
        token_service: "",
        token_command: "",
    },
};
