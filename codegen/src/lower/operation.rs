//! Lowers one tool in each of its APIs: the document and the decisions of the allowlist become an operation of the catalogue.

use crate::allowlist::tools::{Binding, Texts, ToolEntry, ToolsetEntry, VersionedEntry};
use crate::catalog::{
    Content, Effect, Operation, Place, TypeDef, TypeKind, TypeRef, TypeShape, Verify, VersionedText,
};
use crate::diagnostic::{Diagnostic, Error, LowerDiagnostic, ReadDiagnostic, nearest};
use crate::facts::{Facts, facts};
use crate::ident;
use crate::input::Parsed;
use crate::reader::Located;
use crate::select::{SelectedOperation, SelectedTool};
use crate::text::tidy;

use super::changes::{FieldChange, field_mut};
use super::usage::{self, Report};
use super::{answer, arguments, each, narrowing};
use super::{history, list, sources, types};

/// Tool in one document.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Line in which the tool is declared.
    pub(super) line: usize,
    pub(super) operation: Operation,
    /// Types that the tool shares with the other tools of its module.
    pub(super) named: Vec<TypeDef>,
    pub(super) field_changes: Vec<FieldChange>,
}

/// Tool and operation that are being lowered; all steps need them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'p> {
    pub(super) path: &'p str,
    pub(super) tool: &'p str,
    pub(super) entry: &'p ToolEntry,
    pub(super) operation: SelectedOperation<'p>,
}

impl Scope<'_> {
    /// Returns whether an entry applies to this document. An entry with an empty list applies to all documents.
    pub(super) fn is_on(&self, on: &[Located<String>]) -> bool {
        on.is_empty() || on.iter().any(|document| document.value == self.document())
    }

    pub(super) fn document(&self) -> &str {
        &self.operation.spec.name
    }

    pub(super) fn operation_id(&self) -> &str {
        &self.operation.binding.operation.value
    }

    pub(super) fn error(
        &self,
        errors: &mut Vec<Error>,
        line: usize,
        diagnostic: impl Into<Diagnostic>,
    ) {
        errors.push(Error::new(self.path, line, diagnostic));
    }
}

/// Lowers a tool for every API that has it.
pub(super) fn lower_tool(
    parsed: &Parsed,
    toolset: &ToolsetEntry,
    tool: &SelectedTool<'_>,
    errors: &mut Vec<Error>,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut reports = Vec::new();
    check_documents(parsed, toolset, tool, errors);
    for operation in &tool.operations {
        let scope = Scope {
            path: &toolset.path,
            tool: &tool.name,
            entry: tool.entry,
            operation: *operation,
        };
        let Some(facts) = read(parsed, scope, &operation.binding.operation.value, errors) else {
            continue;
        };
        let mut report = Report::new(scope.document());
        drafts.push(lower_operation(
            parsed,
            toolset,
            scope,
            facts,
            &mut report,
            errors,
        ));
        reports.push(report);
    }
    let whole = reports.len() == tool.entry.bindings.len();
    usage::check(&toolset.path, tool.entry, &reports, whole, errors);
    drafts
}

/// Checks that the names in `documents` are documents of the tool.
fn check_documents(
    parsed: &Parsed,
    toolset: &ToolsetEntry,
    tool: &SelectedTool<'_>,
    errors: &mut Vec<Error>,
) {
    let entry = tool.entry;
    let bindings = &entry.bindings;
    let misspelled = |binding: &Binding| parsed.apis.document(&binding.document.value).is_none();
    if !parsed.whole || bindings.iter().any(misspelled) {
        // The document that is meant may be one that could not be read, and this has already been reported.
        return;
    }
    let known = || {
        entry
            .bindings
            .iter()
            .map(|binding| binding.document.value.as_str())
    };
    let scopes = entry.summary.iter().map(|field| &field.documents);
    let scopes = scopes.chain(entry.filters.iter().map(|filter| &filter.documents));
    let scopes = scopes.chain(entry.require_any.iter().map(|name| &name.documents));
    let scopes = scopes.chain(entry.parameters.iter().map(|change| &change.documents));
    let scopes = scopes.chain(entry.omissions.iter().map(|omission| &omission.documents));
    for document in scopes.flatten() {
        if !known().any(|name| name == document.value) {
            let diagnostic = ReadDiagnostic::UnknownDocument {
                document: document.value.clone(),
                owner: format!("tool `{}`", tool.name),
                nearest: nearest(&document.value, known()),
            };
            errors.push(Error::new(&toolset.path, document.line, diagnostic));
        }
    }
}

/// Reads what the document says about an operation and tidies its descriptions.
pub(super) fn read(
    parsed: &Parsed,
    scope: Scope<'_>,
    id: &str,
    errors: &mut Vec<Error>,
) -> Option<Facts> {
    let spec = scope.operation.spec;
    let mut facts = match facts(spec, id) {
        Ok(facts) => facts,
        Err(diagnostics) => {
            for error in diagnostics {
                let line = parsed.operation_line(spec, id);
                let error = Error::new(&spec.source, line, error);
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }
            return None;
        }
    };
    let boilerplate = parsed
        .apis
        .document(&spec.name)
        .map(|entry| entry.boilerplate.as_slice());
    let boilerplate: Vec<&str> = boilerplate
        .unwrap_or_default()
        .iter()
        .map(|text| text.value.as_str())
        .collect();
    for parameter in &mut facts.parameters {
        parameter.description = tidy(&parameter.description, &boilerplate);
    }
    for def in &mut facts.types {
        def.description = tidy(&def.description, &boilerplate);
        if let TypeShape::Struct { fields, .. } = &mut def.shape {
            for field in fields {
                field.description = tidy(&field.description, &boilerplate);
            }
        }
    }
    Some(facts)
}

fn lower_operation(
    parsed: &Parsed,
    toolset: &ToolsetEntry,
    scope: Scope<'_>,
    mut facts: Facts,
    report: &mut Report,
    errors: &mut Vec<Error>,
) -> Draft {
    let SelectedOperation { binding, spec, .. } = scope.operation;
    let entry = scope.entry;
    let (method, resource) = (entry.method.value.as_str(), entry.resource.value.as_str());
    let dated = history::of(parsed, scope.document(), scope.operation_id());
    if let Some(dated) = dated {
        history::date(dated, &mut facts);
    }
    check_method(scope, &facts.http, errors);
    sources::check(scope, &facts, errors);
    let merge = sources::merge(parsed, scope, &facts, errors);
    let (each, ids) = each::lower(parsed, scope, &facts, errors).unzip();
    let effect = effect(scope, &facts.http, errors);
    let mut arguments = arguments::lower(scope, &facts, merge.as_ref(), ids, report, errors);
    if effect.destructive {
        narrowing::refuse_empty(&mut arguments.parameters);
    }
    let require_any = narrowing::require_any(scope, &arguments.parameters, errors);
    let content = answer::content(parsed, scope, &facts, arguments.parts.clone(), errors);
    let is_log = matches!(content, Content::Log { .. });
    let is_list = method == "list" && !is_log;
    let list = is_list
        .then(|| list::lower(scope, &facts, &arguments, errors))
        .flatten();
    if !is_list {
        list::refuse(scope, errors);
    }
    let read_back = sources::read_back(parsed, scope, &facts, errors);
    let mut verify = verify(parsed, scope);
    let mut all_types = std::mem::take(&mut facts.types);
    let mut returns = returned(&facts);
    let deletes = facts.http == "delete";
    let read_back = read_back.map(|(path, source)| {
        if deletes {
            // After a deletion, reading back only confirms that the object no longer exists.
            return path;
        }
        // If the path is filled from the body, only the source says whether the server accepts slashes.
        let is_path = |place: Place| matches!(place, Place::Path { .. });
        if !arguments.parameters.iter().any(|it| is_path(it.place)) {
            let slash = Place::Path { slash: true };
            let routes = source.parameters.iter().any(|it| it.place == slash);
            if routes && verify.slash {
                let diagnostic = LowerDiagnostic::NoEffect {
                    what: "`slash` of `read_back`".to_owned(),
                    document: scope.document().to_owned(),
                };
                scope.error(errors, binding.operation.line, diagnostic);
            }
            verify.slash |= routes;
        }
        returns = source.response;
        for def in source.types {
            if types::find(&all_types, &def.rust_name).is_none() {
                all_types.push(def);
            }
        }
        path
    });
    let returns = if is_list || content != Content::Json {
        None
    } else {
        returns
    };
    let roots = arguments.parameters.iter().map(|parameter| &parameter.ty);
    let roots = roots
        .chain(list.iter().map(|list| &list.item_type))
        .chain(returns.iter());
    let (named, mut own) = types::reached(&roots.collect::<Vec<_>>(), &all_types);
    let mut field_changes = arguments.field_changes;
    field_changes.retain(|change| {
        let own = own.iter_mut().find(|def| def.rust_name == change.type_name);
        if let Some(field) = own.and_then(|def| field_mut(def, &change.field)) {
            super::changes::apply(&change.change.value, field.into(), &[]);
            return false;
        }
        true
    });
    let tags = toolset
        .tags
        .iter()
        .chain(&entry.tags)
        .map(|tag| tag.value.clone());
    let operation = Operation {
        tool_name: scope.tool.to_owned(),
        renamed_from: entry.renamed_from.as_ref().map(|name| name.value.clone()),
        rust_name: struct_name(method, resource),
        title: entry.title.clone(),
        description: description(entry, binding),
        notes: match &binding.note {
            Some(Texts::Versioned(entries)) => versioned(parsed, scope, entries),
            _ => Vec::new(),
        },
        toolset: toolset.name.value.clone(),
        tags: tags.collect(),
        method: method.to_owned(),
        document: spec.name.clone(),
        operation_id: facts.operation_id.clone(),
        since: dated.and_then(|dated| dated.since.clone()),
        effect,
        http: facts.http,
        path: facts.path,
        parameters: arguments.parameters,
        body: facts.body,
        list,
        merge: merge.map(|source| source.path),
        mask: arguments.mask,
        read_back,
        verify,
        for_each: each,
        require_any,
        returns,
        content,
        types: own,
    };
    Draft {
        line: entry.line,
        operation,
        named,
        field_changes,
    }
}

pub(super) fn struct_name(method: &str, resource: &str) -> String {
    let verb = if method == "list" { "list_all" } else { method };
    ident::type_name(&format!("{verb}_{resource}"))
}

fn description(entry: &ToolEntry, binding: &Binding) -> String {
    match &binding.note {
        Some(Texts::Any(note)) => format!("{} {note}", entry.description),
        _ => entry.description.clone(),
    }
}

/// Returns how the response that is read back is compared, and what to do if it differs.
fn verify(parsed: &Parsed, scope: Scope<'_>) -> Verify {
    let binding = scope.operation.binding;
    let read_back = binding.read_back.as_ref();
    let except = read_back.into_iter().flat_map(|it| &it.ignore);
    let (hint, hints) = match &binding.not_applied {
        Some(Texts::Any(hint)) => (hint.clone(), Vec::new()),
        Some(Texts::Versioned(entries)) => (String::new(), versioned(parsed, scope, entries)),
        None => (String::new(), Vec::new()),
    };
    Verify {
        slash: read_back.is_some_and(|it| it.slash),
        ignore: except.map(|name| name.value.clone()).collect(),
        hint,
        hints,
    }
}

/// Makes texts that depend on a version: that of the product of the document or, without one, that of the servers of its API.
fn versioned(parsed: &Parsed, scope: Scope<'_>, entries: &[VersionedEntry]) -> Vec<VersionedText> {
    let document = parsed.apis.document(scope.document());
    let own = document.and_then(|document| document.version.as_ref());
    let product = match own {
        Some(version) => Some(&version.product),
        None => parsed
            .apis
            .api_of(scope.document())
            .map(|api| &api.version.product),
    };
    let product = product.cloned().unwrap_or_default();
    let text = |entry: &VersionedEntry| VersionedText {
        product: product.clone(),
        since: entry.since.clone(),
        before: entry.before.clone(),
        text: entry.text.clone(),
    };
    entries.iter().map(text).collect()
}

/// Returns the type of the response. For a deletion, a schema that allows anything counts as none.
fn returned(facts: &Facts) -> Option<TypeRef> {
    let says_nothing = |ty: &TypeRef| facts.http == "delete" && ty.kind == TypeKind::Any;
    facts.response.clone().filter(|ty| !says_nothing(ty))
}

/// Checks that the tool's method fits the HTTP method. People allow tools by method, so a tool with a reading method must not write, and a tool with a changing method must not only read. A list can be a POST that takes its filters in the body.
fn check_method(scope: Scope<'_>, http: &str, errors: &mut Vec<Error>) {
    let method = &scope.entry.method;
    let fits = match method.value.as_str() {
        "list" | "get" => matches!(http, "get" | "post"),
        "create" | "update" | "delete" => http != "get",
        _ => true,
    };
    if !fits {
        let diagnostic = LowerDiagnostic::MethodMismatch {
            method: method.value.clone(),
            operation: scope.operation_id().to_owned(),
            document: scope.document().to_owned(),
            http: http.to_uppercase(),
        };
        scope.error(errors, scope.operation.binding.operation.line, diagnostic);
    }
}

/// Derives the effect from the methods and applies the changes of the allowlist.
fn effect(scope: Scope<'_>, http: &str, errors: &mut Vec<Error>) -> Effect {
    let method = scope.entry.method.value.as_str();
    let mut effect = Effect::usual(method, http);
    for word in &scope.entry.effects {
        let before = effect;
        match word.value.as_str() {
            "destructive" => {
                effect.destructive = true;
                effect.read_only = false;
            }
            "not_read_only" => effect.read_only = false,
            "read_only" if Effect::can_read(method, http) => effect = Effect::READS,
            "read_only" => {
                let diagnostic = LowerDiagnostic::NeverReadOnly {
                    method: method.to_owned(),
                    http: http.to_uppercase(),
                };
                scope.error(errors, word.line, diagnostic);
                continue;
            }
            _ => effect.idempotent = false,
        }
        if effect == before {
            let diagnostic = LowerDiagnostic::NoEffect {
                what: format!("effect `{}`", word.value),
                document: scope.document().to_owned(),
            };
            scope.error(errors, word.line, diagnostic);
        }
    }
    effect
}
