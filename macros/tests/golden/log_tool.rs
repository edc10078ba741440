/// Reads the log of a run.
#[tool(
    name = "list_log_lines",
    title = "Read a log",
    method = "list",
    operation = "get_log",
    get = "/api/runs/{run}/{try}/log",
    response_format = log("text/plain", token = "token", next = "continuation_token")
)]
pub struct ListLogLines {
    /// Id of the run.
    #[param(path, wire = "run")]
    pub id: String,

    /// Number of the try, the last one if left out.
    #[param(path, name = "try", when_omitted = -1)]
    pub number: Option<i64>,

    #[param(query, fallback = "id", hidden)]
    pub same: Option<String>,
}
