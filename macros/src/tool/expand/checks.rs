//! Generates the checks of a tool that depend on the shapes of types, which only the compiler knows.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::errors::{compile_check, message};
use crate::rules::type_name;
use crate::tool::list::CheckedList;
use crate::tool::parameter::{Parameter, ParameterLocation};
use crate::tool::validate::Tool;

/// Generates the check that the type is, or is not, an `Option`.
pub(super) fn required_check(parameter: &Parameter, name: &str) -> Option<TokenStream> {
    let (ident, ty) = (&parameter.ident, type_name(&parameter.ty));
    let (span, is_optional) = (parameter.ty.span(), quote!(!#ident.field.required));
    if parameter.is_in_path() && parameter.when_omitted.is_none() {
        let wrong = format_args!("path parameter `{name}` of type `{ty}` is optional");
        let instead = "remove `Option`, because a path needs all its values";
        return Some(compile_check(
            span,
            &quote!(#ident.field.required),
            wrong,
            instead,
        ));
    }
    let (span, key, wrong) = if let Some(clear) = &parameter.clear {
        let wrong = format!("`{name}` cannot be cleared, because it is required");
        (clear.span(), "clear", wrong)
    } else {
        let key = match (&parameter.fallback, &parameter.when_omitted) {
            (Some(_), _) => "fallback",
            (None, Some(_)) => "when_omitted",
            (None, None) => return None,
        };
        let wrong = format!("`{name}` is required, so `{key}` has no effect");
        (span, key, wrong)
    };
    let instead = format_args!("write `Option<{ty}>`, or remove `{key}`");
    Some(compile_check(span, &is_optional, wrong, instead))
}

/// Generates the check that the value that is sent for an omitted argument is a value of its type.
pub(super) fn omitted_check(parameter: &Parameter, name: &str) -> Option<TokenStream> {
    let (ident, value) = (&parameter.ident, parameter.when_omitted.as_ref()?);
    if value.json.is_null() {
        // The server may accept `null` even if the argument's type does not allow callers to send it.
        return None;
    }
    let (text, ty) = (value.text(), type_name(&parameter.ty));
    Some(value.check(
        &quote!(#ident.field.shape),
        format_args!("`when_omitted` of `{name}` is not a value of its type `{ty}`: `{text}`"),
    ))
}

/// Generates the checks that filters and summary name fields of the item.
pub(super) fn item_checks(list: &CheckedList) -> TokenStream {
    let (of, ty) = (&list.item_type, type_name(&list.item_type));
    let shape = quote!(<#of as ::runtime::__private::Schema>::SHAPE);
    let filters = list.filters.iter().map(|filter| {
        let (name, path) = (&filter.name.text, &filter.path);
        let missing = message(
            format_args!("filter `{name}`: `{ty}` has no field `{path}`"),
            format_args!("write the field to compare: `{name} = \"..\"`"),
        );
        let several = message(
            format_args!("filter `{name}`: field `{path}` of `{ty}` is an object"),
            "write the path of a field inside the object: `roles.name`",
        );
        quote_spanned! {filter.path_span=>
            const _: () = ::runtime::__private::check_filter(#shape, #path, #missing, #several);
        }
    });
    let summary = list.summary.iter().map(|name| {
        let (span, name) = (name.span, &name.text);
        let wrong = format_args!("summary: `{ty}` has no field `{name}`");
        let instead = "write the name of a field of the item in JSON";
        compile_check(
            span,
            &quote!(::runtime::__private::has_field(#shape, #name)),
            wrong,
            instead,
        )
    });
    filters.chain(summary).collect()
}

/// Generates the checks that the result has the member for the responses, that the ids are an array, and that the arguments of `require_any(..)` are optional.
pub(super) fn each_checks(tool: &Tool) -> TokenStream {
    let items = tool.each.iter().zip(&tool.returns).map(|(each, ty)| {
        let (items, name) = (&each.items, type_name(ty));
        let shape = quote!(<#ty as ::runtime::__private::Schema>::SHAPE);
        compile_check(
            ty.span(),
            &quote!(::runtime::__private::has_field(#shape, #items)),
            format_args!("`each(..)`: `{name}` has no field `{items}`"),
            "write the member of the result for the array of responses: `items = \"..\"`",
        )
    });
    let parameters = || tool.parameters.iter();
    let ids = parameters().filter(|it| it.location == ParameterLocation::Each);
    let ids = ids.map(|parameter| {
        let (ident, name) = (&parameter.ident, parameter.argument());
        let is_array = quote!(::runtime::__private::is_array(#ident.field.shape));
        compile_check(
            parameter.ty.span(),
            &quote!(#is_array && !#ident.field.required),
            format_args!("the ids `{name}` must be an optional array"),
            "write `Option<Vec<..>>`",
        )
    });
    let required = tool.keys.require_any.iter().filter_map(|name| {
        let ident = &parameters().find(|it| it.argument() == name.text)?.ident;
        let wrong = format_args!(
            "`{}` is required, so `require_any(..)` has no effect",
            name.text
        );
        let instead = "write `Option<..>`, or remove `require_any(..)`";
        Some(compile_check(
            name.span,
            &quote!(!#ident.field.required),
            wrong,
            instead,
        ))
    });
    items.chain(ids).chain(required).collect()
}
