//! Generates the constant of a tool, and the checks that only the compiler can do. This step cannot fail.

mod checks;

use mcp_schema::arguments::filter_description;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ItemStruct, LitStr};

use super::each::CheckedEach;
use super::list::{CheckedList, CheckedPagination};
use super::parameter::{Parameter, ParameterLocation, capitalized};
use super::path::Segment;
use super::validate::{ResponseFormat, Tool};
use super::versions;
use crate::value::Value;
use checks::{each_checks, item_checks, omitted_check, required_check};

/// Generates the code after the struct.
pub(crate) fn expand(tool: &Tool) -> TokenStream {
    let ident = &tool.ident;
    let clear = clear(tool);
    let constant = constant(tool);
    let params = tool.parameters.iter().map(param);
    let item_checks = tool.list.iter().map(item_checks);
    let each_checks = each_checks(tool);
    let marker = marker(&tool.name);
    quote! {
        #[allow(non_upper_case_globals)]
        const _: () = {
            #(#params)*
            #clear
            #(#item_checks)*
            #each_checks
            impl ::runtime::__private::ToolBlock for #ident {
                const TOOL: ::runtime::__private::Tool = #constant;
            }
            #marker
        };
    }
}

/// Generates the code after a struct with errors, so that no further errors are reported because of them.
pub(crate) fn stub(item: &ItemStruct) -> TokenStream {
    let ident = &item.ident;
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    quote! {
        impl #generics ::runtime::__private::ToolBlock for #ident #arguments #bounds {
            const TOOL: ::runtime::__private::Tool = ::runtime::__private::STUB;
        }
    }
}

/// Returns the line that rustdoc shows after the description.
pub(crate) fn doc_line(tool: &Tool) -> String {
    format!(
        " Operation `{}`: `{} {}`",
        tool.operation,
        tool.http.to_uppercase(),
        tool.path
    )
}

fn constant(tool: &Tool) -> TokenStream {
    let Tool {
        keys,
        title,
        toolset,
        tags,
        method,
        operation,
        since,
        document,
        path,
        ..
    } = tool;
    let name = &tool.name;
    let was = text(keys.renamed_from.as_ref());
    let description = &tool.description.any;
    let descriptions = versions::expand(&tool.description);
    let (read_only, destructive, idempotent) = (
        tool.effect.read_only,
        tool.effect.destructive,
        tool.effect.idempotent,
    );
    let http = capitalized(&tool.http);
    let segments = path_segments(&tool.segments);
    let params = tool.parameters.iter().map(|parameter| &parameter.ident);
    let clear = option(clear_names(tool).next().map(|_| quote!(CLEAR)));
    let body = body(tool);
    let list = option(tool.list.as_ref().map(list));
    let update = update(tool);
    let each = option(tool.each.as_ref().map(each));
    let require_any = keys.require_any.iter().map(|name| &name.text);
    let module = keys.module.iter().flat_map(|module| &module.secret_fields);
    let (secret, hidden) = (module.chain(&keys.secret_fields), &keys.hidden_fields);
    let content = response_format(&tool.response_format);
    let returns = option(tool.returns.as_ref().map(|ty| {
        let schema = quote_spanned!(ty.span()=> ::runtime::__private::Schema);
        quote!(<#ty as #schema>::SHAPE)
    }));
    quote! {
        ::runtime::__private::Tool {
            name: #name,
            renamed_from: #was,
            title: #title,
            description: #description,
            descriptions: #descriptions,
            toolset: #toolset,
            tags: &[#(#tags),*],
            method: #method,
            operation: #operation,
            since: #since,
            document: #document,
            effect: ::runtime::__private::Effect {
                read_only: #read_only,
                destructive: #destructive,
                idempotent: #idempotent,
            },
            http: ::runtime::__private::Http::#http,
            path: #path,
            segments: #segments,
            parameters: &[#(#params),*],
            clear: #clear,
            body: #body,
            list: #list,
            update: #update,
            each: #each,
            require_any: &[#(#require_any),*],
            secret_fields: &[#(#secret),*],
            hidden_fields: &[#(#hidden),*],
            returns: #returns,
            response_format: #content,
        }
    }
}

/// Returns the names of the arguments that can be cleared.
fn clear_names(tool: &Tool) -> impl Iterator<Item = String> {
    let parameters = tool.parameters.iter();
    let cleared = parameters.filter(|parameter| parameter.clear.is_some());
    cleared.map(Parameter::argument)
}

/// Generates the argument that names the fields to clear.
fn clear(tool: &Tool) -> Option<TokenStream> {
    let names: Vec<_> = clear_names(tool).collect();
    (!names.is_empty()).then(|| {
        quote! {
            const CLEAR: ::runtime::__private::Field =
                ::runtime::__private::clear_field(&NAMES);
            const NAMES: ::runtime::__private::Shape =
                ::runtime::__private::one_of(&[#(#names),*]);
        }
    })
}

fn response_format(format: &ResponseFormat) -> TokenStream {
    let content = match format {
        ResponseFormat::Json => quote!(Json),
        ResponseFormat::Text(accept) => quote!(Text { accept: #accept }),
        ResponseFormat::Lines(accept) => quote!(Lines { accept: #accept }),
        ResponseFormat::Log(accept, token, next) => {
            quote!(Log { accept: #accept, token: #token, next: #next })
        }
    };
    quote!(::runtime::__private::ResponseFormat::#content)
}

/// Generates a constant for each argument, so that each argument reports its own errors.
fn param(parameter: &Parameter) -> TokenStream {
    let (ident, ty) = (&parameter.ident, &parameter.ty);
    let (name, wire) = (parameter.argument(), parameter.wire());
    let rules = &parameter.rules;
    let field = rules.field(&name, &parameter.description, ty);
    let secret = parameter.secret.is_some();
    let fallback = text(parameter.fallback.as_ref());
    let when_omitted = parameter.when_omitted.as_ref().map(Value::text);
    let when_omitted = when_omitted.unwrap_or_default();
    let hidden = parameter.hidden.is_some();
    let since = text(parameter.since.as_ref());
    let omitted = omitted_check(parameter, &name);
    let place = match &parameter.location {
        ParameterLocation::Path { slash } => quote!(Path { slash: #slash }),
        ParameterLocation::Query(style) => {
            quote!(Query(::runtime::__private::ParameterStyle::#style))
        }
        ParameterLocation::Header => quote!(Header),
        ParameterLocation::Cookie => quote!(Cookie),
        ParameterLocation::Body => quote!(Body),
        ParameterLocation::WholeBody => quote!(WholeBody),
        ParameterLocation::Each => quote!(Each),
    };
    let checks = rules.checks(&name, ty, &quote!(#ident.field.shape));
    let required = required_check(parameter, &name);
    quote! {
        const #ident: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
            field: #field,
            wire: #wire,
            location: ::runtime::__private::ParameterLocation::#place,
            secret: #secret,
            fallback: #fallback,
            when_omitted: #when_omitted,
            hidden: #hidden,
            since: #since,
        };
        #checks
        #required
        #omitted
    }
}

/// Generates a constant with the tool's name on the marker type of the API, so that two tools with the same name are a compile error.
fn marker(name: &LitStr) -> TokenStream {
    let span = name.span();
    let name = name.value();
    let mut ident = syn::parse_str(&name).unwrap_or_else(|_| format_ident!("_{name}"));
    ident.set_span(span);
    quote_spanned! {span=>
        impl super::super::Tools {
            #[doc(hidden)]
            pub const #ident: () = ();
        }
    }
}

fn body(tool: &Tool) -> TokenStream {
    let body = tool.keys.body.as_ref();
    let Some((body, media_type)) = body.and_then(|it| Some((it, it.media_type.as_ref()?))) else {
        return quote!(::runtime::__private::Body::NONE);
    };
    let media_type = match media_type.text.as_str() {
        "json" => "application/json",
        other => other,
    };
    let required = body.required;
    let fixed = tool.keys.fixed.iter().map(|(name, value)| {
        let (name, text) = (&name.text, value.text());
        quote!((#name, #text))
    });
    let encoding = tool.encoding.iter();
    let encoding =
        encoding.map(|(name, style)| quote!((#name, ::runtime::__private::ParameterStyle::#style)));
    quote! {
        ::runtime::__private::Body {
            media_type: #media_type,
            required: #required,
            fixed: &[#(#fixed),*],
            encoding: &[#(#encoding),*],
        }
    }
}

fn list(list: &CheckedList) -> TokenStream {
    let (items, of) = (&list.items, &list.item_type);
    let schema = quote_spanned!(of.span()=> ::runtime::__private::Schema);
    let pagination = list.pagination.as_ref();
    let since = pagination.map_or("", |pagination| &pagination.since);
    let pager = option(pagination.map(pager));
    let filters = list.filters.iter().map(|filter| {
        let (name, path, unique) = (&filter.name.text, &filter.path, filter.unique);
        let description = filter_description(path);
        quote! {
            ::runtime::__private::Filter {
                field: ::runtime::__private::Field {
                    name: #name,
                    description: #description,
                    required: false,
                    shape: ::runtime::__private::field(<#of as #schema>::SHAPE, #path),
                    default: "",
                    example: "",
                },
                path: #path,
                unique: #unique,
            }
        }
    });
    let summary = list.summary.iter().map(|name| &name.text);
    quote! {
        ::runtime::__private::List {
            items: #items,
            item_type: <#of as #schema>::SHAPE,
            pagination: #pager,
            pages_since: #since,
            filters: &[#(#filters),*],
            summary: &[#(#summary),*],
        }
    }
}

fn pager(pagination: &CheckedPagination) -> TokenStream {
    let CheckedPagination {
        keys, max, first, ..
    } = pagination;
    let place = match keys.in_body() {
        true => quote!(Body),
        false => quote!(Query),
    };
    let [limit, offset, page, cursor, next, rel, total] =
        ["limit", "offset", "page", "cursor", "next", "rel", "total"].map(|key| keys.text(key));
    let way = match keys.style.to_string().as_str() {
        "number" => quote!(Number { page: #page, first: #first }),
        "cursor" => quote!(Cursor { cursor: #cursor, next: #next, offset: #offset }),
        "link" => {
            let position = keys.all("position");
            quote!(Link { rel: #rel, position: &[#(#position),*] })
        }
        _ => quote!(Offset { offset: #offset }),
    };
    quote! {
        ::runtime::__private::Pagination {
            location: ::runtime::__private::PaginationLocation::#place,
            limit: #limit,
            max: #max,
            total: #total,
            style: ::runtime::__private::PaginationStyle::#way,
        }
    }
}

fn update(tool: &Tool) -> TokenStream {
    if tool.merge.is_empty() && tool.mask.is_none() && tool.read_back.is_empty() {
        return quote!(::runtime::__private::Update::PLAIN);
    }
    let merge = path_segments(&tool.merge);
    let read_back = path_segments(&tool.read_back);
    let recorded = tool.keys.recorded.iter().map(|name| &name.text);
    let verify = verify(tool);
    let mask = option(tool.mask.as_ref().map(|(name, style)| {
        quote! {
            ::runtime::__private::Mask {
                name: #name,
                style: ::runtime::__private::ParameterStyle::#style,
            }
        }
    }));
    quote! {
        ::runtime::__private::Update {
            merge: #merge,
            mask: #mask,
            read_back: #read_back,
            recorded: &[#(#recorded),*],
            verify: #verify,
        }
    }
}

fn verify(tool: &Tool) -> TokenStream {
    let (keys, hint) = (tool.keys.verify.as_ref(), &tool.hint);
    if keys.is_none() && hint.any.is_empty() {
        return quote!(::runtime::__private::Verify::PLAIN);
    }
    let slash = keys.is_some_and(|keys| keys.slash);
    let except = keys.into_iter().flat_map(|keys| &keys.except);
    let except = except.map(|name| &name.text);
    let (text, hints) = (&hint.any, versions::expand(hint));
    quote! {
        ::runtime::__private::Verify {
            slash: #slash,
            except: &[#(#except),*],
            hint: #text,
            hints: #hints,
        }
    }
}

fn each(each: &CheckedEach) -> TokenStream {
    let CheckedEach {
        operation, items, ..
    } = each;
    let http = capitalized(&each.http);
    let segments = path_segments(&each.segments);
    quote! {
        ::runtime::__private::Each {
            operation: #operation,
            http: ::runtime::__private::Http::#http,
            segments: #segments,
            items: #items,
        }
    }
}

fn path_segments(segments: &[Segment]) -> TokenStream {
    let segments = segments.iter().map(|segment| match segment {
        Segment::Literal(text) => quote!(::runtime::__private::Segment::Literal(#text)),
        Segment::Placeholder(name) => quote!(::runtime::__private::Segment::Parameter(#name)),
    });
    quote!(&[#(#segments),*])
}

/// Returns the text of a key; empty if the key is omitted.
fn text(literal: Option<&LitStr>) -> String {
    literal.map(LitStr::value).unwrap_or_default()
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
