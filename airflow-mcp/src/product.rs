//! What the server calls itself and Airflow.

use server::{Examples, Product};

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
