//! Command `airflow-mcp doctor`: checks the settings, the connection, the sign-in and the permissions. Each check runs after the checks that it depends on.

use std::sync::Arc;

use runtime::api::{Document, SignIn};
use runtime::registry::{self, Selection};
use runtime::{Account, CallError, DetectedServer, ErrorCode, RateLimit, Tool, ToolOutput};
use serde_json::{Map, Value};

use crate::Failure;
use crate::cli::Connected;
use crate::output;
use crate::product::{product, variable, words};
use crate::settings::{self, process_environment};

/// Runs all applicable checks and fails if one of them failed.
pub(crate) async fn check(connected: Connected) -> Result<(), Failure> {
    let mut report = Lines::default();
    let given = connected.clone();
    match settings::connect(connected, &process_environment) {
        Ok((account, selection)) => {
            report.ok("settings", "make sense")?;
            let token = given.connection.username.is_none();
            examine(&account, &selection, token, Some(given), &mut report).await?;
        }
        Err(problems) => {
            for problem in problems.0 {
                report.failed("settings", &problem, "")?;
            }
        }
    }
    if report.failed {
        Err(Failure::Failed)
    } else {
        Ok(())
    }
}

/// Checks the upstream of an account and reports each result immediately.
///
/// `token` is whether the account signs in with a bearer token. `given` contains the arguments of the account; they are needed to detect a wrong API setting.
pub(crate) async fn examine(
    account: &Account,
    selection: &Selection,
    token: bool,
    given: Option<Connected>,
    report: &mut impl Report,
) -> anyhow::Result<()> {
    let known = match account.detect().await {
        Ok(known) => known,
        Err(error) if matches!(error.code, ErrorCode::Unreachable | ErrorCode::Timeout) => {
            return report.failed("address", &said(&error), &error.hint);
        }
        Err(error) => {
            report.ok("address", "something answers")?;
            return report.failed("API", &said(&error), &error.hint);
        }
    };
    if known.api.version.path.is_empty() {
        // Without a version probe, nothing can be checked without credentials. The sign-in shows whether the upstream responds.
        report.ok("API", &format!("{} ({})", known.api.title, known.api.name))?;
        return sign_in(account, &known, selection, token, report).await;
    }
    report.ok("address", "answers")?;
    let found = match given {
        Some(given) if known.version.is_empty() => detected(given).await,
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
                "{} says {fixed}, but this is {version} ({api})",
                variable("API"),
            );
            let advice = format!("leave {} out, or set it to {api}", variable("API"));
            return report.failed("API", &problem, &advice);
        }
        None => report.note("API", &format!("{fixed}, as it is set"))?,
    }
    for document in known.api.documents {
        let Some(probe) = &document.probe else {
            continue;
        };
        if known.has(document.name) {
            report.ok("parts", &format!("{} is there", probe.what))?;
        } else if document.alternative_to.is_none() && !is_replaced(&known, document) {
            let advice = words("its tools are not offered; install it in %API% to have them");
            report.note("parts", &format!("{} is not there: {advice}", probe.what))?;
        }
    }
    sign_in(account, &known, selection, token, report).await?;
    own_sign_ins(account, &known, token, report).await
}

/// Returns whether the upstream has an alternative to this document.
fn is_replaced(known: &DetectedServer, document: &Document) -> bool {
    let documents = known.api.documents.iter();
    let mut instead = documents.filter(|it| it.alternative_to == Some(document.name));
    instead.any(|it| known.has(it.name))
}

/// Detects the API of the upstream regardless of the API setting. The detection can fail, for example because a proxy blocks the probe.
async fn detected(mut given: Connected) -> Option<Arc<DetectedServer>> {
    given.connection.api = None;
    let (account, _) = settings::connect(given, &process_environment).ok()?;
    account.detect().await.ok()
}

/// Checks the sign-in and a permission with a call, because only the response to a request that needs them shows them.
async fn sign_in(
    account: &Account,
    known: &DetectedServer,
    selection: &Selection,
    token: bool,
    report: &mut impl Report,
) -> anyhow::Result<()> {
    let Some(tool) = probe(known) else {
        return report.note(
            "sign-in",
            &words("not checked: no tool of this %API% can show it"),
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
            match (token, &known.api.sign_in) {
                (true, SignIn::Basic { .. } | SignIn::Key { .. }) => report.note(
                    "sign-in",
                    &words("not known: %AN_API% may say the same of a wrong token and of a missing permission"),
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
                "There is no {} behind this address: check the path of the address.",
                tool.path
            ),
        )?,
        Some(_) => report.failed(tool.title, &detail, &text("hint"))?,
    }
    if !selection.matches(tool) {
        report.note("selection", &format!("leaves out {}", tool.name))?;
    }
    rate_limit(answer.rate_limit, report)
}

/// Checks the sign-in of each document that has its own sign-in method.
async fn own_sign_ins(
    account: &Account,
    known: &DetectedServer,
    token: bool,
    report: &mut impl Report,
) -> anyhow::Result<()> {
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
            Some(ErrorCode::Unauthenticated) if token => {
                report.note("sign-in", &format!("{problem}. {hint}"))?;
            }
            Some(ErrorCode::Forbidden) => report.failed("permission", &problem, &hint)?,
            Some(_) => report.failed("sign-in", &problem, &hint)?,
        }
    }
    Ok(())
}

/// Returns a list tool that uses the sign-in method of the API, preferably [`Product::probe`](crate::Product::probe).
fn probe(known: &DetectedServer) -> Option<&'static Tool> {
    let documents = known.api.documents.iter();
    let usual = documents.filter(|it| known.has(it.name) && it.sign_in.is_none());
    let mut tools = usual.filter_map(|it| list_of(known, it.name));
    let first = tools.clone().next();
    tools.find(|tool| tool.name == product().probe).or(first)
}

/// Returns a list tool of a document that needs no arguments, preferably [`Product::probe`](crate::Product::probe).
fn list_of(known: &DetectedServer, document: &str) -> Option<&'static Tool> {
    let lists = || {
        registry::tools(known.api).filter(|tool| {
            let needs = tool.parameters.iter().any(|param| param.field.required);
            tool.document == document && tool.list.is_some() && !needs
        })
    };
    let users = lists().find(|tool| tool.name == product().probe);
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

fn rate_limit(limit: RateLimit, report: &mut impl Report) -> anyhow::Result<()> {
    let told: Vec<_> = [
        ("limit", limit.limit),
        ("remaining", limit.remaining),
        ("seconds until it starts anew", limit.reset),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| format!("{name} {value}")))
    .collect();
    if told.is_empty() {
        report.note("rate limit", &words("%API% says nothing of one"))
    } else {
        report.ok("rate limit", &told.join(", "))
    }
}

fn said(error: &CallError) -> String {
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
pub(crate) trait Report {
    /// Receives the result of one check.
    fn step(&mut self, step: Step<'_>) -> anyhow::Result<()>;

    fn ok(&mut self, what: &str, how: &str) -> anyhow::Result<()> {
        let outcome = Outcome::Ok;
        self.step(Step { outcome, what, how })
    }

    fn note(&mut self, what: &str, how: &str) -> anyhow::Result<()> {
        let outcome = Outcome::Note;
        self.step(Step { outcome, what, how })
    }

    fn failed(&mut self, what: &str, how: &str, advice: &str) -> anyhow::Result<()> {
        let outcome = Outcome::Failed { advice };
        self.step(Step { outcome, what, how })
    }
}

/// Result of one check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) outcome: Outcome<'a>,
    pub(crate) what: &'a str,
    pub(crate) how: &'a str,
}

/// Outcome of a check.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    /// Success.
    Ok,
    /// Remark that is not a failure.
    Note,
    /// Failure, with advice that may be empty.
    Failed { advice: &'a str },
}

/// Report that prints each result immediately and records whether a check failed.
#[derive(Debug, Default)]
struct Lines {
    failed: bool,
}

impl Report for Lines {
    fn step(&mut self, Step { outcome, what, how }: Step<'_>) -> anyhow::Result<()> {
        let (mark, advice) = match outcome {
            Outcome::Ok => ("ok", ""),
            Outcome::Note => ("-", ""),
            Outcome::Failed { advice } => ("FAILED", advice),
        };
        self.failed |= mark == "FAILED";
        output::line(&format!("{mark:<6}  {what:<10}  {how}"))?;
        if advice.is_empty() {
            return Ok(());
        }
        output::line(&format!("        {:<10}  -> {advice}", ""))
    }
}
