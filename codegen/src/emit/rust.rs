//! Creates the generated crate: one file for each API, one for each toolset of an API or alternative, and one for each API with the types that toolsets share.

use minijinja::Value;

use super::attributes;
use super::output::{EmitError, OutputFile};
use super::templates::{Templates, object};
use crate::catalog::{
    Api, Effect, Field, Operation, SHARED_MODULE, Toolset, ToolsetDoc, TypeDef, TypeRef, TypeShape,
    Variant, definitions, references,
};
use crate::lower::Catalog;

/// Creates all Rust files, without formatting.
pub(super) fn files(
    templates: &Templates,
    catalog: &Catalog,
) -> Result<Vec<OutputFile>, EmitError> {
    let docs = catalog.toolsets();
    let mut files = Vec::new();
    let mut file = |path: String, template, values: Value| -> Result<(), EmitError> {
        files.push(OutputFile {
            path: format!("generated/src/{path}.rs"),
            text: templates.render(template, values)?,
        });
        Ok(())
    };
    let all = object! { apis: catalog.apis(), presets: catalog.presets() };
    file("lib".to_owned(), "lib.rs", all)?;
    for api in catalog.apis() {
        let folder = &api.module;
        file(format!("{folder}/mod"), "api.rs", api_module(api, docs))?;
        if !api.types.is_empty() {
            let path = format!("{folder}/{SHARED_MODULE}");
            file(path, "shared.rs", shared_module(api))?;
        }
        for toolset in &api.toolsets {
            let path = format!("{folder}/{}", toolset.module);
            file(
                path,
                "toolset.rs",
                toolset_module(toolset, &api.types, docs),
            )?;
        }
        for alternative in &api.alternatives {
            let folder = format!("{folder}/{}", alternative.module);
            let toolsets = object! { toolsets: modules(&alternative.toolsets, docs) };
            file(format!("{folder}/mod"), "alternative.rs", toolsets)?;
            for toolset in &alternative.toolsets {
                let path = format!("{folder}/{}", toolset.module);
                file(path, "toolset.rs", toolset_module(toolset, &[], docs))?;
            }
        }
    }
    Ok(files)
}

/// Returns the declarations of the modules of toolsets.
fn modules(toolsets: &[Toolset], docs: &[ToolsetDoc]) -> Value {
    let module = |toolset: &Toolset| {
        let description = doc(toolset, docs).map_or("", |doc| &doc.description);
        object! { module: toolset.module, description: description }
    };
    toolsets.iter().map(module).collect()
}

fn doc<'a>(toolset: &Toolset, docs: &'a [ToolsetDoc]) -> Option<&'a ToolsetDoc> {
    docs.iter().find(|doc| doc.name == toolset.name)
}

fn api_module(api: &Api, docs: &[ToolsetDoc]) -> Value {
    object! {
        api: api,
        toolsets: modules(&api.toolsets, docs),
        modules: tool_modules(api),
    }
}

/// Returns the modules of the toolsets. Each module is followed by those that replace it in alternatives, so that the order of the tools does not depend on the documents of an upstream.
fn tool_modules(api: &Api) -> Vec<String> {
    let alternatives = || {
        let alternatives = api.alternatives.iter();
        alternatives.flat_map(|alternative| {
            let toolsets = alternative.toolsets.iter();
            toolsets.map(|toolset| {
                let path = format!("{}::{}", alternative.module, toolset.module);
                (toolset.name.as_str(), path)
            })
        })
    };
    let mut modules = Vec::new();
    for toolset in &api.toolsets {
        modules.push(toolset.module.clone());
        let same = alternatives().filter(|(name, _)| *name == toolset.name);
        modules.extend(same.map(|(_, path)| path));
    }
    let is_new = |name: &str| api.toolsets.iter().all(|toolset| toolset.name != name);
    let new = alternatives().filter(|(name, _)| is_new(name));
    modules.extend(new.map(|(_, path)| path));
    modules
}

fn shared_module(api: &Api) -> Value {
    let documents = api.documents.iter();
    let documents = documents.filter(|it| it.alternative_to.is_none());
    let sources: Vec<&str> = documents.map(|it| it.source.as_str()).collect();
    object! { sources: sources, types: types(&api.types) }
}

fn toolset_module(toolset: &Toolset, shared: &[TypeDef], docs: &[ToolsetDoc]) -> Value {
    let first = toolset.operations.first();
    // The document of the first tool. A tool of another document names its own.
    let document = first.map_or("", |operation| &operation.document);
    let tags = doc(toolset, docs).map_or(&[][..], |doc| &doc.tags);
    let secret = doc(toolset, docs).map_or(&[][..], |doc| &doc.secret_fields);
    let tools = toolset.operations.iter();
    let tools: Vec<Value> = tools.map(|it| tool(it, document, tags, secret)).collect();
    object! {
        toolset: toolset,
        document: document,
        tags: tags,
        secret_fields: secret,
        uses_shared: uses_shared(shared, toolset),
        tools: tools,
        types: types(&toolset.types),
    }
}

/// Returns whether a module refers to shared types of the API.
fn uses_shared(shared: &[TypeDef], toolset: &Toolset) -> bool {
    let is = |of: &TypeDef, name: &str| of.rust_name == name;
    references(toolset).filter_map(TypeRef::name).any(|name| {
        shared.iter().any(|of| is(of, name)) && !definitions(toolset).any(|of| is(of, name))
    })
}

/// Returns an operation with the attributes that differ from those of its module and from what follows from its methods.
fn tool(operation: &Operation, document: &str, tags: &[String], secret: &[String]) -> Value {
    let own = operation.tags.iter().filter(|tag| !tags.contains(tag));
    let own_secret = operation.secret_fields.iter();
    let own_secret = own_secret.filter(|field| !secret.contains(field));
    let parameters = operation.parameters.iter();
    let fields = parameters.map(|it| field(&it.field, &attributes::parameter(it)));
    object! {
        operation: operation,
        document: Some(&operation.document).filter(|own| *own != document),
        tags: own.collect::<Vec<_>>(),
        secret_fields: own_secret.collect::<Vec<_>>(),
        effect: effect(operation),
        fields: fields.collect::<Vec<_>>(),
        types: types(&operation.types),
    }
}

/// Returns the differences from the effect that follows from the methods.
fn effect(operation: &Operation) -> Vec<&'static str> {
    let usual = Effect::usual(&operation.method, &operation.http);
    let effect = operation.effect;
    let mut words = Vec::new();
    if effect.read_only && !usual.read_only {
        words.push("read_only");
    } else if effect.destructive && !usual.destructive {
        words.push("destructive");
    } else if !effect.read_only && usual.read_only {
        words.push("not_read_only");
    }
    if !effect.idempotent && usual.idempotent {
        words.push("not_idempotent");
    }
    words
}

fn field(field: &Field, arguments: &[String]) -> Value {
    object! {
        rust_name: field.rust_name,
        description: field.description,
        required: field.required,
        ty: field.ty,
        arguments: arguments,
    }
}

fn members(fields: &[Field]) -> Value {
    let fields = fields.iter();
    fields.map(|it| field(it, &attributes::field(it))).collect()
}

fn variant(variant: &Variant) -> Value {
    object! {
        rust_name: variant.rust_name,
        ty: variant.ty,
        arguments: attributes::rules(&variant.ty),
    }
}

/// Returns the definitions of types: structs, enums and unions.
fn types(definitions: &[TypeDef]) -> Value {
    let definition = |definition: &TypeDef| {
        let shape = match &definition.shape {
            TypeShape::Struct { fields, additional } => object! {
                kind: "struct",
                fields: members(fields),
                additional: additional,
            },
            TypeShape::Enum { values } => object! { kind: "enum", values: values },
            TypeShape::Union { variants } => object! {
                kind: "union",
                variants: variants.iter().map(variant).collect::<Value>(),
            },
        };
        object! {
            rust_name: definition.rust_name,
            description: definition.description,
            ..shape
        }
    };
    definitions.iter().map(definition).collect()
}
