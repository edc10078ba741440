//! Converts the text of a configuration file to the accounts and servers that it declares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use secrecy::SecretString;

use super::section::{At, Document, Free, Problem, Section};
use crate::gateway::error::{FieldProblem, ServiceError};
use crate::gateway::model::{AccountInput, AuthInput, ServerConfig, ServerInput};
use crate::gateway::validate::{self, AccountParts};
use crate::product::product;
use crate::settings::Environment;

/// Context of a configuration file.
pub(super) struct Place<'e> {
    pub(super) environment: Environment<'e>,
    /// Folder of the file. Paths in the file are relative to this folder.
    pub(super) folder: &'e Path,
}

impl Place<'_> {
    fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }

    /// Returns a path as it is stored. An empty path stays empty.
    fn local(&self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        self.path(text).to_string_lossy().into_owned()
    }
}

/// Declared account with its servers.
#[derive(Debug)]
pub(super) struct DeclaredAccount {
    pub(super) line: usize,
    pub(super) input: AccountInput,
    pub(super) servers: Vec<DeclaredServer>,
}

/// Declared MCP server.
#[derive(Debug)]
pub(super) struct DeclaredServer {
    pub(super) line: usize,
    pub(super) input: ServerInput,
    /// File to which the URL of the server is written, or from which it is read.
    pub(super) token_file: Option<PathBuf>,
}

/// Returns the declarations of the file, or all errors.
pub(super) fn read(text: &str, place: &Place<'_>) -> Result<Vec<DeclaredAccount>, Vec<Problem>> {
    let (mut document, mut root) = Document::parse(text);
    let mut names = Names::default();
    let sections = root.tables(&mut document, "account");
    let accounts = sections
        .into_iter()
        .map(|section| account(&mut document, section, place, &mut names))
        .collect();
    root.finish(&mut document);
    if document.problems.is_empty() {
        return Ok(accounts);
    }
    document.problems.sort();
    Err(document.problems)
}

/// Values that must be unique, with the line of their first use.
#[derive(Debug, Default)]
struct Names {
    accounts: BTreeMap<String, usize>,
    token_files: BTreeMap<PathBuf, usize>,
}

fn account(
    document: &mut Document<'_>,
    mut section: Section<'_>,
    place: &Place<'_>,
    names: &mut Names,
) -> DeclaredAccount {
    let known = document.problems.len();
    let name = name(document, &mut section, &mut names.accounts);
    let base_url = section.required(document, "base_url");
    let auth = section.table(document, "auth");
    let auth = auth.map_or(AuthInput::None, |auth| self::auth(document, auth, place));
    let headers = section.table(document, "headers");
    let headers = headers.map_or_else(BTreeMap::new, |it| headers_of(document, it, place));
    let api = section.string(document, "api").map(|api| api.value);
    let ca_certificate = certificate(document, &mut section, place);
    let input = AccountInput {
        name: name.value,
        base_url: base_url.value,
        auth,
        headers,
        api,
        ca_certificate,
    };
    // Values with reported errors are not checked again.
    if document.problems.len() == known {
        let mut problems = validate::Problems::default();
        problems.account(&parts(&input), product().apis);
        let at = |field: &str| match field {
            "name" => name.at,
            "base_url" => base_url.at,
            _ => section.at,
        };
        report(document, problems, "account", at);
    }
    let mut server_names = BTreeMap::new();
    let servers = section.tables(document, "server");
    let servers = servers
        .into_iter()
        .map(|it| {
            server(
                document,
                it,
                place,
                &mut server_names,
                &mut names.token_files,
            )
        })
        .collect();
    let line = document.line(section.at);
    section.finish(document);
    DeclaredAccount {
        line,
        input,
        servers,
    }
}

fn name(
    document: &mut Document<'_>,
    section: &mut Section<'_>,
    taken: &mut BTreeMap<String, usize>,
) -> At<String> {
    let name = section.required(document, "name");
    let line = document.line(name.at);
    if let Some(first) = taken.insert(name.value.clone(), line)
        && !name.value.is_empty()
    {
        let what = &section.name;
        let message = format!("the {what} `{}` is in line {first} already", name.value);
        document.problem(name.at, message);
    }
    name
}

fn auth(document: &mut Document<'_>, mut section: Section<'_>, place: &Place<'_>) -> AuthInput {
    let kind = section.required(document, "type");
    let auth = match kind.value.as_str() {
        "none" | "" => AuthInput::None,
        "password" => AuthInput::Password {
            username: section.required(document, "username").value,
            password: secret(document, &mut section, PASSWORD, place),
        },
        "bearer" => AuthInput::Bearer {
            token: secret(document, &mut section, TOKEN, place),
        },
        "bearer_file" => AuthInput::BearerFile {
            path: place.local(&section.required(document, "path").value),
        },
        "bearer_command" => AuthInput::BearerCommand {
            command: section.required(document, "command").value,
        },
        other => {
            document.problem(
                kind.at,
                format!("`account.auth.type` is `{other}`; there are none, password, bearer, bearer_file, bearer_command"),
            );
            return AuthInput::None;
        }
    };
    section.finish(document);
    auth
}

/// Keys that contain a secret, name its file, and name its variable.
type SecretKeys = [&'static str; 3];
const PASSWORD: SecretKeys = ["password", "password_file", "password_env"];
const TOKEN: SecretKeys = ["token", "token_file", "token_env"];
const VALUE: SecretKeys = ["value", "file", "env"];

/// Reads a secret from exactly one of three keys. Only the last line break of a file is removed.
fn secret(
    document: &mut Document<'_>,
    section: &mut Section<'_>,
    keys: SecretKeys,
    place: &Place<'_>,
) -> SecretString {
    let known = document.problems.len();
    let ways = keys.map(|key| section.string(document, key));
    let given = ways.iter().flatten().count();
    if given != 1 && document.problems.len() == known {
        let [plain, file, env] = keys;
        let ways = format!("`{plain}`, `{file}` or `{env}`");
        let message = match given {
            0 => format!("`{}` needs one of {ways}", section.name),
            _ => format!("`{}` has {given} of {ways}; keep one", section.name),
        };
        document.problem(section.at, message);
    }
    let [plain, file, env] = ways;
    let (at, found) = match (plain, file, env) {
        (Some(text), ..) => (text.at, Ok(text.value)),
        (_, Some(path), _) => (
            path.at,
            std::fs::read_to_string(place.path(&path.value))
                .map(|text| without_line_break(&text).to_owned())
                .map_err(|error| format!("`{}` cannot be read: {error}", path.value)),
        ),
        (_, _, Some(variable)) => (
            variable.at,
            (place.environment)(&variable.value)
                .ok_or_else(|| format!("the variable `{}` is not set", variable.value)),
        ),
        _ => return SecretString::default(),
    };
    match found {
        Ok(text) if text.is_empty() => document.problem(at, "the secret is empty".to_owned()),
        Ok(text) => return SecretString::from(text),
        Err(message) => document.problem(at, message),
    }
    SecretString::default()
}

pub(super) fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn headers_of(
    document: &mut Document<'_>,
    section: Section<'_>,
    place: &Place<'_>,
) -> BTreeMap<String, SecretString> {
    let mut headers = BTreeMap::new();
    for (name, value) in section.free(document) {
        let value = match value {
            Free::Text(text) => SecretString::from(text),
            Free::Table(mut table) => {
                let value = secret(document, &mut table, VALUE, place);
                table.finish(document);
                value
            }
        };
        headers.insert(name.value, value);
    }
    headers
}

fn certificate(
    document: &mut Document<'_>,
    section: &mut Section<'_>,
    place: &Place<'_>,
) -> Option<String> {
    let text = section.string(document, "ca_certificate");
    let file = section.string(document, "ca_certificate_file");
    match (text, file) {
        (Some(_), Some(At { at, .. })) => {
            let message = "there are `ca_certificate` and `ca_certificate_file`; keep one";
            document.problem(at, message.to_owned());
            None
        }
        (Some(text), None) => Some(text.value),
        (None, Some(path)) => match std::fs::read_to_string(place.path(&path.value)) {
            Ok(text) => Some(text),
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", path.value);
                document.problem(path.at, message);
                None
            }
        },
        (None, None) => None,
    }
}

fn parts(input: &AccountInput) -> AccountParts<'_> {
    AccountParts {
        name: &input.name,
        base_url: &input.base_url,
        auth: &input.auth,
        headers: &input.headers,
        api: input.api.as_deref(),
        ca_certificate: input.ca_certificate.as_deref(),
    }
}

/// Reports the errors of the gateway's checks with their lines.
fn report(
    document: &mut Document<'_>,
    problems: validate::Problems,
    what: &str,
    at: impl Fn(&str) -> usize,
) {
    if let Err(ServiceError::Invalid(problems)) = problems.check() {
        for FieldProblem { field, problem } in problems {
            let place = match field.strip_prefix("config") {
                // Fields of `config` in the management API are keys of the server in the file.
                Some(rest) => format!("{what}{rest}"),
                None => format!("{what}.{field}"),
            };
            document.problem(at(&field), format!("`{place}`: {problem}"));
        }
    }
}

fn server(
    document: &mut Document<'_>,
    mut section: Section<'_>,
    place: &Place<'_>,
    names: &mut BTreeMap<String, usize>,
    token_files: &mut BTreeMap<PathBuf, usize>,
) -> DeclaredServer {
    let known = document.problems.len();
    let name = name(document, &mut section, names);
    let config = ServerConfig {
        methods: section.strings(document, "methods"),
        tags: section.strings(document, "tags"),
        tools: section.strings(document, "tools"),
        require_api_token_auth: section.boolean(document, "require_api_token_auth"),
        discover: section.boolean(document, "discover"),
    };
    let mut problems = validate::Problems::default();
    if document.problems.len() == known {
        problems.name(&name.value);
    }
    problems.config(&config, product().apis);
    report(document, problems, "account.server", |_| name.at);
    let expires_at = section.time(document, "expires_at");
    let token_file = section.string(document, "token_file");
    if let Some(path) = &token_file {
        let line = document.line(path.at);
        if let Some(first) = token_files.insert(place.path(&path.value), line) {
            let message = format!("`{}` is the file of line {first} already", path.value);
            document.problem(path.at, message);
        }
    }
    let line = document.line(section.at);
    section.finish(document);
    DeclaredServer {
        line,
        input: ServerInput {
            name: name.value,
            config,
            expires_at: expires_at.map(|at| to_microseconds(at.value)),
        },
        token_file: token_file.map(|path| place.path(&path.value)),
    }
}

/// Rounds a time to the precision of the store, so that it can be compared with a stored time.
fn to_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
