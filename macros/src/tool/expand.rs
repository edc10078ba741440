//! Generates the constant of a tool, and the checks that only the compiler can do. This step cannot fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ItemStruct, LitStr};

use super::each::CheckedEach;
use super::list::{CheckedList, Pages, Way};
use super::param::{Param, Place, Separator};
use super::path::Segment;
use super::validate::{Content, Tool};
use super::versions;
use crate::errors::message;
use crate::field::type_name;
use crate::value::Value;

/// Generates the code after the struct.
pub(crate) fn expand(tool: &Tool) -> TokenStream {
    let ident = &tool.ident;
    let clear = clear(tool);
    let constant = constant(tool);
    let params = tool.params.iter().map(param);
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
        was,
        title,
        description,
        toolset,
        tags,
        method,
        operation,
        since,
        document,
        path,
        ..
    } = tool;
    let description = &description.any;
    let descriptions = versions::expand(&tool.description);
    let name = tool.name.value();
    let (read_only, destructive, idempotent) = (
        tool.effect.read_only,
        tool.effect.destructive,
        tool.effect.idempotent,
    );
    let http = capitalised(&tool.http);
    let segments = path_pieces(&tool.segments);
    let params = tool.params.iter().map(|(param, _)| &param.ident);
    let clear = option(clear_names(tool).next().map(|_| quote!(CLEAR)));
    let body = body(tool);
    let list = option(tool.list.as_ref().map(list));
    let update = update(tool);
    let each = option(tool.each.as_ref().map(each));
    let require_any = tool.require_any.iter().map(|name| &name.text);
    let content = content(&tool.content);
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
            returns: #returns,
            response_format: #content,
        }
    }
}

/// Returns the names of the arguments that can be cleared.
fn clear_names(tool: &Tool) -> impl Iterator<Item = String> {
    let params = tool.params.iter().map(|(param, _)| param);
    params
        .filter(|param| param.clear.is_some())
        .map(Param::argument)
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

fn content(content: &Content) -> TokenStream {
    let content = match content {
        Content::Json => quote!(Json),
        Content::Text(accept) => quote!(Text { accept: #accept }),
        Content::Lines(accept) => quote!(Lines { accept: #accept }),
        Content::Log(accept, token, next) => {
            quote!(Log { accept: #accept, token: #token, next: #next })
        }
    };
    quote!(::runtime::__private::ResponseFormat::#content)
}

/// Generates a constant for each argument, so that each argument reports its own errors.
fn param((param, place): &(Param, Place)) -> TokenStream {
    let (ident, ty) = (&param.ident, &param.ty);
    let (name, wire) = (param.argument(), param.wire());
    let field = param.facts.field(&name, &param.description, ty);
    let secret = param.secret.is_some();
    let or = param.or.as_ref().map(LitStr::value).unwrap_or_default();
    let when_omitted = param.when_omitted.as_ref().map(Value::text);
    let when_omitted = when_omitted.unwrap_or_default();
    let hidden = param.hidden.is_some();
    let since = param.since.as_ref().map(LitStr::value).unwrap_or_default();
    let omitted = omitted_check(param, &name);
    let place_value = match place {
        Place::Path { slash } => quote!(Path { slash: #slash }),
        Place::Query(separator) => {
            let separator = variant(separator);
            quote!(Query(::runtime::__private::ParameterStyle::#separator))
        }
        Place::Header => quote!(Header),
        Place::Cookie => quote!(Cookie),
        Place::Body => quote!(Body),
        Place::Whole => quote!(WholeBody),
        Place::Each => quote!(Each),
    };
    let checks = param.facts.checks(&name, ty, &quote!(#ident.field.shape));
    let required = required_check(param, *place, &name);
    quote! {
        const #ident: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
            field: #field,
            wire: #wire,
            location: ::runtime::__private::ParameterLocation::#place_value,
            secret: #secret,
            fallback: #or,
            when_omitted: #when_omitted,
            hidden: #hidden,
            since: #since,
        };
        #checks
        #required
        #omitted
    }
}

/// Generates the check that the type is, or is not, an `Option`, which only the compiler can determine.
fn required_check(param: &Param, place: Place, name: &str) -> Option<TokenStream> {
    let (ident, span, ty) = (&param.ident, param.ty.span(), type_name(&param.ty));
    if matches!(place, Place::Path { .. }) && param.when_omitted.is_none() {
        let message = message(
            format_args!("path parameter `{name}` of type `{ty}` can be left out"),
            "a path needs all its values: take the `Option` away",
        );
        return Some(quote_spanned! {span=>
            const _: () = ::runtime::__private::check(#ident.field.required, #message);
        });
    }
    if let Some(clear) = &param.clear {
        let message = message(
            format_args!("`{name}` cannot be cleared: a call has to give it"),
            format_args!("write `Option<{ty}>`, or remove `clear`"),
        );
        return Some(quote_spanned! {clear.span()=>
            const _: () = ::runtime::__private::check(!#ident.field.required, #message);
        });
    }
    let or = match (&param.or, &param.when_omitted) {
        (Some(or), _) => or.value(),
        (None, Some(value)) => value.text(),
        (None, None) => return None,
    };
    let message = message(
        format_args!("`{name}` has to be given, so `{or}` is never sent for it"),
        format_args!("write `Option<{ty}>`, or remove what stands in for it"),
    );
    Some(quote_spanned! {span=>
        const _: () = ::runtime::__private::check(!#ident.field.required, #message);
    })
}

/// Generates the check that the value that is sent for an omitted argument is a value of its type.
fn omitted_check(param: &Param, name: &str) -> Option<TokenStream> {
    let (ident, value) = (&param.ident, param.when_omitted.as_ref()?);
    if value.json.is_null() {
        // The server may accept `null` even if the argument's type does not allow callers to send it.
        return None;
    }
    let (span, constant) = (value.span, value.constant());
    let message = message(
        format_args!(
            "`{}`, which is sent for `{name}`, is no value of its type `{}`",
            value.text(),
            type_name(&param.ty)
        ),
        "write one that the type and its rules allow",
    );
    Some(quote_spanned! {span=>
        const _: () = ::runtime::__private::check(
            ::runtime::__private::fits(#ident.field.shape, #constant),
            #message,
        );
    })
}

/// Generates the checks that filters and summary name fields of the item.
fn item_checks(list: &CheckedList) -> TokenStream {
    let (of, ty) = (&list.of, type_name(&list.of));
    let filters = list.filters.iter().map(|(name, path, _)| {
        let (name, span, path) = (&name.text, path.span, &path.path);
        let missing = message(
            format_args!("`{ty}` has no field `{path}` to filter by"),
            format_args!("write the field that `{name}` is compared with: `{name} = \"..\"`"),
        );
        let several = message(
            format_args!("field `{path}` of `{ty}` is not a single value to filter by"),
            "write a field with one value, with dots into objects: `roles.name`",
        );
        quote_spanned! {span=>
            const _: () = ::runtime::__private::check_filter(
                <#of as ::runtime::__private::Schema>::SHAPE,
                #path,
                #missing,
                #several,
            );
        }
    });
    let summary = list.summary.iter().map(|name| {
        let (span, name) = (name.span, &name.text);
        let message = message(
            format_args!("`{ty}` has no field `{name}` for the summary"),
            "write a field of the item as it is called in JSON",
        );
        quote_spanned! {span=>
            const _: () = ::runtime::__private::check(
                ::runtime::__private::has_field(<#of as ::runtime::__private::Schema>::SHAPE, #name),
                #message,
            );
        }
    });
    filters.chain(summary).collect()
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
    let (media_type, required) = (&tool.media_type, tool.body_required);
    if media_type.is_empty() {
        return quote!(::runtime::__private::Body::NONE);
    }
    let fixed = tool.fixed.iter().map(|(name, value)| {
        let (name, text) = (&name.text, value.text());
        quote!((#name, #text))
    });
    let encoding = tool.encoding.iter().map(|(name, how)| {
        let how = variant(how);
        quote!((#name, ::runtime::__private::ParameterStyle::#how))
    });
    let encoding = match tool.encoding.is_empty() {
        true => quote!(encoding: &[],),
        false => quote!(encoding: &[#(#encoding),*],),
    };
    quote! {
        ::runtime::__private::Body {
            media_type: #media_type,
            required: #required,
            fixed: &[#(#fixed),*],
            #encoding
        }
    }
}

fn list(list: &CheckedList) -> TokenStream {
    let CheckedList { items, of, .. } = list;
    let schema = quote_spanned!(of.span()=> ::runtime::__private::Schema);
    let since = list.pages.as_ref().map_or("", |pages| &pages.since);
    let pager = option(list.pages.as_ref().map(pager));
    let filters = list.filters.iter().map(|(name, path, unique)| {
        let (name, path) = (&name.text, &path.path);
        let description = format!("Only items whose {path} is this.");
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

fn pager(pages: &Pages) -> TokenStream {
    let Pages {
        in_body,
        limit,
        max,
        total,
        way,
        ..
    } = pages;
    let place = match in_body {
        true => quote!(Body),
        false => quote!(Query),
    };
    let way = match way {
        Way::Offset { offset } => quote!(Offset { offset: #offset }),
        Way::Number { page, first } => quote!(Number { page: #page, first: #first }),
        Way::Cursor {
            cursor,
            next,
            offset,
        } => quote!(Cursor { cursor: #cursor, next: #next, offset: #offset }),
        Way::Link { rel, position } => {
            quote!(Link { rel: #rel, position: &[#(#position),*] })
        }
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
    let merge = path_pieces(&tool.merge);
    let read_back = path_pieces(&tool.read_back);
    let verify = verify(tool);
    let mask = option(tool.mask.as_ref().map(|(name, separator)| {
        let separator = variant(separator);
        quote! {
            ::runtime::__private::Mask {
                name: #name,
                style: ::runtime::__private::ParameterStyle::#separator,
            }
        }
    }));
    quote! {
        ::runtime::__private::Update {
            merge: #merge,
            mask: #mask,
            read_back: #read_back,
            verify: #verify,
        }
    }
}

fn verify(tool: &Tool) -> TokenStream {
    let Tool {
        slash,
        except,
        hint,
        ..
    } = tool;
    if !slash && except.is_empty() && hint.any.is_empty() {
        return quote!(::runtime::__private::Verify::PLAIN);
    }
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
    let http = capitalised(&each.http);
    let segments = path_pieces(&each.segments);
    quote! {
        ::runtime::__private::Each {
            operation: #operation,
            http: ::runtime::__private::Http::#http,
            segments: #segments,
            items: #items,
        }
    }
}

/// Generates the checks that the result has the member for the responses, that the ids are an array, and that the arguments of `require_any(..)` are optional.
fn each_checks(tool: &Tool) -> TokenStream {
    let items = tool.each.iter().zip(&tool.returns).map(|(each, ty)| {
        let (span, items) = (ty.span(), &each.items);
        let message = message(
            format_args!("`{}` has no field `{items}` for the answers of `each(..)`", type_name(ty)),
            "write the member of the result that is an array of them: `items = \"..\"`",
        );
        quote_spanned! {span=>
            const _: () = ::runtime::__private::check(
                ::runtime::__private::has_field(<#ty as ::runtime::__private::Schema>::SHAPE, #items),
                #message,
            );
        }
    });
    let ids = tool
        .params
        .iter()
        .filter(|(_, place)| *place == Place::Each);
    let ids = ids.map(|(param, _)| {
        let (ident, span) = (&param.ident, param.ty.span());
        let message = message(
            format_args!(
                "the ids `{}` are not an array that can be left out",
                param.argument()
            ),
            "write `Option<Vec<..>>`",
        );
        quote_spanned! {span=>
            const _: () = ::runtime::__private::check(
                ::runtime::__private::is_array(#ident.field.shape) && !#ident.field.required,
                #message,
            );
        }
    });
    let required = tool.require_any.iter().filter_map(|name| {
        let mut params = tool.params.iter();
        let (param, _) = params.find(|(param, _)| param.argument() == name.text)?;
        let (ident, span) = (&param.ident, name.span);
        let message = message(
            format_args!(
                "`{}` is required anyway, so `require_any(..)` has no effect",
                name.text
            ),
            "write `Option<..>`, or remove `require_any(..)`",
        );
        Some(quote_spanned! {span=>
            const _: () = ::runtime::__private::check(!#ident.field.required, #message);
        })
    });
    items.chain(ids).chain(required).collect()
}

fn path_pieces(segments: &[Segment]) -> TokenStream {
    let pieces = segments.iter().map(|segment| match segment {
        Segment::Literal(text) => quote!(::runtime::__private::Segment::Literal(#text)),
        Segment::Param(name) => quote!(::runtime::__private::Segment::Parameter(#name)),
    });
    quote!(&[#(#pieces),*])
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn variant(separator: &Separator) -> Ident {
    Ident::new(separator, Span::call_site())
}

fn capitalised(verb: &str) -> Ident {
    let (first, rest) = verb.split_at(1);
    Ident::new(
        &format!("{}{rest}", first.to_uppercase()),
        Span::call_site(),
    )
}
