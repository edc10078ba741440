/// Updates a user.
///
/// Operation `patch_user`: `PATCH /api/users/{name}`
pub struct UpdateUser {
    /// Name of the user as it is now.
    pub id: String,
    /// New name.
    pub name: Option<String>,
    /// Where to write to.
    pub address: Option<String>,
    /// Roles.
    pub roles: Vec<String>,
    /// What to sign in with.
    pub type_: Option<Kind>,
}
#[allow(non_upper_case_globals)]
const _: () = {
    const id: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field {
            shape: <String as ::runtime::__private::Schema>::SHAPE.min_length(1u32),
            ..::runtime::__private::Field::of::<
                String,
            >("id", "Name of the user as it is now.")
        },
        wire: "name",
        location: ::runtime::__private::ParameterLocation::Path {
            slash: false,
        },
        secret: false,
        fallback: "",
        when_omitted: "",
        hidden: false,
        since: "",
    };
    const _: () = ::runtime::__private::check(
        <String as ::runtime::__private::Schema>::SHAPE.is_string(),
        "`min_length` of `id` is a rule for strings, but the type is `String`\nnote: write `min` and `max` for a number, `min_items` and `max_items` for an array",
    );
    const _: () = ::runtime::__private::check(
        id.field.required,
        "path parameter `id` of type `String` is optional\nnote: remove `Option`, because a path needs all its values",
    );
    const name: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field::of::<Option<String>>("name", "New name."),
        wire: "name",
        location: ::runtime::__private::ParameterLocation::Body,
        secret: false,
        fallback: "id",
        when_omitted: "",
        hidden: false,
        since: "",
    };
    const _: () = ::runtime::__private::check(
        !name.field.required,
        "`name` is required, so `fallback` has no effect\nnote: write `Option<Option<String>>`, or remove `fallback`",
    );
    const address: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field::of::<
            Option<String>,
        >("address", "Where to write to."),
        wire: "address",
        location: ::runtime::__private::ParameterLocation::Body,
        secret: false,
        fallback: "",
        when_omitted: "",
        hidden: false,
        since: "",
    };
    const _: () = ::runtime::__private::check(
        !address.field.required,
        "`address` cannot be cleared, because it is required\nnote: write `Option<Option<String>>`, or remove `clear`",
    );
    const roles: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field {
            shape: <Vec<String> as ::runtime::__private::Schema>::SHAPE
                .items(const {
                    &<Vec<String> as ::runtime::__private::Schema>::SHAPE
                        .item()
                        .max_length(20u32)
                })
                .min_items(1u32),
            ..::runtime::__private::Field::of::<Vec<String>>("roles", "Roles.")
        },
        wire: "roles",
        location: ::runtime::__private::ParameterLocation::Body,
        secret: false,
        fallback: "",
        when_omitted: "",
        hidden: false,
        since: "",
    };
    const _: () = ::runtime::__private::check(
        <Vec<String> as ::runtime::__private::Schema>::SHAPE.is_array(),
        "`min_items` of `roles` is a rule for arrays, but the type is `Vec<String>`\nnote: write `min_length` and `max_length` for a string, `min` and `max` for a number",
    );
    const _: () = ::runtime::__private::check(
        <Vec<String> as ::runtime::__private::Schema>::SHAPE.is_array(),
        "`items` of `roles` is a rule for arrays, but the type is `Vec<String>`\nnote: write the rules without `items(..)` around them",
    );
    const _: () = ::runtime::__private::check(
        <Vec<String> as ::runtime::__private::Schema>::SHAPE.item().is_string(),
        "`max_length` of `roles` is a rule for strings, but the type is the items of `Vec<String>`\nnote: write `min` and `max` for a number, `min_items` and `max_items` for an array",
    );
    const type_: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field::of::<
            Option<Kind>,
        >("type", "What to sign in with."),
        wire: "type",
        location: ::runtime::__private::ParameterLocation::Body,
        secret: true,
        fallback: "",
        when_omitted: "",
        hidden: false,
        since: "",
    };
    const CLEAR: ::runtime::__private::Field = ::runtime::__private::clear_field(&NAMES);
    const NAMES: ::runtime::__private::Shape = ::runtime::__private::one_of(
        &["address"],
    );
    impl ::runtime::__private::ToolBlock for UpdateUser {
        const TOOL: ::runtime::__private::Tool = ::runtime::__private::Tool {
            name: "update_user",
            renamed_from: "change_user",
            title: "Update a user",
            description: "Updates a user. Before Users 2.1: The server keeps all roles. From Users 2.1 to before 3: The server replaces the roles.",
            descriptions: &[
                ::runtime::__private::VersionedText {
                    since: "",
                    before: "2.1",
                    text: "Updates a user. The server keeps all roles.",
                },
                ::runtime::__private::VersionedText {
                    since: "2.1",
                    before: "3",
                    text: "Updates a user. The server replaces the roles.",
                },
                ::runtime::__private::VersionedText {
                    since: "",
                    before: "",
                    text: "Updates a user.",
                },
            ],
            toolset: "users",
            tags: &[],
            method: "update",
            operation: "patch_user",
            since: "",
            document: "core",
            effect: ::runtime::__private::Effect {
                read_only: false,
                destructive: true,
                idempotent: true,
            },
            http: ::runtime::__private::Http::Patch,
            path: "/api/users/{name}",
            segments: &[
                ::runtime::__private::Segment::Literal("/api/users/"),
                ::runtime::__private::Segment::Parameter("name"),
            ],
            parameters: &[id, name, address, roles, type_],
            clear: ::core::option::Option::Some(CLEAR),
            body: ::runtime::__private::Body {
                media_type: "application/json",
                required: true,
                fixed: &[("kind", "\"user\"")],
                encoding: &[],
            },
            list: ::core::option::Option::None,
            update: ::runtime::__private::Update {
                merge: &[
                    ::runtime::__private::Segment::Literal("/api/users/"),
                    ::runtime::__private::Segment::Parameter("name"),
                ],
                mask: ::core::option::Option::Some(::runtime::__private::Mask {
                    name: "update_mask",
                    style: ::runtime::__private::ParameterStyle::Comma,
                }),
                read_back: &[
                    ::runtime::__private::Segment::Literal("/api/users/"),
                    ::runtime::__private::Segment::Parameter("name"),
                ],
                recorded: &[],
                verify: ::runtime::__private::Verify {
                    slash: true,
                    except: &["roles"],
                    hint: "Before Users 2.1: Delete the user and create another one.",
                    hints: &[
                        ::runtime::__private::VersionedText {
                            since: "",
                            before: "2.1",
                            text: "Delete the user and create another one.",
                        },
                        ::runtime::__private::VersionedText {
                            since: "",
                            before: "",
                            text: "",
                        },
                    ],
                },
            },
            each: ::core::option::Option::None,
            require_any: &[],
            returns: ::core::option::Option::Some(
                <User as ::runtime::__private::Schema>::SHAPE,
            ),
            response_format: ::runtime::__private::ResponseFormat::Json,
        };
    }
    impl super::super::Tools {
        #[doc(hidden)]
        pub const update_user: () = ();
    }
};
