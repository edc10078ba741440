//! Reads the modules of a crate as tokens: the paths that each module uses, its imports, and the types that it makes public. Tests are left out.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::repository::Repository;

/// Path in the code, with its line: `crate::lab::root`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UsedPath {
    pub segments: Vec<String>,
    pub line: usize,
}

/// Public type, with the line of its definition.
#[derive(Debug, PartialEq)]
pub(crate) struct PublicType {
    pub name: String,
    pub line: usize,
}

/// Module of a crate. An inline module belongs to the file that contains it.
#[derive(Debug)]
pub(crate) struct Module {
    /// File, as an index in [`Crate::files`].
    pub file: usize,
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    /// Paths of `use` declarations by the name that they bring into scope.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Modules of which all names are imported.
    pub globs: Vec<Vec<String>>,
    /// All paths of `use` declarations, types, expressions and macros.
    pub paths: Vec<UsedPath>,
    pub(crate) types: Vec<PublicType>,
}

/// Modules and files of a crate; the root module is the first.
pub(crate) struct Crate {
    pub files: Vec<String>,
    pub(crate) modules: Vec<Module>,
}

impl Crate {
    /// Reads all crates.
    pub(crate) fn read_all(repository: &Repository) -> Vec<Self> {
        let roots = repository.crate_roots().into_iter();
        roots.map(|root| Self::read(repository, root)).collect()
    }

    /// Reads the crate with this root file.
    fn read(repository: &Repository, root: &str) -> Self {
        let mut this = Self {
            files: Vec::new(),
            modules: Vec::new(),
        };
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        this.file(repository, root, folder, None);
        this
    }

    /// Reads a file as a module. `folder` contains the files of the modules that it declares.
    fn file(
        &mut self,
        repository: &Repository,
        path: &str,
        folder: &str,
        parent: Option<usize>,
    ) -> Option<usize> {
        let text = repository.text(path)?;
        let tokens: TokenStream = text.parse().unwrap();
        self.files.push(path.to_owned());
        let file = self.files.len() - 1;
        Some(self.module(repository, tokens, file, folder, parent))
    }

    fn module(
        &mut self,
        repository: &Repository,
        tokens: TokenStream,
        file: usize,
        folder: &str,
        parent: Option<usize>,
    ) -> usize {
        let index = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            children: BTreeMap::new(),
            imports: BTreeMap::new(),
            globs: Vec::new(),
            paths: Vec::new(),
            types: Vec::new(),
        });
        let declared = read_tokens(tokens, &mut self.modules[index]);
        for DeclaredModule { name, inline } in declared {
            let folder = format!("{folder}/{name}");
            let child = match inline {
                Some(tokens) => Some(self.module(repository, tokens, file, &folder, Some(index))),
                None => [format!("{folder}.rs"), format!("{folder}/mod.rs")]
                    .iter()
                    .find_map(|path| self.file(repository, path, &folder, Some(index))),
            };
            if let Some(child) = child {
                self.modules[index].children.insert(name, child);
            }
        }
        index
    }

    /// Returns the module that defines what a path names; `None` if the path leads to another crate. Re-exports are followed.
    pub(crate) fn resolve(&self, from: usize, path: &[String]) -> Option<usize> {
        self.resolve_within(from, path, 0)
    }

    fn resolve_within(&self, from: usize, path: &[String], depth: usize) -> Option<usize> {
        // An import can have the name of the crate from which it imports.
        if depth > 16 {
            return None;
        }
        let module = &self.modules[from];
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.member(0, rest, depth),
            "self" => self.member(from, rest, depth),
            "super" => {
                let mut to = module.parent?;
                let mut rest = rest;
                while let Some((next, others)) = rest.split_first()
                    && next == "super"
                {
                    to = self.modules[to].parent?;
                    rest = others;
                }
                self.member(to, rest, depth)
            }
            name => {
                if let Some(child) = module.children.get(name) {
                    return self.member(*child, rest, depth);
                }
                if let Some(import) = module.imports.get(name) {
                    let path = [import, rest].concat();
                    return self.resolve_within(from, &path, depth + 1);
                }
                let in_glob = |glob: &Vec<String>| {
                    let to = self.resolve_within(from, glob, depth + 1)?;
                    let is_module = self.modules[to].children.contains_key(name);
                    is_module.then(|| self.member(to, path, depth + 1))?
                };
                module.globs.iter().find_map(in_glob)
            }
        }
    }

    /// Returns the module that defines a member of a module.
    fn member(&self, module: usize, path: &[String], depth: usize) -> Option<usize> {
        let Some((first, rest)) = path.split_first() else {
            return Some(module);
        };
        if let Some(child) = self.modules[module].children.get(first) {
            return self.member(*child, rest, depth);
        }
        let import = self.modules[module].imports.get(first);
        let exported = import.and_then(|import| {
            let path = [import, rest].concat();
            self.resolve_within(module, &path, depth + 1)
        });
        exported.or(Some(module))
    }
}

/// Module that a module declares; `inline` are its tokens if it has no file of its own.
struct DeclaredModule {
    name: String,
    inline: Option<TokenStream>,
}

/// Adds the paths, imports and types in the tokens to a module, and returns the modules that it declares.
fn read_tokens(tokens: TokenStream, module: &mut Module) -> Vec<DeclaredModule> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut declared = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                at += 1;
                if is_test_attribute(tokens.get(at)) {
                    at = after_item(&tokens, at + 1);
                }
            }
            TokenTree::Ident(word) if word == "mod" => {
                let name = tokens.get(at + 1).map(ToString::to_string);
                let inline = match tokens.get(at + 2) {
                    Some(TokenTree::Group(group)) => Some(group.stream()),
                    _ => None,
                };
                declared.extend(name.map(|name| DeclaredModule { name, inline }));
                at += 3;
            }
            TokenTree::Ident(word) if word == "use" => {
                let end = end_of_statement(&tokens, at);
                use_tree(&tokens[at + 1..end], &[], module);
                at = end;
            }
            TokenTree::Ident(word) if word == "pub" => {
                at += 1;
                let restriction = match tokens.get(at) {
                    Some(TokenTree::Group(group)) => {
                        at += 1;
                        group.stream().to_string()
                    }
                    _ => "crate".to_owned(),
                };
                let words = [at, at + 1].map(|at| tokens.get(at).map(ToString::to_string));
                if let [Some(keyword), Some(name)] = words
                    && ["struct", "enum", "union", "trait", "type"].contains(&keyword.as_str())
                    && restriction == "crate"
                {
                    let line = tokens[at + 1].span().start().line;
                    module.types.push(PublicType { name, line });
                }
            }
            // The tokens in `quote!` are code of another crate.
            TokenTree::Ident(word) if word == "quote" || word == "quote_spanned" => at += 3,
            TokenTree::Ident(_) => at = path(&tokens, at, module),
            // `::std::fmt` is a path of another crate.
            TokenTree::Punct(_) if is_colons(&tokens, at) => {
                at += 2;
                while matches!(tokens.get(at), Some(TokenTree::Ident(_))) {
                    at += if is_colons(&tokens, at + 1) { 3 } else { 1 };
                }
            }
            TokenTree::Group(group) => {
                declared.extend(read_tokens(group.stream(), module));
                at += 1;
            }
            _ => at += 1,
        }
    }
    declared
}

/// Reads the path that begins at a token and returns the position after it. A name alone is not a path.
fn path(tokens: &[TokenTree], start: usize, module: &mut Module) -> usize {
    let mut segments = vec![tokens[start].to_string()];
    let mut at = start + 1;
    while is_colons(tokens, at) {
        let Some(TokenTree::Ident(word)) = tokens.get(at + 2) else {
            break;
        };
        segments.push(word.to_string());
        at += 3;
    }
    // In `a::{b, c}` inside a macro and in `a::<T>`, the names before the last `::` suffice.
    if segments.len() > 1 {
        let line = tokens[start].span().start().line;
        module.paths.push(UsedPath { segments, line });
    }
    at
}

/// Reads the tokens after `use`, with the path so far.
fn use_tree(tokens: &[TokenTree], before: &[String], module: &mut Module) {
    let mut segments = before.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "as" => {
                let Some(name) = tokens.get(at + 1) else {
                    return;
                };
                add_import(module, &segments, &name.to_string(), &tokens[at]);
                return;
            }
            TokenTree::Ident(word) => segments.push(word.to_string()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                for tree in inner.split(is_comma).filter(|tree| !tree.is_empty()) {
                    use_tree(tree, &segments, module);
                }
                return;
            }
            TokenTree::Punct(punct) if punct.as_char() == '*' => {
                let line = tokens[at].span().start().line;
                module.globs.push(segments.clone());
                module.paths.push(UsedPath { segments, line });
                return;
            }
            _ => {}
        }
        at += 1;
    }
    if let (Some(last), Some(token)) = (segments.last().cloned(), tokens.last()) {
        // `use a::{self}` imports the module itself.
        if last == "self" && segments.len() > 1 {
            segments.pop();
        }
        let name = segments.last().cloned().unwrap_or(last);
        add_import(module, &segments, &name, token);
    }
}

fn add_import(module: &mut Module, path: &[String], name: &str, token: &TokenTree) {
    module.imports.insert(name.to_owned(), path.to_vec());
    module.paths.push(UsedPath {
        segments: path.to_vec(),
        line: token.span().start().line,
    });
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    [at, at + 1].iter().all(
        |at| matches!(tokens.get(*at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':'),
    )
}

/// Returns whether the group of an attribute is `[cfg(test)]` or `[test]`.
fn is_test_attribute(token: Option<&TokenTree>) -> bool {
    let text = token.map(ToString::to_string).unwrap_or_default();
    let text: String = text.split_whitespace().collect();
    text == "[test]" || text.starts_with("[cfg(test") || text.starts_with("[cfg(all(test")
}

/// Returns the position after the item that begins here: after its `;` or its block.
fn after_item(tokens: &[TokenTree], start: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let rest = &tokens[start.min(tokens.len())..];
    let end = rest.iter().position(ends);
    end.map_or(tokens.len(), |end| start + end + 1)
}

fn end_of_statement(tokens: &[TokenTree], start: usize) -> usize {
    let is_end =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let end = tokens[start..].iter().position(is_end);
    end.map_or(tokens.len(), |end| start + end)
}
