//! Sources of the key that encrypts credentials. Keys are read from them at start-up, and again when a different key is needed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use super::options::{StoreArgs, directory};
use crate::product::{variable, words};
use crate::settings::{Environment, set};

/// File name of the key in the data directory.
const KEY: &str = "key";

/// Environment variables with the key, and with the command that prints the key.
const VARIABLE: &str = "MCP_KEY";
const COMMAND: &str = "MCP_KEY_COMMAND";

/// Key that encrypts, and previous keys that are still needed for decryption.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) key: SecretString,
    pub(crate) old: Vec<SecretString>,
    /// File in which a new key was just created.
    pub(crate) made: Option<PathBuf>,
    /// Sources of the keys.
    pub(crate) places: KeyPlaces,
}

/// Sources of the keys, from which they can be read again.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyPlaces {
    pub(crate) key: KeyPlace,
    /// Files with previous keys.
    pub(crate) old: Vec<PathBuf>,
}

/// Source of the key.
#[derive(Debug, Clone, Default)]
pub(crate) enum KeyPlace {
    /// Environment variable, which no other process can change.
    #[default]
    Environment,
    /// Command that prints the key.
    Command(String),
    /// File with the key.
    File(PathBuf),
}

impl KeyPlaces {
    /// Reads the current keys, the encrypting key first. Blocks until the key command has finished.
    pub(crate) fn read(&self) -> Result<Vec<SecretString>, String> {
        let key = match &self.key {
            KeyPlace::Environment => {
                return Err(format!(
                    "a key in {} is read at the start only: start the gateway anew with the key it needs",
                    variable(VARIABLE)
                ));
            }
            KeyPlace::Command(command) => printed(command)?,
            KeyPlace::File(path) => key_in(path)?,
        };
        // A previous key whose file cannot be read now was read at start-up.
        let old = self.old.iter().filter_map(|path| key_in(path).ok());
        Ok(std::iter::once(key).chain(old).collect())
    }
}

impl std::fmt::Display for KeyPlaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            KeyPlace::Environment => f.write_str(&variable(VARIABLE))?,
            KeyPlace::Command(_) => f.write_str(&variable(COMMAND))?,
            KeyPlace::File(path) => write!(f, "{}", path.display())?,
        }
        let mut old = self.old.iter();
        old.try_for_each(|path| write!(f, ", {}", path.display()))
    }
}

/// Reads the keys that the arguments and variables name, and returns all errors. If no key is given and `make` is true, creates a key in the data directory.
pub(super) fn given(
    args: &StoreArgs,
    environment: Environment<'_>,
    make: bool,
) -> Result<Keys, Vec<String>> {
    let mut problems = Vec::new();
    let mut old = Vec::new();
    for path in &args.old_key_files {
        match key_in(path) {
            Ok(key) => old.push(key),
            Err(problem) => problems.push(format!("--old-key-file: {problem}")),
        }
    }
    let given = given_key(args, environment).map_err(|problem| problems.push(problem));
    let (Ok(given), []) = (given, &*problems) else {
        return Err(problems);
    };
    let (key, place, made) = match given {
        Some((key, place)) => (key, place, None),
        None if make => own_key(&args.data).map_err(|problem| vec![problem])?,
        None => (SecretString::default(), KeyPlace::default(), None),
    };
    let places = KeyPlaces {
        key: place,
        old: args.old_key_files.clone(),
    };
    Ok(Keys {
        key,
        old,
        made,
        places,
    })
}

/// Reads the key from the only source that is given.
fn given_key(
    args: &StoreArgs,
    environment: Environment<'_>,
) -> Result<Option<(SecretString, KeyPlace)>, String> {
    let in_environment = set(environment(&variable(VARIABLE)));
    let command = set(environment(&variable(COMMAND)));
    let file = args
        .key_file
        .as_ref()
        .filter(|path| !path.as_os_str().is_empty());
    let (key, place) = match (in_environment, command, file) {
        (None, None, None) => return Ok(None),
        (Some(key), None, None) => (checked(key, &variable(VARIABLE))?, KeyPlace::Environment),
        (None, Some(command), None) => (printed(&command)?, KeyPlace::Command(command)),
        (None, None, Some(path)) => (
            key_in(path).map_err(|problem| format!("--key-file: {problem}"))?,
            KeyPlace::File(path.clone()),
        ),
        _ => {
            return Err(words(
                "the key is given more than once: keep one of %PREFIX%_MCP_KEY, %PREFIX%_MCP_KEY_FILE (--key-file) and %PREFIX%_MCP_KEY_COMMAND",
            ));
        }
    };
    Ok(Some((key, place)))
}

fn printed(command: &str) -> Result<SecretString, String> {
    let output = Command::new("sh")
        .args(["-c", command])
        .output()
        .map_err(|error| format!("{}: {error}", variable(COMMAND)))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", variable(COMMAND), output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    checked(text, &variable(COMMAND))
}

/// Reads the key in a file.
pub(super) fn key_in(path: &Path) -> Result<SecretString, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    checked(text.trim().to_owned(), &path.display().to_string())
}

fn checked(key: String, place: &str) -> Result<SecretString, String> {
    let bytes = STANDARD.decode(&key).unwrap_or_default();
    if bytes.len() == 32 {
        Ok(key.into())
    } else {
        Err(format!(
            "{place} is no key: give 32 random bytes in base64, for example from `openssl rand -base64 32`"
        ))
    }
}

/// Reads the key in the data directory, and creates the key if the file does not exist.
fn own_key(data: &Path) -> Result<(SecretString, KeyPlace, Option<PathBuf>), String> {
    directory(data)?;
    let path = data.join(KEY);
    let place = KeyPlace::File(path.clone());
    if path.exists() {
        return key_in(&path).map(|key| (key, place, None));
    }
    let key = new_key(&path)?;
    Ok((key, place, Some(path)))
}

/// Creates a key in a new file that only its owner can read.
pub(super) fn new_key(path: &Path) -> Result<SecretString, String> {
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
