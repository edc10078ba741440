//! Converts the text of a configuration file to the accounts and servers that it declares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcp_server::environment::Environment;
use mcp_server::product::product;
use secrecy::SecretString;
use serde_json::Value;

use super::document::{Document, LocatedError, plain};
use crate::error::{FieldError, ServiceError, unless_empty};
use crate::model::sign_in::AuthInput;
use crate::model::{AccountInput, ServerConfig, ServerInput};
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
pub(super) fn read(
    text: &str,
    context: &FileContext<'_>,
) -> Result<Vec<DeclaredAccount>, Vec<LocatedError>> {
    let (document, value) = Document::parse(text);
    let mut reader = Reader {
        document,
        context,
        used: BTreeMap::new(),
    };
    let accounts = tables(&value["account"], "account");
    let accounts = accounts.map(|(path, table)| reader.account(&path, table));
    let accounts = accounts.collect();
    let mut errors = reader.document.errors;
    errors.sort();
    unless_empty(errors, accounts)
}

/// Returns the tables of an array with their paths.
fn tables<'v>(array: &'v Value, path: &str) -> impl Iterator<Item = (String, &'v Value)> {
    let items = array.as_array().into_iter().flatten().enumerate();
    items.map(move |(index, table)| (format!("{path}[{index}]"), table))
}

fn text(table: &Value, key: &str) -> Option<String> {
    table[key].as_str().map(str::to_owned)
}

fn required(table: &Value, key: &str) -> String {
    text(table, key).unwrap_or_default()
}

fn texts(array: &Value) -> Vec<String> {
    let texts = array.as_array().into_iter().flatten();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Keys that contain a secret, name its file, and name its variable.
type SecretKeys = [&'static str; 3];
const PASSWORD: SecretKeys = ["password", "password_file", "password_env"];
const TOKEN: SecretKeys = ["token", "token_file", "token_env"];
const VALUE: SecretKeys = ["value", "file", "env"];

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

    fn account(&mut self, path: &str, table: &Value) -> DeclaredAccount {
        let known = self.document.errors.len();
        let valid = ![
            "name",
            "base_url",
            "auth",
            "headers",
            "api",
            "ca_certificate",
        ]
        .into_iter()
        .any(|key| self.has_error(path, key));
        let input = AccountInput {
            name: required(table, "name"),
            base_url: required(table, "base_url"),
            auth: self.auth(&format!("{path}.auth"), &table["auth"]),
            headers: self.headers(&format!("{path}.headers"), &table["headers"]),
            api: text(table, "api"),
            ca_certificate: self.certificate(path, table),
        };
        // Values with reported errors are not checked again.
        if valid && self.document.errors.len() == known {
            let mut errors = FieldErrors::default();
            errors.account(&input, product().apis);
            self.report(errors, path);
        }
        self.check_name("account", path, &input.name);
        let array = format!("{path}.server");
        let servers = tables(&table["server"], &array);
        let servers = servers.map(|(path, table)| self.server(&array, &path, table));
        DeclaredAccount {
            servers: servers.collect(),
            line: self.document.line(path),
            input,
        }
    }

    fn auth(&mut self, path: &str, table: &Value) -> AuthInput {
        match table["type"].as_str().unwrap_or_default() {
            "password" => AuthInput::Password {
                username: required(table, "username"),
                password: self.secret(path, table, PASSWORD),
            },
            "bearer" => AuthInput::Bearer {
                token: self.secret(path, table, TOKEN),
            },
            "bearer_file" => {
                let file = required(table, "path");
                let path = match file.as_str() {
                    "" => file,
                    file => self.context.path(file).to_string_lossy().into_owned(),
                };
                AuthInput::BearerFile { path }
            }
            "bearer_command" => AuthInput::BearerCommand {
                command: required(table, "command"),
            },
            _ => AuthInput::None,
        }
    }

    /// Reads a secret from exactly one of three keys. Only the last line break of a file is removed.
    fn secret(&mut self, path: &str, table: &Value, keys: SecretKeys) -> SecretString {
        let [plain_key, file, env] = keys;
        let given: Vec<_> = keys
            .into_iter()
            .filter(|key| !table[*key].is_null())
            .collect();
        let &[key] = given.as_slice() else {
            let (count, name) = (given.len(), plain(path));
            let all = format!("`{plain_key}`, `{file}` or `{env}`");
            let message = match count {
                0 => format!("`{name}` requires one of {all}"),
                _ => format!("`{name}` has {count} of {all}; keep one"),
            };
            self.document.error(path, &message);
            return SecretString::default();
        };
        let Some(value) = table[key].as_str() else {
            // The schema check has reported the type.
            return SecretString::default();
        };
        let found = if key == file {
            self.context
                .file(value)
                .map(|text| without_line_break(&text).to_owned())
        } else if key == env {
            (self.context.environment)(value)
                .ok_or_else(|| format!("the variable `{value}` is not set"))
        } else {
            Ok(value.to_owned())
        };
        let message = match found {
            Ok(text) if text.is_empty() => "the secret is empty".to_owned(),
            Ok(text) => return SecretString::from(text),
            Err(message) => message,
        };
        self.document.error(&format!("{path}.{key}"), &message);
        SecretString::default()
    }

    fn headers(&mut self, path: &str, table: &Value) -> BTreeMap<String, SecretString> {
        let headers = table.as_object().into_iter().flatten();
        let headers = headers.map(|(name, value)| {
            let secret = match value {
                Value::Object(_) => self.secret(&format!("{path}.{name}"), value, VALUE),
                text => SecretString::from(text.as_str().unwrap_or_default()),
            };
            (name.clone(), secret)
        });
        headers.collect()
    }

    fn certificate(&mut self, path: &str, table: &Value) -> Option<String> {
        let file = text(table, "ca_certificate_file");
        let certificate = text(table, "ca_certificate");
        let (Some(file), None) = (&file, &certificate) else {
            if file.is_some() {
                let message = "both `ca_certificate` and `ca_certificate_file` are given; keep one";
                self.document
                    .error(&format!("{path}.ca_certificate_file"), message);
            }
            return certificate;
        };
        let text = self.context.file(file);
        text.map_err(|message| {
            let path = format!("{path}.ca_certificate_file");
            self.document.error(&path, &message);
        })
        .ok()
    }

    fn server(&mut self, array: &str, path: &str, table: &Value) -> DeclaredServer {
        let name = required(table, "name");
        let config = ServerConfig {
            methods: texts(&table["methods"]),
            tags: texts(&table["tags"]),
            tools: texts(&table["tools"]),
            require_api_token_auth: table["require_api_token_auth"] == true,
            discover: table["discover"] == true,
        };
        let mut errors = FieldErrors::default();
        if !self.has_error(path, "name") {
            errors.name(&name);
        }
        errors.config(&config, product().apis);
        self.report(errors, path);
        self.check_name(array, path, &name);
        let token_file = text(table, "token_file").map(|file| {
            let key = format!("{path}.token_file");
            let full = self.context.path(&file);
            if let Some(first) = self.check_unique("token_file", &key, &full.to_string_lossy()) {
                let message = format!("`{file}` is already the file of line {first}");
                self.document.error(&key, &message);
            }
            full
        });
        let expires_at = table["expires_at"]
            .as_str()
            .and_then(|text| text.parse().ok());
        DeclaredServer {
            line: self.document.line(path),
            input: ServerInput {
                name,
                config,
                expires_at: expires_at.map(to_microseconds),
            },
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

/// Rounds a time to the precision of the store, so that it can be compared with a stored time.
fn to_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
