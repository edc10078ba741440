//! Converts arguments and environment variables to an [`Account`] and a [`Selection`]. All errors are reported together, so that a configuration can be corrected in one step.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use runtime::registry::Selection;
use runtime::{Account, Credentials, Settings, SettingsError};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::cli::{Connected, ConnectionArgs, SelectionArgs};
use crate::product::{product, variable, words};

/// All errors of the settings.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}error: {problem}")?;
        }
        Ok(())
    }
}

/// Source of environment variables. Functions take it as a parameter, so that tests need no real variables.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Returns a variable from the environment of this process. A value that is not UTF-8 counts as not set, because no setting has such a value.
pub(crate) fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns the account and the selection that the arguments and the environment define.
pub(crate) fn connect(
    args: Connected,
    environment: Environment<'_>,
) -> Result<(Account, Selection), Problems> {
    let mut problems = Vec::new();
    // Placeholders replace invalid settings, so that the other settings are checked too.
    let settings = settings(args.connection, environment, &mut problems);
    let account = Account::new(settings, product().apis, product().log_format).map_err(|error| {
        problems.push(format!("{}{error}", about(&error)));
    });
    let selection = selection(args.selection).map_err(|more| problems.extend(more.0));
    match (account, selection) {
        (Ok(account), Ok(selection)) if problems.is_empty() => Ok((account, selection)),
        _ => Err(Problems(problems)),
    }
}

/// Returns the environment variable that an error of the runtime is about, as the beginning of a message.
fn about(error: &SettingsError) -> String {
    let name = match error {
        SettingsError::NotAUrl(_)
        | SettingsError::Scheme(_)
        | SettingsError::CredentialsInUrl
        | SettingsError::MoreThanPath
        | SettingsError::InsideApi(_) => "%PREFIX%_URL: ",
        SettingsError::UnknownApi { .. } => "%PREFIX%_API: ",
        SettingsError::HeaderName(_)
        | SettingsError::HeaderReserved(_)
        | SettingsError::HeaderValue(_) => "%PREFIX%_HEADERS: ",
        SettingsError::NoUsername => "%PREFIX%_USERNAME: ",
        SettingsError::Token => "%PREFIX%_TOKEN: ",
        SettingsError::SignedInTwice | SettingsError::Certificate | SettingsError::Zero(_) => "",
    };
    words(name)
}

/// Returns the selection if its names exist and at least one tool matches.
pub(crate) fn selection(args: SelectionArgs) -> Result<Selection, Problems> {
    let names = |values: Vec<String>| {
        values
            .iter()
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    };
    let selection = Selection {
        methods: names(args.methods),
        tags: names(args.tags),
        tools: names(args.tools),
    };
    match selection.check(product().apis) {
        Ok(()) => Ok(selection),
        Err(errors) => Err(Problems(errors.iter().map(ToString::to_string).collect())),
    }
}

fn settings(
    args: ConnectionArgs,
    environment: Environment<'_>,
    problems: &mut Vec<String>,
) -> Settings {
    let base_url = base_url(args.url.clone(), problems);
    let headers = headers(environment(&variable("HEADERS")), problems);
    let credentials = credentials(&args, environment, &headers, problems);
    let mut settings = Settings::new(base_url, credentials);
    settings.headers = headers;
    settings.api = set(args.api);
    if let Some(timeout) = timeout(args.timeout, problems) {
        settings.timeout = timeout;
    }
    settings
}

fn base_url(url: Option<String>, problems: &mut Vec<String>) -> String {
    set(url).unwrap_or_else(|| {
        problems.push(words(
            "%PREFIX%_URL is not set: give the address of %API%, for example http://localhost:8080",
        ));
        "http://localhost".to_owned()
    })
}

fn timeout(seconds: Option<String>, problems: &mut Vec<String>) -> Option<Duration> {
    let seconds = set(seconds)?;
    let timeout = seconds
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| !timeout.is_zero());
    if timeout.is_none() {
        problems.push(format!(
            "{} is `{seconds}`: give a number of seconds above 0, for example 30",
            variable("TIMEOUT")
        ));
    }
    timeout
}

/// Returns the name of an API, if one is given, or an error if no such API exists.
pub(crate) fn api_name(api: Option<String>) -> Result<Option<String>, Vec<String>> {
    let Some(name) = set(api) else {
        return Ok(None);
    };
    if product().apis.iter().any(|api| api.name == name) {
        return Ok(Some(name));
    }
    let names: Vec<_> = product().apis.iter().map(|api| api.name).collect();
    Err(vec![format!(
        "{} is `{name}`: give {}, or leave it out to have it detected",
        variable("API"),
        names.join(" or ")
    )])
}

fn credentials(
    args: &ConnectionArgs,
    environment: Environment<'_>,
    headers: &[(String, SecretString)],
    problems: &mut Vec<String>,
) -> Credentials {
    let username = set(args.username.clone());
    // The password is not trimmed, because it may begin or end with a space.
    let password = environment(&variable("PASSWORD")).filter(|password| !password.is_empty());
    let token = set(environment(&variable("TOKEN")));
    let file = set(args.token_file.clone());
    let command = set(args.token_command.clone());
    let header = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"));

    let ways: Vec<_> = [
        (
            "%PREFIX%_USERNAME with %PREFIX%_PASSWORD",
            username.is_some() || password.is_some(),
        ),
        ("%PREFIX%_TOKEN", token.is_some()),
        ("%PREFIX%_TOKEN_FILE", file.is_some()),
        ("%PREFIX%_TOKEN_COMMAND", command.is_some()),
        (
            "an Authorization header in %PREFIX%_HEADERS",
            header.is_some(),
        ),
    ]
    .into_iter()
    .filter_map(|(way, given)| given.then_some(way))
    .collect();

    let contradiction = ways.len() > 1;
    if contradiction {
        problems.push(format!(
            "there are {} ways to sign in: {}; keep one",
            ways.len(),
            words(&ways.join(", "))
        ));
    }
    if username.is_some() && password.is_none() {
        problems.push(words(
            "%PREFIX%_USERNAME is set but %PREFIX%_PASSWORD is not: set it too, in the environment",
        ));
    }
    if username.is_none() && password.is_some() {
        problems.push(words(
            "%PREFIX%_PASSWORD is set but %PREFIX%_USERNAME is not: set it too",
        ));
    }
    if (username.is_some() || password.is_some()) && !product().has_passwords() {
        problems.push(words(
            "%API% has no user names and passwords: give the key as %PREFIX%_TOKEN, and neither %PREFIX%_USERNAME nor %PREFIX%_PASSWORD",
        ));
        return Credentials::None;
    }
    if contradiction {
        return Credentials::None;
    }
    match (username, password, token, file, command) {
        (Some(username), Some(password), ..) => Credentials::Password {
            username,
            password: SecretString::from(password),
        },
        (_, _, Some(token), ..) => Credentials::Bearer(SecretString::from(token)),
        (_, _, _, Some(file), _) => Credentials::BearerFile(PathBuf::from(file)),
        (_, _, _, _, Some(command)) => Credentials::BearerCommand(command),
        _ => Credentials::None,
    }
}

/// Parses headers from a JSON object or from lines. Messages contain the name of a header and never its value.
pub(crate) fn headers(
    text: Option<String>,
    problems: &mut Vec<String>,
) -> Vec<(String, SecretString)> {
    let Some(text) = set(text) else {
        return Vec::new();
    };
    if !text.starts_with('{') {
        return header_lines(&text, problems);
    }
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(&text) else {
        problems.push(words(
            "%PREFIX%_HEADERS begins with `{` but is not a JSON object",
        ));
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in object {
        match value {
            Value::String(value) => headers.push((name, SecretString::from(value))),
            _ => problems.push(format!(
                "{}: the value of `{name}` has to be a string",
                variable("HEADERS")
            )),
        }
    }
    headers
}

fn header_lines(text: &str, problems: &mut Vec<String>) -> Vec<(String, SecretString)> {
    let mut headers = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match line.split_once(':') {
            Some((name, value)) => headers.push((
                name.trim().to_owned(),
                SecretString::from(value.trim().to_owned()),
            )),
            None if line.trim().is_empty() => {}
            None => problems.push(format!(
                "{}: line {} has no colon; write `Name: value`",
                variable("HEADERS"),
                index + 1
            )),
        }
    }
    headers
}

/// Removes surrounding white space. An empty value counts as not set, because configuration files of clients cannot leave a variable out.
pub(crate) fn set(value: Option<String>) -> Option<String> {
    value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn one_way_to_sign_in() {
        let rows: [(&[(&str, &str)], &str); 10] = [
            (&[], "None"),
            (&[("AIRFLOW_PASSWORD", ""), ("AIRFLOW_TOKEN", " ")], "None"),
            (
                &[("AIRFLOW_USERNAME", "ada"), ("AIRFLOW_PASSWORD", " ")],
                "Password",
            ),
            (&[("AIRFLOW_TOKEN", "t")], "Bearer"),
            (&[("AIRFLOW_TOKEN_FILE", "f")], "BearerFile"),
            (&[("AIRFLOW_TOKEN_COMMAND", "c")], "BearerCommand"),
            (
                &[("AIRFLOW_USERNAME", "ada")],
                "AIRFLOW_USERNAME is set but AIRFLOW_PASSWORD is not: set it too, in the environment",
            ),
            (
                &[("AIRFLOW_PASSWORD", "p")],
                "AIRFLOW_PASSWORD is set but AIRFLOW_USERNAME is not: set it too",
            ),
            (
                &[
                    ("AIRFLOW_USERNAME", "ada"),
                    ("AIRFLOW_PASSWORD", "p"),
                    ("AIRFLOW_TOKEN", "t"),
                ],
                "there are 2 ways to sign in: AIRFLOW_USERNAME with AIRFLOW_PASSWORD, AIRFLOW_TOKEN; keep one",
            ),
            (
                &[
                    ("AIRFLOW_TOKEN", "t"),
                    ("AIRFLOW_TOKEN_FILE", "f"),
                    ("AIRFLOW_HEADERS", "Authorization: x"),
                ],
                "there are 3 ways to sign in: AIRFLOW_TOKEN, AIRFLOW_TOKEN_FILE, an Authorization header in AIRFLOW_HEADERS; keep one",
            ),
        ];
        for (variables, expected) in rows {
            let environment = |name: &str| {
                let variable = variables.iter().find(|(variable, _)| *variable == name);
                variable.map(|(_, value)| (*value).to_owned())
            };
            let args = ConnectionArgs {
                username: environment("AIRFLOW_USERNAME"),
                token_file: environment("AIRFLOW_TOKEN_FILE"),
                token_command: environment("AIRFLOW_TOKEN_COMMAND"),
                ..ConnectionArgs::default()
            };
            let mut problems = Vec::new();
            let headers = headers(environment("AIRFLOW_HEADERS"), &mut problems);
            let credentials = credentials(&args, &environment, &headers, &mut problems);
            let told = if problems.is_empty() {
                format!("{credentials:?}")
            } else {
                problems.join("; ")
            };
            assert_eq!(told, expected, "{variables:?}");
        }
    }

    #[test]
    fn headers_are_an_object_or_lines() {
        let rows = [
            ("", "", ""),
            (r#"{"X-A": "1", "X-B": ": 2"}"#, "X-A=1,X-B=: 2", ""),
            ("X-A: 1\n\n  X-B : a:b ", "X-A=1,X-B=a:b", ""),
            (
                r#"{"X-A": 1}"#,
                "",
                "AIRFLOW_HEADERS: the value of `X-A` has to be a string",
            ),
            (
                "{X-A: 1",
                "",
                "AIRFLOW_HEADERS begins with `{` but is not a JSON object",
            ),
            (
                "X-A: 1\nX-B",
                "X-A=1",
                "AIRFLOW_HEADERS: line 2 has no colon; write `Name: value`",
            ),
        ];
        for (text, expected, problem) in rows {
            let mut problems = Vec::new();
            let headers: Vec<_> = headers(Some(text.to_owned()), &mut problems)
                .into_iter()
                .map(|(name, value)| format!("{name}={}", value.expose_secret()))
                .collect();
            assert_eq!(
                (headers.join(","), problems.join(";")),
                (expected.to_owned(), problem.to_owned())
            );
        }
    }
}
