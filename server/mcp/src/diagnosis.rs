//! Diagnosis of the connection to an upstream: address, API, sign-in, permissions and rate limit. Each check runs after the checks that it depends on.

use std::io;

use runtime::api::{Document, SignIn};
use runtime::registry;
use runtime::selection::Selection;
use runtime::{Account, CallError, DetectedServer, ErrorCode, RateLimit, Tool, ToolOutput};
use serde_json::{Map, Value};

use crate::environment::variable;
use crate::product::product;

/// Remark on an upstream on another machine whose URL begins with `http:`.
pub const PLAIN_HTTP: &str = "the URL begins with `http:` and leads to another machine, so everybody on the way can read the credentials and the data; use `https:`";

/// Checks the upstream of an account and reports each result immediately.
///
/// `has_token` is whether the account signs in with a bearer token. `detecting` is the same account without a fixed API, to detect a wrong API setting.
pub async fn examine(
    account: &Account,
    selection: &Selection,
    has_token: bool,
    detecting: Option<&Account>,
    report: &mut impl Report,
) -> io::Result<()> {
    if account.is_readable_on_its_way() {
        report.note("encryption", PLAIN_HTTP)?;
    }
    let known = match account.detect().await {
        Ok(known) => known,
        Err(error) if matches!(error.code, ErrorCode::Unreachable | ErrorCode::Timeout) => {
            return report.failed("address", &error_text(&error), &error.hint);
        }
        Err(error) => {
            report.ok("address", "responds")?;
            return report.failed("API", &error_text(&error), &error.hint);
        }
    };
    if known.api.version.path.is_empty() {
        // Without a version probe, nothing can be checked without credentials. The sign-in shows whether the upstream responds.
        report.ok("API", &format!("{} ({})", known.api.title, known.api.name))?;
        return sign_in(account, &known, selection, has_token, report).await;
    }
    report.ok("address", "responds")?;
    let found = match detecting {
        // The detection can fail, for example because a proxy blocks the probe.
        Some(account) if known.version.is_empty() => account.detect().await.ok(),
        _ => Some(known.clone()).filter(|known| !known.version.is_empty()),
    };
    let fixed = known.api.name;
    match found {
        Some(found) if found.api.name == fixed => {
            report.ok("API", &format!("{} ({fixed})", found.version))?;
        }
        Some(found) => {
            let (api, version) = (found.api.name, &found.version);
            let problem = format!(
                "{} is {fixed}, but the server is {version} ({api})",
                variable("API"),
            );
            let advice = format!("remove {} or set it to {api}", variable("API"));
            return report.failed("API", &problem, &advice);
        }
        None => report.note("API", &format!("{fixed} (set, not detected)"))?,
    }
    for document in known.api.documents {
        let Some(probe) = &document.probe else {
            continue;
        };
        if known.has(document.name) {
            report.ok("parts", &format!("{} is installed", probe.what))?;
        } else if document.alternative_to.is_none() && !is_replaced(&known, document) {
            let (what, upstream) = (probe.what, product().upstream);
            report.note("parts", &format!("{what} is not installed, so its tools are not offered; install it in {upstream} to use them"))?;
        }
    }
    sign_in(account, &known, selection, has_token, report).await?;
    own_sign_ins(account, &known, has_token, report).await
}

/// Returns whether the upstream has an alternative to this document.
fn is_replaced(known: &DetectedServer, document: &Document) -> bool {
    let documents = known.api.documents.iter();
    let mut instead = documents.filter(|it| it.alternative_to == Some(document.name));
    instead.any(|it| known.has(it.name))
}

/// Checks the sign-in and a permission with a call, because only the response to a request that needs them shows them.
async fn sign_in(
    account: &Account,
    known: &DetectedServer,
    selection: &Selection,
    has_token: bool,
    report: &mut impl Report,
) -> io::Result<()> {
    let Some(tool) = probe(known) else {
        let upstream = product().upstream;
        return report.note(
            "sign-in",
            &format!("not checked: this {upstream} has no list tool without required arguments"),
        );
    };
    let answer = first_of(account, tool).await;
    let (detail, text) = (detail(&answer), |key: &str| text(&answer, key));
    let permission = format!("to {}", tool.title.to_lowercase());
    match answer.error {
        None => {
            report.ok("sign-in", "works")?;
            report.ok("permission", &permission)?;
        }
        Some(ErrorCode::Forbidden) => {
            match (has_token, &known.api.sign_in) {
                (true, SignIn::Basic { .. } | SignIn::Key { .. }) => report.note(
                    "sign-in",
                    &format!(
                        "unknown: {} may respond to an invalid token as to a missing permission",
                        product().an_upstream
                    ),
                )?,
                _ => report.ok("sign-in", "works")?,
            }
            report.failed(
                "permission",
                &format!("{permission}: {detail}"),
                &text("hint"),
            )?;
        }
        Some(ErrorCode::Unauthenticated) => report.failed("sign-in", &detail, &text("hint"))?,
        // The request of a list contains no id, so the path of the address must be wrong.
        Some(ErrorCode::NotFound) => report.failed(
            tool.title,
            &detail,
            &format!(
                "The server has no {} at this address; check the path of the URL.",
                tool.path
            ),
        )?,
        Some(_) => report.failed(tool.title, &detail, &text("hint"))?,
    }
    if !selection.matches(tool) {
        report.note("selection", &format!("excludes {}", tool.name))?;
    }
    rate_limit(answer.rate_limit, report)
}

/// Checks the sign-in of each document that has its own sign-in method.
async fn own_sign_ins(
    account: &Account,
    known: &DetectedServer,
    has_token: bool,
    report: &mut impl Report,
) -> io::Result<()> {
    let documents = known.api.documents.iter();
    for document in documents.filter(|it| known.has(it.name) && it.sign_in.is_some()) {
        let what = document.probe.as_ref().map_or(document.name, |it| it.what);
        let Some(tool) = list_of(known, document.name) else {
            continue;
        };
        let answer = first_of(account, tool).await;
        let problem = format!("{what}: {}", detail(&answer));
        let hint = text(&answer, "hint");
        match answer.error {
            None => report.ok("sign-in", &format!("works for {what}"))?,
            // Not a failure: the other documents work with the token and may be sufficient.
            Some(ErrorCode::Unauthenticated) if has_token => {
                report.note("sign-in", &format!("{problem}. {hint}"))?;
            }
            Some(ErrorCode::Forbidden) => report.failed("permission", &problem, &hint)?,
            Some(_) => report.failed("sign-in", &problem, &hint)?,
        }
    }
    Ok(())
}

/// Returns a list tool that uses the sign-in method of the API, preferably [`Product::probe_tool`](crate::product::Product::probe_tool).
fn probe(known: &DetectedServer) -> Option<&'static Tool> {
    let documents = known.api.documents.iter();
    let usual = documents.filter(|it| known.has(it.name) && it.sign_in.is_none());
    let mut tools = usual.filter_map(|it| list_of(known, it.name));
    let first = tools.clone().next();
    tools
        .find(|tool| tool.name == product().probe_tool)
        .or(first)
}

/// Returns a list tool of a document that needs no arguments, preferably [`Product::probe_tool`](crate::product::Product::probe_tool).
fn list_of(known: &DetectedServer, document: &str) -> Option<&'static Tool> {
    let lists = || {
        registry::tools(known.api).filter(|tool| {
            let needs = tool.parameters.iter().any(|param| param.field.required);
            tool.document == document && tool.list.is_some() && !needs
        })
    };
    let users = lists().find(|tool| tool.name == product().probe_tool);
    users.or_else(|| lists().next())
}

/// Calls a list tool for one item.
async fn first_of(account: &Account, tool: &'static Tool) -> ToolOutput {
    let mut arguments = Map::new();
    arguments.insert("limit".to_owned(), Value::from(1));
    account.call(tool, arguments, &|_, _| ()).await
}

/// Returns the detail or else the title of the error; empty if the call succeeded.
fn detail(answer: &ToolOutput) -> String {
    match text(answer, "detail") {
        detail if detail.is_empty() => text(answer, "title"),
        detail => detail,
    }
}

/// Returns a string of the error; empty if the call succeeded.
fn text(answer: &ToolOutput, key: &str) -> String {
    let error = error(answer);
    let text = error.as_ref().and_then(|error| error.get(key));
    let text = text.and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn rate_limit(limit: RateLimit, report: &mut impl Report) -> io::Result<()> {
    let told: Vec<_> = [
        ("limit", limit.limit),
        ("remaining", limit.remaining),
        ("seconds until reset", limit.reset),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| format!("{name} {value}")))
    .collect();
    if told.is_empty() {
        report.note(
            "rate limit",
            &format!("{} reports none", product().upstream),
        )
    } else {
        report.ok("rate limit", &told.join(", "))
    }
}

fn error_text(error: &CallError) -> String {
    if error.detail.is_empty() {
        error.title.clone()
    } else {
        format!("{}: {}", error.title, error.detail)
    }
}

fn error(answer: &ToolOutput) -> Option<Value> {
    let mut value: Value = serde_json::from_str(&answer.json).ok()?;
    value.get_mut("error").map(Value::take)
}

/// Receiver of the results of the checks.
pub trait Report: Send {
    /// Receives the result of one check.
    ///
    /// # Errors
    ///
    /// Fails if the result cannot be written.
    fn step(&mut self, step: DiagnosisStep<'_>) -> io::Result<()>;

    /// Reports a success.
    ///
    /// # Errors
    ///
    /// Fails if the result cannot be written.
    fn ok(&mut self, what: &str, how: &str) -> io::Result<()> {
        let outcome = StepOutcome::Ok;
        self.step(DiagnosisStep { outcome, what, how })
    }

    /// Reports a remark that is not a failure.
    ///
    /// # Errors
    ///
    /// Fails if the result cannot be written.
    fn note(&mut self, what: &str, how: &str) -> io::Result<()> {
        let outcome = StepOutcome::Note;
        self.step(DiagnosisStep { outcome, what, how })
    }

    /// Reports a failure, with advice that may be empty.
    ///
    /// # Errors
    ///
    /// Fails if the result cannot be written.
    fn failed(&mut self, what: &str, how: &str, advice: &str) -> io::Result<()> {
        let outcome = StepOutcome::Failed { advice };
        self.step(DiagnosisStep { outcome, what, how })
    }
}

/// Result of one check.
#[derive(Debug, Clone, Copy)]
pub struct DiagnosisStep<'a> {
    /// Outcome of the check.
    pub outcome: StepOutcome<'a>,
    /// Subject of the check.
    pub what: &'a str,
    /// Finding.
    pub how: &'a str,
}

/// Outcome of a check.
#[derive(Debug, Clone, Copy)]
pub enum StepOutcome<'a> {
    /// Success.
    Ok,
    /// Remark that is not a failure.
    Note,
    /// Failure, with advice that may be empty.
    Failed {
        /// Advice for the operator.
        advice: &'a str,
    },
}
