//! Fills the placeholders in the command line with the words of the product, because the clap types are written once for all products.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use super::product;

/// Minimum number of spaces between the name of a variable and its description.
const GAP: usize = 2;

/// Returns the command with the name, version and words of the product.
pub(crate) fn command(command: Command) -> Command {
    let product = product();
    let named = command.name(product.name).version(product.version);
    with_words(named)
}

fn with_words(mut command: Command) -> Command {
    if let Some(text) = command.get_about().map(filled) {
        command = command.about(text);
    }
    if let Some(text) = command.get_long_about().map(filled) {
        command = command.long_about(text);
    }
    if let Some(text) = command.get_after_help().map(filled) {
        command = command.after_help(text);
    }
    if let Some(text) = command.get_after_long_help().map(filled) {
        command = command.after_long_help(text);
    }
    command.mut_args(argument).mut_subcommands(with_words)
}

/// Arguments that are hidden if the API has no user names and passwords.
const OF_PASSWORDS: [&str; 3] = ["username", "password_file", "password_stdin"];

fn argument(mut argument: Arg) -> Arg {
    if OF_PASSWORDS.contains(&argument.get_id().as_str()) && !product().has_passwords() {
        argument = argument.hide(true);
    }
    if let Some(text) = argument.get_help().map(filled) {
        argument = argument.help(text);
    }
    if let Some(text) = argument.get_long_help().map(filled) {
        argument = argument.long_help(text);
    }
    if let Some(heading) = argument.get_help_heading().map(|it| product().fill(it)) {
        argument = argument.help_heading(heading);
    }
    if let Some(name) = argument.get_env().and_then(|it| it.to_str()) {
        let name = product().fill(name);
        argument = argument.env(OsString::from(name));
    }
    let defaults = argument.get_default_values();
    let defaults: Vec<_> = defaults.iter().filter_map(|it| it.to_str()).collect();
    if defaults.iter().any(|it| it.contains('%')) {
        let filled: Vec<_> = defaults.iter().map(|it| product().fill(it)).collect();
        argument = argument.default_values(filled);
    }
    argument
}

fn filled(text: &StyledStr) -> String {
    aligned(&product().fill(&text.to_string()))
}

/// Aligns the descriptions of variables, because filling the placeholders changes the length of the names.
fn aligned(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut block: Vec<(&str, &str)> = Vec::new();
    for line in text.split('\n').map(Some).chain([None]) {
        let row = line.and_then(|line| row(line, !block.is_empty()));
        if let Some(row) = row {
            block.push(row);
            continue;
        }
        let width = block.iter().map(|(name, _)| name.len()).max();
        let width = width.unwrap_or_default() + GAP;
        for (name, text) in block.drain(..) {
            lines.push(format!("  {name:width$}{text}"));
        }
        lines.extend(line.map(str::to_owned));
    }
    lines.join("\n")
}

/// Splits a line with a variable into its name and description. A continuation line has an empty name and must follow such a line (`goes_on`).
fn row(line: &str, goes_on: bool) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("  ")?;
    let (name, text) = rest.split_once("  ")?;
    let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
    match name {
        "" if goes_on => Some(("", text.trim_start())),
        name if name.len() > 2 && name.contains('_') && name.chars().all(is_name) => {
            Some((name, text.trim_start()))
        }
        _ => None,
    }
}
