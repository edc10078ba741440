//! Creates the generated crate: one file for each API, one for each toolset of an API or alternative, and one for each API with the types that toolsets share.

use serde::Serialize;

use super::attributes;
use super::templates::Templates;
use super::types::{definitions, references};
use super::{EmitError, OutputFile};
use crate::catalog::{
    Api, Catalog, Effect, EnumValue, Operation, Toolset, ToolsetDoc, TypeDef, TypeRef, TypeShape,
};

/// Name of the module with the types that several toolsets of an API share.
pub(super) const SHARED: &str = "shared";

/// Creates all Rust files, without formatting.
pub(super) fn files(
    templates: &Templates,
    catalog: &Catalog,
) -> Result<Vec<OutputFile>, EmitError> {
    let mut files = Vec::new();
    let docs = &catalog.toolsets;
    let mut file = |path: String, text: Result<String, EmitError>| -> Result<(), EmitError> {
        files.push(OutputFile {
            path: format!("generated/src/{path}"),
            text: text?,
        });
        Ok(())
    };
    file("lib.rs".to_owned(), templates.render("lib.rs", catalog))?;
    for api in &catalog.apis {
        let folder = &api.module;
        file(
            format!("{folder}/mod.rs"),
            templates.render("api.rs", ApiModule::new(api, docs)),
        )?;
        if !api.types.is_empty() {
            file(
                format!("{folder}/{SHARED}.rs"),
                templates.render("shared.rs", SharedModule::new(api)),
            )?;
        }
        for toolset in &api.toolsets {
            file(
                format!("{folder}/{}.rs", toolset.module),
                templates.render("toolset.rs", ToolsetModule::new(toolset, &api.types, docs)),
            )?;
        }
        for alternative in &api.alternatives {
            let folder = format!("{folder}/{}", alternative.module);
            let toolsets = modules(&alternative.toolsets, docs);
            file(
                format!("{folder}/mod.rs"),
                templates.render("alternative.rs", AlternativeModule { toolsets }),
            )?;
            for toolset in &alternative.toolsets {
                file(
                    format!("{folder}/{}.rs", toolset.module),
                    templates.render("toolset.rs", ToolsetModule::new(toolset, &[], docs)),
                )?;
            }
        }
    }
    Ok(files)
}

/// Declaration of a module.
#[derive(Serialize)]
struct Module<'a> {
    module: &'a str,
    description: &'a str,
}

fn modules<'a>(toolsets: &'a [Toolset], docs: &'a [ToolsetDoc]) -> Vec<Module<'a>> {
    let module = |toolset: &'a Toolset| Module {
        module: &toolset.module,
        description: doc(toolset, docs).map_or("", |doc| doc.description.as_str()),
    };
    toolsets.iter().map(module).collect()
}

fn doc<'a>(toolset: &Toolset, docs: &'a [ToolsetDoc]) -> Option<&'a ToolsetDoc> {
    docs.iter().find(|doc| doc.name == toolset.name)
}

#[derive(Serialize)]
struct AlternativeModule<'a> {
    toolsets: Vec<Module<'a>>,
}

#[derive(Serialize)]
struct ApiModule<'a> {
    api: &'a Api,
    toolsets: Vec<Module<'a>>,
    /// Paths of the modules with tools, in the order of the tools.
    modules: Vec<String>,
}

impl<'a> ApiModule<'a> {
    fn new(api: &'a Api, docs: &'a [ToolsetDoc]) -> Self {
        Self {
            api,
            toolsets: modules(&api.toolsets, docs),
            modules: tool_modules(api),
        }
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

#[derive(Serialize)]
struct SharedModule<'a> {
    sources: Vec<&'a str>,
    types: Vec<Type<'a>>,
}

impl<'a> SharedModule<'a> {
    fn new(api: &'a Api) -> Self {
        let documents = api
            .documents
            .iter()
            .filter(|it| it.alternative_to.is_none());
        Self {
            sources: documents.map(|document| document.source.as_str()).collect(),
            types: types(&api.types),
        }
    }
}

#[derive(Serialize)]
struct ToolsetModule<'a> {
    toolset: &'a Toolset,
    /// Document of the first tool. A tool of another document names its own.
    document: &'a str,
    tags: &'a [String],
    uses_shared: bool,
    tools: Vec<Tool<'a>>,
    types: Vec<Type<'a>>,
}

impl<'a> ToolsetModule<'a> {
    fn new(toolset: &'a Toolset, shared: &[TypeDef], docs: &'a [ToolsetDoc]) -> Self {
        let first = toolset.operations.first();
        let document = first.map_or("", |operation| operation.document.as_str());
        let tags = doc(toolset, docs).map_or(&[][..], |doc| &doc.tags);
        let tools = toolset.operations.iter();
        Self {
            toolset,
            document,
            tags,
            uses_shared: uses_shared(shared, toolset),
            tools: tools.map(|it| Tool::new(it, document, tags)).collect(),
            types: types(&toolset.types),
        }
    }
}

/// Returns whether a module refers to shared types of the API.
fn uses_shared(shared: &[TypeDef], toolset: &Toolset) -> bool {
    let is = |of: &TypeDef, name: &str| of.rust_name == name;
    references(toolset).filter_map(TypeRef::name).any(|name| {
        shared.iter().any(|of| is(of, name)) && !definitions(toolset).any(|of| is(of, name))
    })
}

/// Operation, with the attributes that differ from those of its module and from what follows from its methods.
#[derive(Serialize)]
struct Tool<'a> {
    operation: &'a Operation,
    document: Option<&'a str>,
    tags: Vec<&'a str>,
    effect: Vec<&'static str>,
    fields: Vec<Field<'a>>,
    types: Vec<Type<'a>>,
}

impl<'a> Tool<'a> {
    fn new(operation: &'a Operation, document: &str, tags: &[String]) -> Self {
        let own = operation.tags.iter().filter(|tag| !tags.contains(tag));
        let parameters = operation.parameters.iter();
        Self {
            operation,
            document: Some(operation.document.as_str()).filter(|own| *own != document),
            tags: own.map(String::as_str).collect(),
            effect: effect(operation),
            fields: parameters
                .map(|parameter| Field {
                    rust_name: &parameter.rust_name,
                    description: &parameter.description,
                    required: parameter.required,
                    ty: &parameter.ty,
                    arguments: attributes::parameter(parameter),
                })
                .collect(),
            types: types(&operation.types),
        }
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

/// Field of a struct.
#[derive(Serialize)]
struct Field<'a> {
    rust_name: &'a str,
    description: &'a str,
    required: bool,
    ty: &'a TypeRef,
    arguments: Vec<String>,
}

/// Struct or enum.
#[derive(Serialize)]
struct Type<'a> {
    rust_name: &'a str,
    description: &'a str,
    #[serde(flatten)]
    shape: Shape<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Shape<'a> {
    Struct {
        fields: Vec<Field<'a>>,
        additional: Option<&'a TypeRef>,
    },
    Enum {
        values: &'a [EnumValue],
    },
    Union {
        variants: Vec<Variant<'a>>,
    },
}

/// Variant of a union.
#[derive(Serialize)]
struct Variant<'a> {
    rust_name: &'a str,
    ty: &'a TypeRef,
    arguments: Vec<String>,
}

fn types(definitions: &[TypeDef]) -> Vec<Type<'_>> {
    definitions.iter().map(type_of).collect()
}

fn type_of(definition: &TypeDef) -> Type<'_> {
    let shape = match &definition.shape {
        TypeShape::Struct { fields, additional } => Shape::Struct {
            fields: fields
                .iter()
                .map(|field| Field {
                    rust_name: &field.rust_name,
                    description: &field.description,
                    required: field.required,
                    ty: &field.ty,
                    arguments: attributes::field(field),
                })
                .collect(),
            additional: additional.as_ref(),
        },
        TypeShape::Enum { values } => Shape::Enum { values },
        TypeShape::Union { variants } => Shape::Union {
            variants: variants
                .iter()
                .map(|variant| Variant {
                    rust_name: &variant.rust_name,
                    ty: &variant.ty,
                    arguments: attributes::variant(variant),
                })
                .collect(),
        },
    };
    Type {
        rust_name: &definition.rust_name,
        description: &definition.description,
        shape,
    }
}
