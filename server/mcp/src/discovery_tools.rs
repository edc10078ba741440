//! Discovery tools for `--discover`: three tools instead of all, for clients that would pass the whole catalogue to their model. One tool finds tools by words, one describes a tool, and one calls a tool.

use std::sync::LazyLock;

use runtime::Tool;
use runtime::schema::{Additional, Field, Kind, Shape, StringRules};
use runtime::tool::{Effect, Parameter};

use crate::product::product;
use crate::rendering;

/// Returns instructions about the discovery tools, which a model receives at the start of a conversation.
pub(crate) fn instructions() -> String {
    format!(
        "Its tools are not listed: {} finds them, {} shows the arguments of one, {} calls it.",
        FIND.name, DESCRIBE.name, CALL.name
    )
}

pub(crate) static FIND: LazyLock<Tool> = LazyLock::new(|| {
    const PARAMETERS: &[Parameter] = &[
        optional(
            "query",
            "Task or words to search for, such as failed runs today, create user.",
            TEXT,
        ),
        optional("toolset", "Only tools of this toolset.", TEXT),
        optional(
            "limit",
            "Maximum number of tools; 10 by default for a query.",
            Kind::Integer {
                min: Some(1),
                max: Some(200),
            },
        ),
    ];
    let description = format!(
        "Find the tools for a task in {} by words, best first, with what each does and whether it reads, writes or destroys. Without a query, lists the toolsets, or all tools of one.",
        product().title
    );
    tool(
        ("find", "tools"),
        "Find tools",
        description,
        READ,
        PARAMETERS,
    )
});

pub(crate) static DESCRIBE: LazyLock<Tool> = LazyLock::new(|| {
    let description = "Get the description, arguments (JSON Schema) and effects of a tool. Use it before the first call of the tool.";
    tool(
        ("describe", "tool"),
        "Describe a tool",
        description.to_owned(),
        READ,
        &[NAME],
    )
});

pub(crate) static CALL: LazyLock<Tool> = LazyLock::new(|| {
    call_tool(Effect {
        read_only: false,
        destructive: true,
        idempotent: false,
    })
});

/// Variant of [`CALL`] for a client that can call only tools that read.
static CALL_TO_READ: LazyLock<Tool> = LazyLock::new(|| call_tool(READ));

const READ: Effect = Effect {
    read_only: true,
    destructive: false,
    idempotent: true,
};

const TEXT: Kind = Kind::String(StringRules::ANY);

const OBJECT: Kind = Kind::Object {
    fields: &[],
    additional: Additional::Open(&Shape {
        kind: Kind::Any,
        nullable: false,
    }),
};

const NAME: Parameter = required("name", "Name of the tool.", TEXT);

fn call_tool(effect: Effect) -> Tool {
    const PARAMETERS: &[Parameter] = &[
        NAME,
        Parameter {
            // The arguments can contain passwords.
            secret: true,
            ..optional("arguments", "Arguments of the tool by name.", OBJECT)
        },
    ];
    let description = "Call a tool with the arguments that its description requires. Returns the result of the tool.";
    tool(
        ("call", "tool"),
        "Call a tool",
        description.to_owned(),
        effect,
        PARAMETERS,
    )
}

/// Creates a discovery tool. The texts are leaked, because each tool is created only once.
fn tool(
    (verb, resource): (&str, &str),
    title: &'static str,
    description: String,
    effect: Effect,
    parameters: &'static [Parameter],
) -> Tool {
    Tool {
        name: product().tool_name(verb, resource).leak(),
        title,
        description: description.leak(),
        effect,
        parameters,
        ..Tool::LOCAL
    }
}

const fn required(name: &'static str, description: &'static str, kind: Kind) -> Parameter {
    let mut param = optional(name, description, kind);
    param.field.required = true;
    param
}

const fn optional(name: &'static str, description: &'static str, kind: Kind) -> Parameter {
    Parameter::local(Field {
        name,
        description,
        required: false,
        shape: Shape {
            kind,
            nullable: false,
        },
        default: "",
        example: "",
    })
}

/// Returns the discovery tools, for a client that can only read or also write.
pub fn tools(read_only: bool) -> [&'static Tool; 3] {
    let call = if read_only { &CALL_TO_READ } else { &CALL };
    [&FIND, &DESCRIBE, call]
}

/// Converts a discovery tool to the form that clients receive.
pub(crate) fn render(tool: &'static Tool) -> rmcp::model::Tool {
    let mut rendered = rendering::render(tool);
    // The results have no common schema.
    rendered.output_schema = None;
    rendered
}
