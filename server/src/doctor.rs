//! `airflow-mcp doctor`: what works and what does not, in the order in which one thing needs the other.

use std::sync::Arc;

use runtime::api::{Document, SignIn};
use runtime::registry::{self, Selection};
use runtime::{Account, Answer, CallError, ErrorCode, Known, RateLimit, Tool};
use serde_json::{Map, Value};

use crate::Failure;
use crate::cli::Connected;
use crate::output;
use crate::product::{product, variable, words};
use crate::settings::{self, process_environment};

/// Runs all checks that make sense; fails if one of them did.
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

/// Asks an account's Airflow all that can be asked, and tells what is found as it is found.
///
/// `token` says whether the account signs in with a token; `given` is what it was made of, where an API that is set wrongly is to be noticed.
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
        // There is nothing to ask without credentials; what answers shows when signing in.
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
        } else if document.instead_of.is_none() && !is_replaced(&known, document) {
            let advice = words("its tools are not offered; install it in %API% to have them");
            report.note("parts", &format!("{} is not there: {advice}", probe.what))?;
        }
    }
    sign_in(account, &known, selection, token, report).await?;
    own_sign_ins(account, &known, token, report).await
}

/// Whether the server has another document instead of this one.
fn is_replaced(known: &Known, document: &Document) -> bool {
    let documents = known.api.documents.iter();
    let mut instead = documents.filter(|it| it.instead_of == Some(document.name));
    instead.any(|it| known.has(it.name))
}

/// What the Airflow says of itself, whatever AIRFLOW_API says; a proxy may not let it.
async fn detected(mut given: Connected) -> Option<Arc<Known>> {
    given.connection.api = None;
    let (account, _) = settings::connect(given, &process_environment).ok()?;
    account.detect().await.ok()
}

/// Signing in and permissions show only in an answer to a request that needs them.
async fn sign_in(
    account: &Account,
    known: &Known,
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
        // A list has no id that could be wrong.
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

/// The same for the parts of the API that are signed in to in a way of their own.
async fn own_sign_ins(
    account: &Account,
    known: &Known,
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
            // All else works with the token, which may be all that is wanted.
            Some(ErrorCode::Unauthenticated) if token => {
                report.note("sign-in", &format!("{problem}. {hint}"))?;
            }
            Some(ErrorCode::Forbidden) => report.failed("permission", &problem, &hint)?,
            Some(_) => report.failed("sign-in", &problem, &hint)?,
        }
    }
    Ok(())
}

/// A list tool that signs in as most do, the one whose permission is needed first if possible.
fn probe(known: &Known) -> Option<&'static Tool> {
    let documents = known.api.documents.iter();
    let usual = documents.filter(|it| known.has(it.name) && it.sign_in.is_none());
    let mut tools = usual.filter_map(|it| list_of(known, it.name));
    let first = tools.clone().next();
    tools.find(|tool| tool.name == product().probe).or(first)
}

/// A list tool of a document that needs no arguments, the one whose permission is needed first if possible.
fn list_of(known: &Known, document: &str) -> Option<&'static Tool> {
    let lists = || {
        registry::tools(known.api).filter(|tool| {
            let needs = tool.params.iter().any(|param| param.field.required);
            tool.document == document && tool.list.is_some() && !needs
        })
    };
    let users = lists().find(|tool| tool.name == product().probe);
    users.or_else(|| lists().next())
}

/// What a list tool answers that is asked for one item.
async fn first_of(account: &Account, tool: &'static Tool) -> Answer {
    let mut arguments = Map::new();
    arguments.insert("limit".to_owned(), Value::from(1));
    account.call(tool, arguments, &|_, _| ()).await
}

/// What went wrong, empty if nothing did.
fn detail(answer: &Answer) -> String {
    match text(answer, "detail") {
        detail if detail.is_empty() => text(answer, "title"),
        detail => detail,
    }
}

/// A text of the error that an answer is, empty if it is none.
fn text(answer: &Answer, key: &str) -> String {
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

fn error(answer: &Answer) -> Option<Value> {
    let mut value: Value = serde_json::from_str(&answer.json).ok()?;
    value.get_mut("error").map(Value::take)
}

/// Who is told what was found.
pub(crate) trait Report {
    /// One thing that was looked at.
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

/// One thing that was looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) outcome: Outcome<'a>,
    pub(crate) what: &'a str,
    pub(crate) how: &'a str,
}

/// How it was.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    /// It works.
    Ok,
    /// Nothing that has to work.
    Note,
    /// It does not work; the advice may be empty.
    Failed { advice: &'a str },
}

/// Lines as they become known, and whether one of them is bad.
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
