/// Reads the log of a run.
///
/// Operation `get_log`: `GET /api/runs/{run}/{try}/log`
pub struct ListLogLines {
    /// Id of the run.
    pub id: String,
    /// Number of the try, the last one if left out.
    pub number: Option<i64>,
    pub same: Option<String>,
}
#[allow(non_upper_case_globals)]
const _: () = {
    const id: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field::of::<String>("id", "Id of the run."),
        wire: "run",
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
        id.field.required,
        "path parameter `id` of type `String` is optional\nnote: remove `Option`, because a path needs all its values",
    );
    const number: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field::of::<
            Option<i64>,
        >("try", "Number of the try, the last one if left out."),
        wire: "try",
        location: ::runtime::__private::ParameterLocation::Path {
            slash: false,
        },
        secret: false,
        fallback: "",
        when_omitted: "-1",
        hidden: false,
        since: "",
    };
    const _: () = ::runtime::__private::check(
        !number.field.required,
        "`try` is required, so `when_omitted` has no effect\nnote: write `Option<Option<i64>>`, or remove `when_omitted`",
    );
    const _: () = ::runtime::__private::check(
        ::runtime::__private::fits(
            number.field.shape,
            ::runtime::__private::Value::Integer(-1i64),
        ),
        "`when_omitted` of `try` is not a value of its type `Option<i64>`: `-1`\nnote: write a value that the type and its rules allow",
    );
    const same: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field::of::<Option<String>>("same", ""),
        wire: "same",
        location: ::runtime::__private::ParameterLocation::Query(
            ::runtime::__private::ParameterStyle::Repeat,
        ),
        secret: false,
        fallback: "id",
        when_omitted: "",
        hidden: true,
        since: "",
    };
    const _: () = ::runtime::__private::check(
        !same.field.required,
        "`same` is required, so `fallback` has no effect\nnote: write `Option<Option<String>>`, or remove `fallback`",
    );
    impl ::runtime::__private::ToolBlock for ListLogLines {
        const TOOL: ::runtime::__private::Tool = ::runtime::__private::Tool {
            name: "list_log_lines",
            renamed_from: "",
            title: "Read a log",
            description: "Reads the log of a run.",
            descriptions: &[],
            toolset: "users",
            tags: &[],
            method: "list",
            operation: "get_log",
            since: "",
            document: "core",
            effect: ::runtime::__private::Effect {
                read_only: true,
                destructive: false,
                idempotent: true,
            },
            http: ::runtime::__private::Http::Get,
            path: "/api/runs/{run}/{try}/log",
            segments: &[
                ::runtime::__private::Segment::Literal("/api/runs/"),
                ::runtime::__private::Segment::Parameter("run"),
                ::runtime::__private::Segment::Literal("/"),
                ::runtime::__private::Segment::Parameter("try"),
                ::runtime::__private::Segment::Literal("/log"),
            ],
            parameters: &[id, number, same],
            clear: ::core::option::Option::None,
            body: ::runtime::__private::Body::NONE,
            list: ::core::option::Option::None,
            update: ::runtime::__private::Update::PLAIN,
            each: ::core::option::Option::None,
            require_any: &[],
            secret_fields: &[],
            hidden_fields: &[],
            returns: ::core::option::Option::None,
            response_format: ::runtime::__private::ResponseFormat::Log {
                accept: "text/plain",
                token: "token",
                next: "continuation_token",
            },
        };
    }
    impl super::super::Tools {
        #[doc(hidden)]
        pub const list_log_lines: () = ();
    }
};
