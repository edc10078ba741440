//! Product of the tests, whose API accepts user names and passwords.

use mcp_server::product::{Examples, Product, Synonyms, set_product};
use runtime::api::{Api, ErrorShapes, SignIn, VersionProbe};
use runtime::log::PlainText;

static PRODUCT: Product = Product {
    name: "vessels-mcp",
    version: "1",
    apis: &[&API],
    presets: &[],
    log_format: PlainText::FORMAT,
    sensitive_words: &[],
    title: "Vessels",
    about: "runs a port",
    upstream: "Vessels",
    an_upstream: "a Vessels",
    env_prefix: "VESSELS",
    tool_name_pattern: "{verb}_{resource}",
    probe_tool: "",
    synonyms: Synonyms::NONE,
    examples: Examples {
        tag: "fleet",
        tag_subject: "vessels",
        tools: "",
        call: "",
        call_with_arguments: "",
        call_from_stdin: "",
        token_account: "",
        token_service: "",
        token_command: "",
    },
};

static API: Api = Api {
    name: "vessels",
    title: "Vessels",
    version: VersionProbe {
        path: "",
        version: "",
        product: "",
    },
    documents: &[],
    sign_in: SignIn::Basic { session: None },
    errors: ErrorShapes {
        detail: &[],
        title: &[],
        hints: &[],
    },
    toolsets: &[],
};

/// Sets the product of this process.
pub(crate) fn use_product() {
    set_product(&PRODUCT);
}
