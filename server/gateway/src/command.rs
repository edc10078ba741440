//! Environment of the commands that print a key or a bearer token. A command inherits only the variables that it is known to need, and none of the secrets with which the gateway was started.

use std::process::Command;

/// Variables that every command inherits.
const INHERITED: [&str; 12] = [
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CONFIG_HOME",
];

/// Names of the environment variables that a command inherits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandVariables(Vec<String>);

impl CommandVariables {
    /// Adds these names to those that every command inherits.
    pub fn new(more: &[String]) -> Self {
        let more = more.iter().map(|name| name.trim().to_owned());
        let inherited = INHERITED.map(str::to_owned).into_iter();
        Self(inherited.chain(more.filter(|it| !it.is_empty())).collect())
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// Returns a shell command with only these variables.
    pub(crate) fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).env_clear();
        let set = |name: &String| Some((name.clone(), std::env::var_os(name)?));
        shell.envs(self.0.iter().filter_map(set));
        shell
    }
}

impl Default for CommandVariables {
    fn default() -> Self {
        Self::new(&[])
    }
}
