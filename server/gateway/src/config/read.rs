//! Converts the text of a configuration file to the accounts and servers that it declares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcp_server::environment::Environment;
use mcp_server::product::product;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::content::{FileAccount, FileAuth, FileHeader, FileServer, HeaderSource};
use super::document::{Document, LocatedError, plain};
use crate::error::{FieldError, ServiceError, unless_empty};
use crate::model::sign_in::AuthInput;
use crate::model::{AccountInput, ConfigPatch, ServerConfig};
use crate::token;
use crate::validate::FieldErrors;

/// Context of a configuration file.
pub(super) struct FileContext<'e> {
    pub(super) environment: Environment<'e>,
    /// Folder of the file. Paths in the file are relative to this folder.
    pub(super) folder: &'e Path,
}

/// Declared account with its servers.
#[derive(Debug)]
pub(super) struct DeclaredAccount {
    pub(super) line: usize,
    /// Hash of the declaration, except its secrets: a hash of a password could be used to guess it.
    pub(super) hash: token::Hash,
    pub(super) input: AccountInput,
    pub(super) servers: Vec<DeclaredServer>,
}

/// Declared MCP server.
#[derive(Debug)]
pub(super) struct DeclaredServer {
    pub(super) line: usize,
    /// Hash of the declaration, except `token_file`.
    pub(super) hash: token::Hash,
    pub(super) name: String,
    /// Given keys of the configuration.
    pub(super) config: ConfigPatch,
    pub(super) expires_at: Option<Option<Timestamp>>,
    /// File to which the URL of the server is written, or from which it is read.
    pub(super) token_file: Option<PathBuf>,
}

/// Returns the declarations of the file, or all errors.
pub(super) fn read(
    text: &str,
    context: &FileContext<'_>,
) -> Result<Vec<DeclaredAccount>, Vec<LocatedError>> {
    let (document, content) = Document::parse(text);
    let mut reader = Reader {
        document,
        context,
        used: BTreeMap::new(),
    };
    let accounts = content.account.into_iter().enumerate();
    let accounts = accounts.map(|(index, it)| reader.account(&format!("account[{index}]"), it));
    let accounts = accounts.collect();
    let mut errors = reader.document.errors;
    errors.sort();
    unless_empty(errors, accounts)
}

/// Keys of a secret with their values: the secret itself, its file, and its variable.
type SecretKeys = (
    (&'static str, Option<SecretString>),
    (&'static str, Option<String>),
    (&'static str, Option<String>),
);

struct Reader<'r> {
    document: Document<'r>,
    context: &'r FileContext<'r>,
    /// Lines of values that must be unique, by the array to which they belong and the value.
    used: BTreeMap<(String, String), usize>,
}

impl Reader<'_> {
    /// Returns whether this part of the document has an error.
    fn has_error(&self, path: &str, key: &str) -> bool {
        self.document.has_error(&format!("{path}.{key}"))
    }

    /// Reports a value that another table of the same array has. Returns the line of the first.
    fn check_unique(&mut self, array: &str, path: &str, value: &str) -> Option<usize> {
        let line = self.document.line(path);
        let key = (array.to_owned(), value.to_owned());
        let first = *self.used.entry(key).or_insert(line);
        (first != line && !value.is_empty()).then_some(first)
    }

    fn check_name(&mut self, array: &str, path: &str, name: &str) {
        let path = format!("{path}.name");
        if let Some(first) = self.check_unique(array, &path, name) {
            let what = plain(array);
            let message = format!("the {what} `{name}` is already declared in line {first}");
            self.document.error(&path, &message);
        }
    }

    fn account(&mut self, path: &str, account: FileAccount) -> DeclaredAccount {
        let known = self.document.errors.len();
        let keys = ["name", "base_url", "auth", "headers", "api"];
        let mut keys = keys.iter().chain(&["ca_certificate"]);
        let valid = !keys.any(|key| self.has_error(path, key));
        let input = AccountInput {
            auth: self.auth(&format!("{path}.auth"), account.auth),
            headers: self.headers(&format!("{path}.headers"), account.headers),
            ca_certificate: self.certificate(
                path,
                account.ca_certificate,
                account.ca_certificate_file.as_deref(),
            ),
            name: account.name,
            base_url: account.base_url,
            api: account.api,
        };
        // Values with reported errors are not checked again.
        if valid && self.document.errors.len() == known {
            let mut errors = FieldErrors::default();
            errors.account(&input, product().apis);
            self.report(errors, path);
        }
        self.check_name("account", path, &input.name);
        let array = format!("{path}.server");
        let servers = account.server.into_iter().enumerate();
        let servers =
            servers.map(|(index, it)| self.server(&array, &format!("{array}[{index}]"), it));
        let AccountInput {
            name,
            base_url,
            auth,
            headers,
            api,
            ca_certificate,
        } = &input;
        let headers: Vec<_> = headers.keys().collect();
        let sign_in = match auth {
            AuthInput::Password { username, .. } => username,
            AuthInput::BearerFile { path } => path,
            _ => "",
        };
        let auth = (auth.kind(), sign_in);
        let facts = (name, base_url, auth, headers, api, ca_certificate);
        DeclaredAccount {
            hash: hash(&facts),
            servers: servers.collect(),
            line: self.document.line(path),
            input,
        }
    }

    fn auth(&mut self, path: &str, auth: FileAuth) -> AuthInput {
        match auth.kind.as_str() {
            "password" => {
                let keys = (
                    ("password", auth.password),
                    ("password_file", auth.password_file),
                    ("password_env", auth.password_env),
                );
                AuthInput::Password {
                    username: auth.username,
                    password: self.secret(path, keys),
                }
            }
            "bearer" => {
                let keys = (
                    ("token", auth.token),
                    ("token_file", auth.token_file),
                    ("token_env", auth.token_env),
                );
                AuthInput::Bearer {
                    token: self.secret(path, keys),
                }
            }
            "bearer_file" => {
                let path = match auth.path.as_str() {
                    "" => auth.path,
                    file => self.context.path(file).to_string_lossy().into_owned(),
                };
                AuthInput::BearerFile { path }
            }
            "bearer_command" => AuthInput::BearerCommand {
                command: auth.command,
            },
            _ => AuthInput::None,
        }
    }

    /// Reads a secret from exactly one of three keys. Only the last line break of a file is removed.
    fn secret(
        &mut self,
        path: &str,
        ((plain_key, text), (file_key, file), (env_key, env)): SecretKeys,
    ) -> SecretString {
        let keys = [plain_key, file_key, env_key];
        if keys.iter().any(|key| self.has_error(path, key)) {
            return SecretString::default();
        }
        let (key, found) = match (text, file, env) {
            (Some(text), None, None) => (plain_key, Ok(text)),
            (None, Some(file), None) => {
                let text = self.context.file(&file);
                (file_key, text.map(|it| without_line_break(&it).into()))
            }
            (None, None, Some(name)) => {
                let text = (self.context.environment)(&name).map(SecretString::from);
                (
                    env_key,
                    text.ok_or_else(|| format!("the variable `{name}` is not set")),
                )
            }
            (text, file, env) => {
                let given = [text.is_some(), file.is_some(), env.is_some()];
                let name = plain(path);
                let all = format!("`{plain_key}`, `{file_key}` or `{env_key}`");
                let message = match given.into_iter().filter(|it| *it).count() {
                    0 => format!("`{name}` requires one of {all}"),
                    count => format!("`{name}` has {count} of {all}; keep one"),
                };
                self.document.error(path, &message);
                return SecretString::default();
            }
        };
        let message = match found {
            Ok(secret) if secret.expose_secret().is_empty() => "the secret is empty".to_owned(),
            Ok(secret) => return secret,
            Err(message) => message,
        };
        self.document.error(&format!("{path}.{key}"), &message);
        SecretString::default()
    }

    fn headers(
        &mut self,
        path: &str,
        headers: BTreeMap<String, FileHeader>,
    ) -> BTreeMap<String, SecretString> {
        let headers = headers.into_iter().map(|(name, header)| {
            let secret = match header {
                FileHeader::Text(text) => text,
                FileHeader::Source(HeaderSource { value, file, env }) => {
                    let keys = (("value", value), ("file", file), ("env", env));
                    self.secret(&format!("{path}.{name}"), keys)
                }
            };
            (name, secret)
        });
        headers.collect()
    }

    fn certificate(
        &mut self,
        path: &str,
        certificate: Option<String>,
        file: Option<&str>,
    ) -> Option<String> {
        let path = format!("{path}.ca_certificate_file");
        let (Some(file), None) = (file, &certificate) else {
            if file.is_some() {
                let message = "both `ca_certificate` and `ca_certificate_file` are given; keep one";
                self.document.error(&path, message);
            }
            return certificate;
        };
        let text = self.context.file(file);
        text.map_err(|message| self.document.error(&path, &message))
            .ok()
    }

    fn server(&mut self, array: &str, path: &str, server: FileServer) -> DeclaredServer {
        let expires_at = server.expires_at.map(|at| at.map(to_microseconds));
        let expiry = expires_at.map(|at| at.map_or("never".to_owned(), |at| at.to_string()));
        let hash = hash(&(&server.name, &server.config, expiry));
        let name = server.name;
        let mut errors = FieldErrors::default();
        if !self.has_error(path, "name") {
            errors.name(&name);
        }
        let config = server.config.clone().applied_to(ServerConfig::default());
        errors.config("config", &config, product().apis);
        self.report(errors, path);
        self.check_name(array, path, &name);
        let token_file = server.token_file.map(|file| {
            let key = format!("{path}.token_file");
            let full = self.context.path(&file);
            if let Some(first) = self.check_unique("token_file", &key, &full.to_string_lossy()) {
                let message = format!("`{file}` is already the file of line {first}");
                self.document.error(&key, &message);
            }
            full
        });
        DeclaredServer {
            line: self.document.line(path),
            hash,
            name,
            config: server.config,
            expires_at,
            token_file,
        }
    }

    /// Reports the errors of the gateway's checks with their lines.
    fn report(&mut self, errors: FieldErrors, path: &str) {
        if let Err(ServiceError::Invalid(errors)) = errors.check() {
            for FieldError { field, message } in errors {
                // Fields of `config` in the management API are keys of the server in the file.
                let field = field.strip_prefix("config").unwrap_or(&field);
                let path = format!("{path}.{}", field.trim_start_matches('.'));
                let path = path.trim_end_matches('.');
                self.document
                    .error(path, &format!("`{}`: {message}", plain(path)));
            }
        }
    }
}

impl FileContext<'_> {
    fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }

    fn file(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.path(path))
            .map_err(|error| format!("`{path}` cannot be read: {error}"))
    }
}

pub(super) fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Returns the hash of a declaration. Omitted keys do not occur in the hashed text, so that a hash does not depend on keys that later versions add.
fn hash(facts: &impl Serialize) -> token::Hash {
    // Texts, lists and times can always be written as JSON.
    token::hash(&serde_json::to_string(facts).unwrap_or_default())
}

/// Rounds a time to the precision of the store, so that it can be compared with a stored time.
fn to_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
