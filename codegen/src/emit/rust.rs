//! Creates the generated crate: one file for each API, one for each toolset of an API or alternative, and one for each API with the types that toolsets share.

use serde::Serialize;

use super::attributes::{self, Argument};
use super::expression::{self, Expression};
use super::templates::Templates;
use super::types::{definitions, references};
use super::{EmitError, OutputFile};
use crate::catalog::{
    Api, Catalog, EnumValue, Operation, Toolset, ToolsetDoc, TypeDef, TypeRef, TypeShape,
};

/// Name of the module with the types that several toolsets of an API share.
pub(super) const SHARED: &str = "shared";

/// Creates all Rust files.
pub(super) fn files(
    templates: &Templates,
    catalog: &Catalog,
) -> Result<Vec<OutputFile>, EmitError> {
    let mut files = vec![OutputFile {
        path: "generated/src/lib.rs".to_owned(),
        text: templates.render(
            "lib.rs",
            Library {
                apis: &catalog.apis,
                all: expression::apis(&catalog.apis),
            },
        )?,
    }];
    for api in &catalog.apis {
        files.push(OutputFile {
            path: format!("generated/src/{}/mod.rs", api.module),
            text: templates.render("api.rs", api_module(api, &catalog.toolsets))?,
        });
        for toolset in &api.toolsets {
            files.push(OutputFile {
                path: format!("generated/src/{}/{}.rs", api.module, toolset.module),
                text: templates.render("toolset.rs", toolset_module(&api.types, toolset))?,
            });
        }
        if !api.types.is_empty() {
            files.push(OutputFile {
                path: format!("generated/src/{}/{SHARED}.rs", api.module),
                text: templates.render("shared.rs", shared_module(api))?,
            });
        }
        for alternative in &api.alternatives {
            let folder = format!("generated/src/{}/{}", api.module, alternative.module);
            files.push(OutputFile {
                path: format!("{folder}/mod.rs"),
                text: templates.render(
                    "alternative.rs",
                    AlternativeModule {
                        toolsets: modules(&alternative.toolsets, &catalog.toolsets),
                    },
                )?,
            });
            for toolset in &alternative.toolsets {
                files.push(OutputFile {
                    path: format!("{folder}/{}.rs", toolset.module),
                    text: templates.render("toolset.rs", toolset_module(&[], toolset))?,
                });
            }
        }
    }
    Ok(files)
}

#[derive(Serialize)]
struct Library<'a> {
    apis: &'a [Api],
    all: Expression,
}

#[derive(Serialize)]
struct ApiModule<'a> {
    title: &'a str,
    toolsets: Vec<Module<'a>>,
    shared: Option<&'static str>,
    alternatives: Vec<Module<'a>>,
    api: Expression,
}

#[derive(Serialize)]
struct AlternativeModule<'a> {
    toolsets: Vec<Module<'a>>,
}

#[derive(Serialize)]
struct Module<'a> {
    module: &'a str,
    description: &'a str,
}

fn modules<'a>(toolsets: &'a [Toolset], docs: &'a [ToolsetDoc]) -> Vec<Module<'a>> {
    let description = |name: &str| {
        docs.iter()
            .find(|doc| doc.name == name)
            .map_or("", |doc| doc.description.as_str())
    };
    toolsets
        .iter()
        .map(|toolset| Module {
            module: &toolset.module,
            description: description(&toolset.name),
        })
        .collect()
}

fn api_module<'a>(api: &'a Api, docs: &'a [ToolsetDoc]) -> ApiModule<'a> {
    ApiModule {
        title: &api.title,
        toolsets: modules(&api.toolsets, docs),
        alternatives: api
            .alternatives
            .iter()
            .map(|alternative| Module {
                module: &alternative.module,
                description: &alternative.component,
            })
            .collect(),
        shared: (!api.types.is_empty()).then_some(SHARED),
        api: expression::api(api),
    }
}

#[derive(Serialize)]
struct SharedModule<'a> {
    sources: Vec<&'a str>,
    types: Vec<Type<'a>>,
}

fn shared_module(api: &Api) -> SharedModule<'_> {
    let documents = api
        .documents
        .iter()
        .filter(|it| it.alternative_to.is_none());
    SharedModule {
        sources: documents.map(|document| document.source.as_str()).collect(),
        types: api.types.iter().map(type_of).collect(),
    }
}

#[derive(Serialize)]
struct ToolsetModule<'a> {
    name: &'a str,
    sources: &'a [String],
    shared: Option<&'static str>,
    tools: Vec<Tool<'a>>,
    types: Vec<Type<'a>>,
}

fn toolset_module<'a>(shared: &[TypeDef], toolset: &'a Toolset) -> ToolsetModule<'a> {
    ToolsetModule {
        name: &toolset.name,
        sources: &toolset.sources,
        shared: uses_shared(shared, toolset).then_some(SHARED),
        tools: toolset.operations.iter().map(tool).collect(),
        types: toolset.types.iter().map(type_of).collect(),
    }
}

/// Returns whether a module refers to shared types of the API.
fn uses_shared(shared: &[TypeDef], toolset: &Toolset) -> bool {
    let is = |of: &TypeDef, name: &str| of.rust_name == name;
    references(toolset).filter_map(TypeRef::name).any(|name| {
        shared.iter().any(|of| is(of, name)) && !definitions(toolset).any(|of| is(of, name))
    })
}

/// Operation with those arguments of its attribute that are not plain values.
#[derive(Serialize)]
struct Tool<'a> {
    operation: &'a Operation,
    tags: Vec<Argument>,
    body: Vec<Argument>,
    fixed: Vec<Argument>,
    page: Option<Argument>,
    filters: Vec<Argument>,
    summary: Vec<Argument>,
    mask: Vec<Argument>,
    verify: Vec<Argument>,
    not_applied: Vec<Argument>,
    notes: Vec<Argument>,
    for_each: Vec<Argument>,
    require_any: Vec<Argument>,
    answer: Option<Argument>,
    effect: Vec<Argument>,
    fields: Vec<Field<'a>>,
    types: Vec<Type<'a>>,
}

fn tool(operation: &Operation) -> Tool<'_> {
    let (body, list) = (operation.body.as_ref(), operation.list.as_ref());
    Tool {
        operation,
        tags: attributes::tags(&operation.tags),
        body: body.map(attributes::body).unwrap_or_default(),
        fixed: body
            .map(|body| attributes::fixed(&body.fixed))
            .unwrap_or_default(),
        page: list.map(attributes::page),
        filters: list
            .map(|list| attributes::filters(&list.filters))
            .unwrap_or_default(),
        summary: list
            .map(|list| attributes::summary(&list.summary))
            .unwrap_or_default(),
        mask: operation
            .mask
            .as_ref()
            .map(attributes::mask)
            .unwrap_or_default(),
        verify: attributes::verify(&operation.verify),
        not_applied: attributes::versioned(&operation.verify.hints),
        notes: attributes::versioned(&operation.notes),
        for_each: operation
            .for_each
            .as_ref()
            .map(attributes::for_each)
            .unwrap_or_default(),
        require_any: attributes::require_any(&operation.require_any),
        answer: attributes::answer(&operation.response_format),
        effect: attributes::effect(operation),
        fields: operation
            .parameters
            .iter()
            .map(|parameter| Field {
                rust_name: &parameter.rust_name,
                description: &parameter.description,
                required: parameter.required,
                ty: &parameter.ty,
                arguments: attributes::param(parameter),
            })
            .collect(),
        types: operation.types.iter().map(type_of).collect(),
    }
}

/// Field of a struct.
#[derive(Serialize)]
struct Field<'a> {
    rust_name: &'a str,
    description: &'a str,
    required: bool,
    ty: &'a TypeRef,
    arguments: Vec<Argument>,
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
    arguments: Vec<Argument>,
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
