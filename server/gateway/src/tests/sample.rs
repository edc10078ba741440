//! Product of the tests: the tools of the example, with an API that accepts user names and passwords.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mcp_server::product::{Examples, Product, Synonyms, set_product};
use runtime::api::{Api, Document, ErrorShapes, SignIn, VersionProbe};
use runtime::log::PlainText;
use runtime::selection::Preset;
use secrecy::SecretString;

use crate::keys::KeySources;
use crate::service::gateway::GatewayOptions;
use crate::slots::SlotLimits;
use crate::store::StoreUrl;

static PRODUCT: Product = Product {
    name: "tidewater-mcp",
    version: "1",
    apis: APIS,
    presets: &PRESETS,
    log_format: PlainText::FORMAT,
    sensitive_words: &["password", "token"],
    title: "Tidewater",
    about: "runs a port",
    upstream: "Tidewater",
    an_upstream: "a Tidewater",
    env_prefix: "TIDEWATER",
    tool_name_pattern: "{verb}_{resource}",
    probe_tool: "list_vessels",
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

static PRESETS: [Preset; 2] = [
    Preset {
        name: "fleet",
        title: "Manage the fleet",
        methods: &["read", "write"],
        tags: &["fleet"],
        tools: &[],
        exclude_tags: &[],
        exclude_tools: &[],
        include_secrets: false,
    },
    Preset {
        name: "read",
        title: "Read everything but secrets",
        methods: &["read"],
        tags: &[],
        tools: &[],
        exclude_tags: &[],
        exclude_tools: &[],
        include_secrets: false,
    },
];

static APIS: &[&Api] = &[&API];

static API: Api = Api {
    name: "tidewater",
    title: "Tidewater",
    version: VersionProbe {
        path: "",
        version: "",
        product: "",
    },
    documents: &DOCUMENTS,
    sign_in: SignIn::Basic { session: None },
    errors: ErrorShapes {
        detail: &[],
        title: &[],
        hints: &[],
    },
    toolsets: tidewater_tools::tidewater::API.toolsets,
};

static DOCUMENTS: [Document; 1] = [Document {
    name: "tidewater",
    probe: None,
    version: None,
    alternative_to: None,
    sign_in: None,
    hints: &[],
}];

/// Returns the options of a gateway with this store.
pub(crate) fn options(store: StoreUrl) -> GatewayOptions {
    GatewayOptions {
        store,
        key: key(1),
        old_keys: Vec::new(),
        key_sources: KeySources::default(),
        public_url: "http://gateway.test".to_owned(),
        local_credentials: false,
        link_local: false,
        audit_retention: Duration::from_secs(86_400),
        purge_interval: Duration::from_secs(3600),
        apis: apis(),
        slots: SlotLimits::default(),
    }
}

/// Returns a key whose bytes are all the same.
pub(crate) fn key(byte: u8) -> SecretString {
    BASE64_STANDARD.encode([byte; 32]).into()
}

/// Sets the product of this process and returns its APIs.
pub(crate) fn apis() -> &'static [&'static Api] {
    set_product(&PRODUCT);
    APIS
}
