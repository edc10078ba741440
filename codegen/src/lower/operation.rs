//! Lowers one tool in each of its APIs: the document and the decisions of the allowlist become an operation of the catalogue.

use super::overrides::{self, FieldOverride, field_mut};
use super::scope::{ErrorList, Scope};
use super::usage::{self, DecisionReport};
use super::{arguments, for_each, history, list, narrowing, response_format, sources, types};
use crate::allowlist::tools::{Binding, Texts, ToolEntry, ToolsetEntry, VersionedEntry};
use crate::catalog::{
    Effect, Operation, ParameterLocation, ResponseFormat, TypeDef, TypeKind, TypeRef, Verify,
    VersionedText,
};
use crate::diagnostic::{LowerDiagnostic, ReadDiagnostic, nearest};
use crate::ident;
use crate::input::ParsedInputs;
use crate::openapi::OperationFacts;
use crate::reader::Located;
use crate::select::SelectedTool;

/// Tool in one document.
#[derive(Debug, Clone)]
pub(super) struct LoweredTool {
    /// Line in which the tool is declared.
    pub(super) line: usize,
    pub(super) operation: Operation,
    /// Types that the tool shares with the other tools of its module.
    pub(super) named: Vec<TypeDef>,
    pub(super) field_overrides: Vec<FieldOverride>,
}

/// Lowers a tool for every API that has it.
pub(super) fn lower_tool(
    inputs: &ParsedInputs,
    toolset: &ToolsetEntry,
    tool: &SelectedTool<'_>,
    errors: &ErrorList,
) -> Vec<LoweredTool> {
    let mut lowered = Vec::new();
    let mut reports = Vec::new();
    check_documents(inputs, toolset, tool, errors);
    for operation in &tool.operations {
        let scope = Scope {
            inputs,
            errors,
            path: &toolset.path,
            tool: &tool.name,
            entry: tool.entry,
            operation: *operation,
        };
        if let Some(facts) = scope.read(scope.operation_id()) {
            let mut report = DecisionReport::default();
            lowered.push(lower_operation(toolset, scope, facts, &mut report));
            reports.push((scope, report));
        }
    }
    let is_whole = reports.len() == tool.entry.bindings.len();
    usage::check(tool.entry, &reports, is_whole);
    lowered
}

/// Checks that the names in `documents` are documents of the tool.
fn check_documents(
    inputs: &ParsedInputs,
    toolset: &ToolsetEntry,
    tool: &SelectedTool<'_>,
    errors: &ErrorList,
) {
    let entry = tool.entry;
    let known = || {
        let bindings = entry.bindings.iter();
        bindings.map(|binding| binding.document.value.as_str())
    };
    if !inputs.whole || known().any(|name| inputs.apis.document(name).is_none()) {
        // The document that is meant may be one that could not be read, and this has already been reported.
        return;
    }
    let scopes = entry.summary.iter().map(|field| &field.documents);
    let scopes = scopes.chain(entry.filters.iter().map(|filter| &filter.documents));
    let scopes = scopes.chain(entry.require_any.iter().map(|name| &name.documents));
    let scopes = scopes.chain(entry.parameters.iter().map(|entry| &entry.documents));
    let scopes = scopes.chain(entry.omissions.iter().map(|omission| &omission.documents));
    for document in scopes.flatten() {
        if !known().any(|name| name == document.value) {
            let diagnostic = ReadDiagnostic::UnknownDocument {
                document: document.value.clone(),
                owner: format!("tool `{}`", tool.name),
                nearest: nearest(&document.value, known()),
            };
            errors.add(&toolset.path, document.line, diagnostic);
        }
    }
}

fn lower_operation(
    toolset: &ToolsetEntry,
    scope: Scope<'_>,
    mut facts: OperationFacts,
    report: &mut DecisionReport,
) -> LoweredTool {
    let (binding, entry) = (scope.operation.binding, scope.entry);
    let (method, resource) = (entry.method.value.as_str(), entry.resource.value.as_str());
    let dated = scope
        .inputs
        .history_of(scope.document(), scope.operation_id());
    if let Some(dated) = dated {
        history::date(dated, &mut facts);
    }
    check_method(scope, &facts.http);
    sources::check(scope, &facts);
    let merge = sources::merge(scope, &facts);
    let (for_each, ids) = for_each::lower(scope, &facts).unzip();
    let effect = effect(scope, &facts.http);
    let mut arguments = arguments::lower(scope, &facts, merge.as_ref(), ids, report);
    if effect.destructive {
        narrowing::refuse_empty(&mut arguments.parameters);
    }
    let require_any = narrowing::require_any(scope, &arguments.parameters);
    let response_format = response_format::lower(scope, &facts, arguments.parts.clone());
    let is_list = method == "list" && !matches!(response_format, ResponseFormat::Log { .. });
    let list = match is_list {
        true => list::lower(scope, &facts, &arguments),
        false => {
            list::refuse(scope);
            None
        }
    };
    let mut verify = verify(scope);
    let mut all_types = std::mem::take(&mut facts.types);
    let mut returns = returned(&facts);
    let source = sources::read_back(scope, &facts);
    let recorded = recorded(scope, source.as_ref().map(|(_, source)| source));
    let read_back = source.map(|(path, source)| {
        // After a deletion, reading back only confirms that the object no longer exists.
        if facts.http != "delete" {
            // If the path is filled from the body, only the source says whether the server accepts slashes.
            let mut parameters = arguments.parameters.iter();
            if !parameters.any(|it| matches!(it.location, ParameterLocation::Path { .. })) {
                let slash = ParameterLocation::Path { slash: true };
                let has_slash = source.parameters.iter().any(|it| it.location == slash);
                if has_slash && verify.slash {
                    let what = "`slash` of `read_back`".to_owned();
                    scope.report_no_effect(scope.operation_line(), what);
                }
                verify.slash |= has_slash;
            }
            returns = source.response;
            for def in source.types {
                if types::find(&all_types, &def.rust_name).is_none() {
                    all_types.push(def);
                }
            }
        }
        path
    });
    let returns = returns.filter(|_| !is_list && response_format == ResponseFormat::Json);
    let roots = arguments
        .parameters
        .iter()
        .map(|parameter| &parameter.field.ty);
    let roots = roots.chain(list.iter().map(|list| &list.item_type));
    let roots: Vec<&TypeRef> = roots.chain(&returns).collect();
    let (named, mut own) = types::reached(&roots, &all_types);
    let mut field_overrides = arguments.field_overrides;
    field_overrides.retain(|field_override| {
        let mut types = own.iter_mut();
        let own = types.find(|def| def.rust_name == field_override.type_name);
        let field = own.and_then(|def| field_mut(def, &field_override.field));
        let is_own = field.is_some();
        if let Some(field) = field {
            overrides::apply_to_field(&field_override.value.value, field, &[]);
        }
        !is_own
    });
    let tags = toolset.tags.iter().chain(&entry.tags);
    let operation = Operation {
        tool_name: scope.tool.to_owned(),
        renamed_from: entry.renamed_from.as_ref().map(|name| name.value.clone()),
        rust_name: struct_name(method, resource),
        title: entry.title.clone(),
        description: description(entry, binding),
        notes: match &binding.note {
            Some(Texts::Versioned(entries)) => versioned(scope, entries),
            _ => Vec::new(),
        },
        toolset: toolset.name.value.clone(),
        tags: tags.map(|tag| tag.value.clone()).collect(),
        method: method.to_owned(),
        document: scope.document().to_owned(),
        operation_id: facts.operation_id,
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
        recorded,
        verify,
        for_each,
        require_any,
        secret_fields: texts(toolset.secret_fields.iter().chain(&entry.secret_fields)),
        hidden_fields: texts(entry.hidden_fields.iter()),
        returns,
        response_format,
        types: own,
    };
    LoweredTool {
        line: entry.line,
        operation,
        named,
        field_overrides,
    }
}

/// Returns the members whose values are recorded. They are read with the operation that is read back.
fn recorded(scope: Scope<'_>, source: Option<&OperationFacts>) -> Vec<String> {
    let names = scope.entry.recorded.iter();
    let Some(source) = source else {
        // An unsuitable operation is reported where it is named.
        if names.len() > 0 && scope.operation.binding.read_back.is_none() {
            scope.report_not_read();
        }
        return Vec::new();
    };
    let names = names.filter(|name| {
        source.response.as_ref().is_some_and(|response| {
            list::field_at(scope, source, response, "recorded member", name).is_some()
        })
    });
    names.map(|name| name.value.clone()).collect()
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
fn verify(scope: Scope<'_>) -> Verify {
    let binding = scope.operation.binding;
    let read_back = binding.read_back.as_ref();
    let except = read_back.into_iter().flat_map(|it| &it.ignore);
    let (hint, hints) = match &binding.not_applied {
        Some(Texts::Any(hint)) => (hint.clone(), Vec::new()),
        Some(Texts::Versioned(entries)) => (String::new(), versioned(scope, entries)),
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
fn versioned(scope: Scope<'_>, entries: &[VersionedEntry]) -> Vec<VersionedText> {
    let document = scope.inputs.apis.document(scope.document());
    let own = document.and_then(|document| document.version.as_ref());
    let api = &scope.operation.api.version.product;
    let product = own.map_or(api, |version| &version.product);
    let text = |entry: &VersionedEntry| VersionedText {
        product: product.clone(),
        since: entry.since.clone(),
        before: entry.before.clone(),
        text: entry.text.clone(),
    };
    entries.iter().map(text).collect()
}

/// Returns the type of the response. For a deletion, a schema that allows anything counts as none.
fn returned(facts: &OperationFacts) -> Option<TypeRef> {
    let says_nothing = |ty: &TypeRef| facts.http == "delete" && ty.kind == TypeKind::Any;
    facts.response.clone().filter(|ty| !says_nothing(ty))
}

/// Checks that the tool's method fits the HTTP method. People allow tools by method, so a tool with a reading method must not write, and a tool with a changing method must not only read. A list can be a POST that takes its filters in the body.
fn check_method(scope: Scope<'_>, http: &str) {
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
        scope.report(scope.operation_line(), diagnostic);
    }
}

/// Derives the effect from the methods and applies the changes of the allowlist.
fn effect(scope: Scope<'_>, http: &str) -> Effect {
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
                scope.report(word.line, diagnostic);
                continue;
            }
            _ => effect.idempotent = false,
        }
        if effect == before {
            scope.report_no_effect(word.line, format!("effect `{}`", word.value));
        }
    }
    effect
}

fn texts<'t>(names: impl Iterator<Item = &'t Located<String>>) -> Vec<String> {
    names.map(|name| name.value.clone()).collect()
}
