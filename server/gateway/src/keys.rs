//! Sources of the key that encrypts credentials. Keys are read from them at start-up, and again when a different key is needed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use crate::command::CommandVariables;
use crate::private_files::Readability;
use mcp_server::environment::variable;

/// File name of the key in the data directory.
const KEY: &str = "key";

/// Environment variables with the key, and with the command that prints the key.
const VARIABLE: &str = "MCP_KEY";
const COMMAND: &str = "MCP_KEY_COMMAND";

/// Key that encrypts, and previous keys that are still needed for decryption.
#[derive(Debug)]
pub struct Keys {
    pub(crate) key: SecretString,
    /// Previous keys.
    pub old: Vec<SecretString>,
    /// File in which a new key was just created.
    pub(crate) created: Option<PathBuf>,
    pub(crate) sources: KeySources,
}

/// Sources of the keys, from which they can be read again.
#[derive(Debug, Clone, Default)]
pub struct KeySources {
    pub(crate) key: KeySource,
    /// Files with previous keys.
    pub(crate) old: Vec<PathBuf>,
    /// Variables that the key command inherits.
    pub(crate) variables: CommandVariables,
    pub(crate) readability: Readability,
}

/// Source of the key.
#[derive(Debug, Clone, Default)]
pub enum KeySource {
    /// Environment variable, which no other process can change.
    #[default]
    Environment,
    /// Command that prints the key.
    Command(String),
    /// File with the key.
    File(PathBuf),
}

impl KeySources {
    /// Reads the current keys, the encrypting key first. Blocks until the key command has finished.
    pub(crate) fn read(&self) -> Result<Vec<SecretString>, String> {
        let key = match &self.key {
            KeySource::Environment => {
                return Err(format!(
                    "the key in {} is read only at start-up; restart the gateway with the current key",
                    variable(VARIABLE)
                ));
            }
            KeySource::Command(command) => printed(command, &self.variables)?,
            KeySource::File(path) => key_in(path, self.readability)?,
        };
        // A previous key whose file cannot be read now was read at start-up.
        let old = self.old.iter();
        let old = old.filter_map(|path| key_in(path, self.readability).ok());
        Ok(std::iter::once(key).chain(old).collect())
    }
}

impl std::fmt::Display for KeySources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            KeySource::Environment => f.write_str(&variable(VARIABLE))?,
            KeySource::Command(_) => f.write_str(&variable(COMMAND))?,
            KeySource::File(path) => write!(f, "{}", path.display())?,
        }
        let mut old = self.old.iter();
        old.try_for_each(|path| write!(f, ", {}", path.display()))
    }
}

/// Options that determine the keys. Empty values count as omitted.
#[derive(Debug, Clone, Default)]
pub struct KeyOptions {
    /// Data directory, in which a key is created if no key is given.
    pub data: PathBuf,
    /// Key in the environment.
    pub key: Option<String>,
    /// Command that prints the key.
    pub command: Option<String>,
    /// File with the key.
    pub file: Option<PathBuf>,
    /// Files with previous keys.
    pub old_files: Vec<PathBuf>,
    /// Variables that the key command inherits.
    pub variables: CommandVariables,
    /// Whether other users may read the files.
    pub readability: Readability,
}

impl Keys {
    /// Reads the keys. If no key is given, reads the key in the data directory; if `create` is true, creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns all invalid options.
    pub fn read(options: &KeyOptions, create: bool) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut old = Vec::new();
        for path in &options.old_files {
            match key_in(path, options.readability) {
                Ok(key) => old.push(key),
                Err(error) => errors.push(format!("--old-key-file: {error}")),
            }
        }
        let given = given_key(options).map_err(|error| errors.push(error));
        let (Ok(given), []) = (given, &*errors) else {
            return Err(errors);
        };
        let (key, source, created) = match given {
            Some((key, source)) => (key, source, None),
            None if create || options.data.join(KEY).exists() => {
                own_key(options).map_err(|error| vec![error])?
            }
            None => (SecretString::default(), KeySource::default(), None),
        };
        let sources = KeySources {
            key: source,
            old: options.old_files.clone(),
            variables: options.variables.clone(),
            readability: options.readability,
        };
        Ok(Self {
            key,
            old,
            created,
            sources,
        })
    }
}

/// Reads the key from the only source that is given.
fn given_key(options: &KeyOptions) -> Result<Option<(SecretString, KeySource)>, String> {
    let file = options.file.as_ref();
    let file = file.filter(|path| !path.as_os_str().is_empty());
    let (key, source) = match (&options.key, &options.command, file) {
        (None, None, None) => return Ok(None),
        (Some(key), None, None) => (
            checked(key.clone(), &variable(VARIABLE))?,
            KeySource::Environment,
        ),
        (None, Some(command), None) => (
            printed(command, &options.variables)?,
            KeySource::Command(command.clone()),
        ),
        (None, None, Some(path)) => (
            key_in(path, options.readability).map_err(|error| format!("--key-file: {error}"))?,
            KeySource::File(path.clone()),
        ),
        _ => {
            return Err(format!(
                "the key is given more than once; keep one of {}, {} (--key-file) and {}",
                variable(VARIABLE),
                variable("MCP_KEY_FILE"),
                variable(COMMAND)
            ));
        }
    };
    Ok(Some((key, source)))
}

fn printed(command: &str, variables: &CommandVariables) -> Result<SecretString, String> {
    let output = variables
        .shell(command)
        .output()
        .map_err(|error| format!("{}: {error}", variable(COMMAND)))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", variable(COMMAND), output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    checked(text, &variable(COMMAND))
}

/// Reads the key in a file.
///
/// # Errors
///
/// Fails if the file cannot be read, contains no key, or can be read by other users.
pub fn key_in(path: &Path, readability: Readability) -> Result<SecretString, String> {
    let text = readability.read_file(path)?;
    checked(text.trim().to_owned(), &path.display().to_string())
}

fn checked(key: String, source: &str) -> Result<SecretString, String> {
    let bytes = STANDARD.decode(&key).unwrap_or_default();
    if bytes.len() == 32 {
        Ok(key.into())
    } else {
        Err(format!(
            "{source} is not a key; give 32 random bytes in base64, for example from `openssl rand -base64 32`"
        ))
    }
}

/// Reads the key in the data directory, and creates the key if the file does not exist.
fn own_key(options: &KeyOptions) -> Result<(SecretString, KeySource, Option<PathBuf>), String> {
    options.readability.directory(&options.data)?;
    let path = options.data.join(KEY);
    let source = KeySource::File(path.clone());
    if path.exists() {
        return key_in(&path, options.readability).map(|key| (key, source, None));
    }
    let key = create_key(&path)?;
    Ok((key, source, Some(path)))
}

/// Creates a key in a new file that only its owner can read.
///
/// # Errors
///
/// Fails if the file exists or cannot be written.
pub fn create_key(path: &Path) -> Result<SecretString, String> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| say(&error))?;
    let key = STANDARD.encode(bytes);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| say(&error))?;
    file.write_all(format!("{key}\n").as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| say(&error))?;
    Ok(key.into())
}
