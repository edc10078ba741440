//! Converts arguments and environment variables to an [`Account`] and a [`Selection`]. All errors are reported together, so that a configuration can be corrected in one step.

use std::path::PathBuf;
use std::time::Duration;

use runtime::selection::Selection;
use runtime::suggestion::did_you_mean;
use runtime::{Account, Credentials, Settings, SettingsError};
use secrecy::SecretString;
use serde_json::{Map, Value};

use mcp_server::environment::{Environment, set, variable};
use mcp_server::product::product;

use crate::args::connection::{ConnectArgs, ConnectionArgs, SelectionArgs};
use crate::error::ConfigErrors;

/// Returns the account and the selection that the arguments and the environment define.
pub(crate) fn connect(
    args: ConnectArgs,
    environment: Environment<'_>,
) -> Result<(Account, Selection), ConfigErrors> {
    let mut errors = Vec::new();
    // Placeholders replace invalid settings, so that the other settings are checked too.
    let settings = settings(args.connection, environment, &mut errors);
    let account = Account::new(settings, product().apis, product().log_format).map_err(|error| {
        errors.push(format!("{}{error}", about(&error)));
    });
    let selection = selection(args.selection).map_err(|more| errors.extend(more.0));
    match (account, selection) {
        (Ok(account), Ok(selection)) if errors.is_empty() => Ok((account, selection)),
        _ => Err(ConfigErrors(errors)),
    }
}

/// Returns the environment variable that an error of the runtime is about, as the beginning of a message.
fn about(error: &SettingsError) -> String {
    let name = match error {
        SettingsError::NotAUrl(_)
        | SettingsError::Scheme(_)
        | SettingsError::CredentialsInUrl
        | SettingsError::MoreThanPath
        | SettingsError::LinkLocal
        | SettingsError::InsideApi(_) => "URL",
        SettingsError::UnknownApi { .. } => "API",
        SettingsError::HeaderName(_)
        | SettingsError::HeaderReserved(_)
        | SettingsError::HeaderValue(_) => "HEADERS",
        SettingsError::NoUsername => "USERNAME",
        SettingsError::Token => "TOKEN",
        SettingsError::SignedInTwice | SettingsError::Certificate | SettingsError::Zero(_) => {
            return String::new();
        }
    };
    format!("{}: ", variable(name))
}

/// Returns the selection if its names exist and at least one tool matches.
pub(crate) fn selection(args: SelectionArgs) -> Result<Selection, ConfigErrors> {
    let names = |values: Vec<String>| {
        values
            .iter()
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    };
    let mut selection = Selection {
        presets: product().presets,
        preset: set(args.preset),
        methods: names(args.methods),
        tags: names(args.tags),
        tools: names(args.tools),
        exclude_tags: names(args.exclude_tags),
        exclude_tools: names(args.exclude_tools),
        include_secrets: args.include_secrets == Some(true),
    };
    // Without restrictions, everything is offered.
    selection.include_secrets |= selection.is_empty() && args.include_secrets.is_none();
    match selection.check(product().apis) {
        Ok(()) => Ok(selection),
        Err(errors) => Err(ConfigErrors(
            errors.iter().map(ToString::to_string).collect(),
        )),
    }
}

fn settings(
    args: ConnectionArgs,
    environment: Environment<'_>,
    errors: &mut Vec<String>,
) -> Settings {
    let base_url = base_url(args.url.clone(), errors);
    let headers = headers(environment(&variable("HEADERS")), errors);
    let credentials = credentials(&args, environment, &headers, errors);
    let mut settings = Settings::new(base_url, credentials);
    settings.headers = headers;
    settings.api = set(args.api);
    if let Some(timeout) = timeout(args.timeout, errors) {
        settings.timeout = timeout;
    }
    settings
}

fn base_url(url: Option<String>, errors: &mut Vec<String>) -> String {
    set(url).unwrap_or_else(|| {
        errors.push(format!(
            "{} is not set; set it to the URL of {}, for example http://localhost:8080",
            variable("URL"),
            product().upstream
        ));
        "http://localhost".to_owned()
    })
}

fn timeout(seconds: Option<String>, errors: &mut Vec<String>) -> Option<Duration> {
    let seconds = set(seconds)?;
    let timeout = seconds
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| !timeout.is_zero());
    if timeout.is_none() {
        errors.push(format!(
            "{} is `{seconds}`; it must be a number of seconds above 0, for example 30",
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
    let known = product().apis.iter().map(|api| api.name);
    if known.clone().any(|known| known == name) {
        return Ok(Some(name));
    }
    Err(vec![format!(
        "{}: unknown API {name:?}{}",
        variable("API"),
        did_you_mean(&name, known)
    )])
}

fn credentials(
    args: &ConnectionArgs,
    environment: Environment<'_>,
    headers: &[(String, SecretString)],
    errors: &mut Vec<String>,
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

    let (user, pass) = (variable("USERNAME"), variable("PASSWORD"));
    let methods: Vec<_> = [
        (
            format!("{user} with {pass}"),
            username.is_some() || password.is_some(),
        ),
        (variable("TOKEN"), token.is_some()),
        (variable("TOKEN_FILE"), file.is_some()),
        (variable("TOKEN_COMMAND"), command.is_some()),
        (
            format!("an Authorization header in {}", variable("HEADERS")),
            header.is_some(),
        ),
    ]
    .into_iter()
    .filter_map(|(method, given)| given.then_some(method))
    .collect();

    let contradiction = methods.len() > 1;
    if contradiction {
        errors.push(format!(
            "{} sign-in methods are set: {}; keep one",
            methods.len(),
            methods.join(", ")
        ));
    }
    if username.is_some() && password.is_none() {
        errors.push(format!(
            "{user} is set, but {pass} is not; set both, the password in the environment"
        ));
    }
    if username.is_none() && password.is_some() {
        errors.push(format!("{pass} is set, but {user} is not; set both"));
    }
    if (username.is_some() || password.is_some()) && !product().has_passwords() {
        errors.push(format!(
            "{} has no user names and passwords; set the key as {} and remove {user} and {pass}",
            product().upstream,
            variable("TOKEN")
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
    errors: &mut Vec<String>,
) -> Vec<(String, SecretString)> {
    let Some(text) = set(text) else {
        return Vec::new();
    };
    if !text.starts_with('{') {
        return header_lines(&text, errors);
    }
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(&text) else {
        errors.push(format!(
            "{} begins with `{{` but is not a JSON object",
            variable("HEADERS")
        ));
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in object {
        match value {
            Value::String(value) => headers.push((name, SecretString::from(value))),
            _ => errors.push(format!(
                "{}: the value of `{name}` must be a string",
                variable("HEADERS")
            )),
        }
    }
    headers
}

fn header_lines(text: &str, errors: &mut Vec<String>) -> Vec<(String, SecretString)> {
    let mut headers = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match line.split_once(':') {
            Some((name, value)) => headers.push((
                name.trim().to_owned(),
                SecretString::from(value.trim().to_owned()),
            )),
            None if line.trim().is_empty() => {}
            None => errors.push(format!(
                "{}: line {} has no colon; write `Name: value`",
                variable("HEADERS"),
                index + 1
            )),
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::tests::sample::use_product;

    #[test]
    fn exactly_one_sign_in_method_is_used() {
        use_product();
        let rows: [(&[(&str, &str)], &str); 10] = [
            (&[], "None"),
            (&[("VESSELS_PASSWORD", ""), ("VESSELS_TOKEN", " ")], "None"),
            (
                &[("VESSELS_USERNAME", "ada"), ("VESSELS_PASSWORD", " ")],
                "Password",
            ),
            (&[("VESSELS_TOKEN", "t")], "Bearer"),
            (&[("VESSELS_TOKEN_FILE", "f")], "BearerFile"),
            (&[("VESSELS_TOKEN_COMMAND", "c")], "BearerCommand"),
            (
                &[("VESSELS_USERNAME", "ada")],
                "VESSELS_USERNAME is set, but VESSELS_PASSWORD is not; set both, the password in the environment",
            ),
            (
                &[("VESSELS_PASSWORD", "p")],
                "VESSELS_PASSWORD is set, but VESSELS_USERNAME is not; set both",
            ),
            (
                &[
                    ("VESSELS_USERNAME", "ada"),
                    ("VESSELS_PASSWORD", "p"),
                    ("VESSELS_TOKEN", "t"),
                ],
                "2 sign-in methods are set: VESSELS_USERNAME with VESSELS_PASSWORD, VESSELS_TOKEN; keep one",
            ),
            (
                &[
                    ("VESSELS_TOKEN", "t"),
                    ("VESSELS_TOKEN_FILE", "f"),
                    ("VESSELS_HEADERS", "Authorization: x"),
                ],
                "3 sign-in methods are set: VESSELS_TOKEN, VESSELS_TOKEN_FILE, an Authorization header in VESSELS_HEADERS; keep one",
            ),
        ];
        for (variables, expected) in rows {
            let environment = |name: &str| {
                let variable = variables.iter().find(|(variable, _)| *variable == name);
                variable.map(|(_, value)| (*value).to_owned())
            };
            let args = ConnectionArgs {
                username: environment("VESSELS_USERNAME"),
                token_file: environment("VESSELS_TOKEN_FILE"),
                token_command: environment("VESSELS_TOKEN_COMMAND"),
                ..ConnectionArgs::default()
            };
            let mut errors = Vec::new();
            let headers = headers(environment("VESSELS_HEADERS"), &mut errors);
            let credentials = credentials(&args, &environment, &headers, &mut errors);
            let told = if errors.is_empty() {
                format!("{credentials:?}")
            } else {
                errors.join("; ")
            };
            assert_eq!(told, expected, "{variables:?}");
        }
    }

    #[test]
    fn headers_are_an_object_or_lines() {
        use_product();
        let rows = [
            ("", "", ""),
            (r#"{"X-A": "1", "X-B": ": 2"}"#, "X-A=1,X-B=: 2", ""),
            ("X-A: 1\n\n  X-B : a:b ", "X-A=1,X-B=a:b", ""),
            (
                r#"{"X-A": 1}"#,
                "",
                "VESSELS_HEADERS: the value of `X-A` must be a string",
            ),
            (
                "{X-A: 1",
                "",
                "VESSELS_HEADERS begins with `{` but is not a JSON object",
            ),
            (
                "X-A: 1\nX-B",
                "X-A=1",
                "VESSELS_HEADERS: line 2 has no colon; write `Name: value`",
            ),
        ];
        for (text, expected, error) in rows {
            let mut errors = Vec::new();
            let headers: Vec<_> = headers(Some(text.to_owned()), &mut errors)
                .into_iter()
                .map(|(name, value)| format!("{name}={}", value.expose_secret()))
                .collect();
            assert_eq!(
                (headers.join(","), errors.join(";")),
                (expected.to_owned(), error.to_owned())
            );
        }
    }
}
