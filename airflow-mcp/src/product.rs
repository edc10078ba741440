//! What the server calls itself and Airflow.

use server::{Examples, Product, Words};

/// The server of Apache Airflow.
pub(crate) static PRODUCT: Product = Product {
    name: "airflow-mcp",
    version: env!("CARGO_PKG_VERSION"),
    apis: airflow_tools::APIS,
    title: "Apache Airflow",
    about: "administers Apache Airflow 2 and 3",
    api: "Airflow",
    an_api: "an Airflow",
    prefix: "AIRFLOW",
    tool_names: "{verb}_apacheairflow_{resource}",
    // What an administrator needs first.
    probe: "list_all_apacheairflow_users",
    words: Words {
        same: SAME,
        phrases: PHRASES,
    },
    examples: Examples {
        tag: ("rbac", "users, roles and permissions"),
        tools: "list_all_apacheairflow_users,list_all_apacheairflow_roles",
        calls: [
            "list_all_apacheairflow_users",
            "list_all_apacheairflow_users '{\"role\": \"Admin\"}'",
            "echo '{\"id\": \"ada\"}' | airflow-mcp call get_single_apacheairflow_user_by_id -",
        ],
        token: (
            "composer",
            "Google Cloud Composer",
            "gcloud auth print-access-token",
        ),
    },
};

/// What people say, and the words of Airflow and of its catalogue for it.
const SAME: &[(&str, &str)] = &[
    ("abort", "cancel stop"),
    ("access", "role permission"),
    ("account", "user"),
    ("activate", "unpause"),
    ("admin", "role"),
    ("administrator", "role"),
    ("again", "clear"),
    ("alive", "health heartbeat"),
    ("approval", "respond"),
    ("approve", "respond"),
    ("argument", "param"),
    ("broken", "import error list"),
    ("cancel", "fail stop"),
    ("count", "stats"),
    ("crash", "fail log"),
    ("credential", "connection"),
    ("dataset", "asset"),
    ("deactivate", "pause update"),
    ("disable", "pause update"),
    ("enable", "unpause"),
    ("error", "fail log"),
    ("execute", "trigger"),
    ("execution", "run"),
    ("grant", "update"),
    ("history", "tries"),
    ("kill", "fail stop update"),
    ("launch", "trigger"),
    ("output", "log xcom"),
    ("owned", "owner"),
    ("parameter", "param"),
    ("password", "connection user"),
    ("pipeline", "dag"),
    ("print", "log"),
    ("redo", "clear again"),
    ("repeat", "clear again"),
    ("rerun", "clear again run"),
    ("restart", "clear again"),
    ("result", "xcom"),
    ("resume", "unpause"),
    ("retry", "clear again try"),
    ("right", "permission role"),
    ("secret", "variable connection"),
    ("start", "trigger"),
    ("stop", "pause"),
    ("stuck", "dependency keep"),
    ("suspend", "pause"),
    ("traceback", "log error"),
    ("why", "log"),
    ("workflow", "dag"),
    ("yesterday", "today date"),
];

/// Turns of phrase whose words mean something else one by one.
const PHRASES: &[(&str, &str)] = &[
    ("run a dag", "trigger dag"),
    ("run dag", "trigger dag"),
    ("run the dag", "trigger dag"),
    ("turn off", "pause"),
    ("turn on", "unpause"),
    ("who changed", "audit log"),
    ("who did", "audit log"),
];
