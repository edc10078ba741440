//! One tool as constant data: what `#[tool]` makes of a block.

use crate::schema::{Field, Shape};
use crate::version::{is_known, is_older};

/// A tool: one operation of an API, as a model sees it and as it is sent.
#[derive(Debug, PartialEq)]
pub struct Tool {
    /// Name that clients call, unique in its API: `[a-z0-9_]`, at most 64 characters.
    pub name: &'static str,
    /// Name that it had in the release before and still answers to; empty if it had no other.
    pub was: &'static str,
    /// Short name for people.
    pub title: &'static str,
    /// What it does, when to use it, what it returns.
    pub description: &'static str,
    /// The description where the version of the server is known, if it depends on it.
    pub descriptions: &'static [VersionedText],
    /// Group it belongs to.
    pub toolset: &'static str,
    /// Tags by which it can be selected.
    pub tags: &'static [&'static str],
    /// `list`, `get`, `create`, `update`, `delete` or a verb of its own.
    pub method: &'static str,
    /// Id of the operation in its OpenAPI document.
    pub operation: &'static str,
    /// The first release of the API that has the operation; empty if all have it that are supported.
    pub since: &'static str,
    /// Name of the OpenAPI document, as in `apis.yaml`.
    pub document: &'static str,
    /// What a call can change.
    pub effect: Effect,
    /// HTTP method.
    pub http: Http,
    /// Path as in the document, with its base: `/auth/fab/v1/users/{username}`.
    pub path: &'static str,
    /// The same path in pieces.
    pub segments: &'static [Segment],
    /// The declared arguments, in the order of the specification.
    pub params: &'static [Param],
    /// The argument that names the declared arguments for which `null` is sent, which empties a field; `None` if nothing can be emptied.
    pub clear: Option<Field>,
    /// How the request body is made.
    pub body: Body,
    /// Set on tools that list things.
    pub list: Option<List>,
    /// How an update is made safe and its result true.
    pub update: Update,
    /// The operation on one object that is called for each id of an argument; `None` if the tool takes no ids.
    pub each: Option<Each>,
    /// Arguments of which a call has to give at least one; empty if there is no such rule.
    pub require_any: &'static [&'static str],
    /// Shape of the answer; `None` if it has no content. For a list tool the shape of one item stands in [`List::of`].
    pub returns: Option<Shape>,
    /// What the answer is written in.
    pub content: Content,
}

/// What an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// JSON.
    Json,
    /// Text.
    Text {
        /// Media type that is asked for.
        accept: &'static str,
    },
    /// JSON values, one a line.
    Lines {
        /// Media type that is asked for.
        accept: &'static str,
    },
    /// The lines of a log, as text or as JSON objects with `event`, `timestamp` and `level`.
    Log {
        /// Media type that is asked for.
        accept: &'static str,
        /// Name of the query parameter with the token that continues it; empty if it comes whole.
        token: &'static str,
        /// Member of the answer with the token of the next part.
        next: &'static str,
    },
}

impl Content {
    /// The media type that is asked for.
    #[must_use]
    pub fn accept(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text { accept } | Self::Lines { accept } | Self::Log { accept, .. } => accept,
        }
    }
}

impl Tool {
    /// A tool that sends nothing and is no operation of an API, to complete: its arguments are described and checked like those of any other.
    pub const LOCAL: Self = Self {
        name: "",
        was: "",
        title: "",
        description: "",
        descriptions: &[],
        toolset: "",
        tags: &[],
        method: "",
        operation: "",
        document: "",
        since: "",
        effect: Effect {
            read_only: true,
            destructive: false,
            idempotent: true,
        },
        http: Http::Get,
        path: "",
        segments: &[],
        params: &[],
        clear: None,
        body: Body::NONE,
        list: None,
        update: Update::PLAIN,
        each: None,
        require_any: &[],
        returns: None,
        content: Content::Json,
    };

    /// Whether this is its name, or the one that it had in the release before.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        name == self.name || (!self.was.is_empty() && name == self.was)
    }
}

/// A text that holds for some versions of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionedText {
    /// The first version for which it holds; empty for no bound.
    pub since: &'static str,
    /// The first version for which it no longer holds; empty for no bound.
    pub before: &'static str,
    /// The text.
    pub text: &'static str,
}

impl VersionedText {
    /// The first of the texts that holds for a version; `None` if the version is not known.
    #[must_use]
    pub fn find(texts: &[Self], version: &str) -> Option<&'static str> {
        if !is_known(version) {
            return None;
        }
        let holds = |it: &&Self| {
            let from = it.since.is_empty() || !is_older(version, it.since);
            from && (it.before.is_empty() || is_older(version, it.before))
        };
        texts.iter().find(holds).map(|it| it.text)
    }
}

/// A struct with `#[tool]`.
pub trait ToolBlock {
    /// The tool it describes.
    const TOOL: Tool;
}

/// What a call can change; becomes the MCP annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Changes nothing.
    pub read_only: bool,
    /// May destroy what cannot be had back.
    pub destructive: bool,
    /// Calling it twice is the same as once.
    pub idempotent: bool,
}

/// HTTP method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

/// A piece of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// Sent as it stands, with its slashes: `/auth/fab/v1/users/`.
    Literal(&'static str),
    /// The percent-encoded value of the parameter with this wire name.
    Param(&'static str),
}

/// A declared argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Param {
    /// Name, description, shape: how the model sees it.
    pub field: Field,
    /// Name in the request.
    pub wire: &'static str,
    /// Where it goes.
    pub place: Place,
    /// Never shown again: not in errors, not in logs.
    pub secret: bool,
    /// Argument whose value is sent when this one is not given; empty for none.
    pub or: &'static str,
    /// Value that is sent when neither this one nor that of `or` is given, as JSON text; empty for none.
    pub when_omitted: &'static str,
    /// Whether it is no argument, but always sent as `or` or `when_omitted` says.
    pub hidden: bool,
    /// The first release of the API that knows it; empty if it is as old as the operation.
    pub since: &'static str,
}

impl Param {
    /// An argument of a tool that sends nothing.
    #[must_use]
    pub const fn local(field: Field) -> Self {
        Self {
            wire: field.name,
            field,
            place: Place::Body,
            secret: false,
            or: "",
            when_omitted: "",
            hidden: false,
            since: "",
        }
    }
}

/// Where an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One segment of the path.
    Path {
        /// Whether the server can route a value with `/` (sent as `%2F`).
        slash: bool,
    },
    /// The query.
    Query(Separator),
    /// A request header.
    Header,
    /// A cookie of the request.
    Cookie,
    /// A member of the body's object.
    Body,
    /// The whole body.
    WholeBody,
    /// One segment of the path of [`Each`], a request for each item.
    Each,
}

/// How several values of one query parameter are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `a=1&a=2` (`explode: true`).
    Repeat,
    /// `a=1,2` (`explode: false`).
    Comma,
    /// `a=1%202` (`spaceDelimited`).
    Space,
    /// `a=1|2` (`pipeDelimited`).
    Pipe,
    /// `a[key]=value` (`deepObject`); items of arrays are numbered: `a[0]=value`.
    Deep,
    /// `a={"key":"value"}` (`content`).
    Json,
    /// `key=value`, without the name of the parameter (`style: form` of an object).
    Members,
}

/// How the request body is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// Media type; empty if the operation takes no body.
    pub media_type: &'static str,
    /// Whether a body is sent even when no argument of it is given.
    pub required: bool,
    /// Members that are always sent, as JSON text: `("action", "\"create\"")`.
    pub fixed: &'static [(&'static str, &'static str)],
    /// How members of a form are written that are not repeated for each of their values, by their names in the request.
    pub encoding: &'static [(&'static str, Separator)],
}

impl Body {
    /// No body, and so no `Content-Type`.
    pub const NONE: Self = Self {
        media_type: "",
        required: false,
        fixed: &[],
        encoding: &[],
    };
}

/// A list in pages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct List {
    /// Member of the answer that holds the items.
    pub items: &'static str,
    /// Shape of an item.
    pub of: Shape,
    /// How the API pages; `None` if it gives everything at once, which is cut here.
    pub pager: Option<Pager>,
    /// The first release of the API that pages the list; older ones give everything at once. Empty if it is as old as the operation.
    pub pages_since: &'static str,
    /// Filters applied here, since the API has none.
    pub filters: &'static [Filter],
    /// Fields of an item that are returned unless others are asked for; empty for all.
    pub summary: &'static [&'static str],
}

/// How an API pages a list: where the request says what it wants, how many items, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pager {
    /// Where the parameters below stand.
    pub place: PagePlace,
    /// Name of the parameter with the number of items.
    pub limit: &'static str,
    /// Most items that the server gives at once.
    pub max: u32,
    /// Member of the answer with the number of all entries, or the JSON pointer of it; empty for the usual one.
    pub total: &'static str,
    /// How a request says which items.
    pub way: Way,
}

/// Where the parameters for paging stand in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePlace {
    /// In the query.
    Query,
    /// In the body's object.
    Body,
}

/// How a request says which items it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the number of items to leave out.
    Offset {
        /// Name of the parameter with it.
        offset: &'static str,
    },
    /// By the number of a page, which are as long as the request says.
    Number {
        /// Name of the parameter with it.
        page: &'static str,
        /// Number of the first page.
        first: u32,
    },
    /// By a cursor out of the answer before.
    Cursor {
        /// Name of the parameter with it.
        cursor: &'static str,
        /// Member of the answer with the cursor of the next page, or the JSON pointer of it; `null`, empty or absent on the last.
        next: &'static str,
        /// Name of the parameter with the number of items to leave out, for servers that do not know the cursor; empty if all do. They know it by its name, so the first page is asked for with an empty one.
        offset: &'static str,
    },
    /// By the query of a link in the header of the answer before (RFC 8288).
    Link {
        /// Relation of the link to the next page.
        rel: &'static str,
        /// Parameters of the link that say where that begins. Beside the number of items nothing else is taken from a link, nor from a cursor that somebody made up.
        position: &'static [&'static str],
    },
}

/// A filter applied here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filter {
    /// Name and shape of the argument.
    pub field: Field,
    /// Field of the item, with dots into objects and arrays of objects: `roles.name`.
    pub path: &'static str,
    /// No two items have the same value: reading stops at the first match.
    pub unique: bool,
}

/// How an update is made safe and its result true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update {
    /// Path pieces of the GET whose answer fills the body's fields that were not given; empty for none.
    pub merge: &'static [Segment],
    /// Query parameter that names the body fields to write; made from the body arguments that were given.
    pub mask: Option<Mask>,
    /// Path pieces of the GET whose answer is the result, since the answer to the write does not tell the truth; empty for none.
    ///
    /// A placeholder takes the value of the body argument that falls back on the path's argument or has its wire name, if one was sent, else that of the path's argument.
    pub read_back: &'static [Segment],
    /// How what is read back is compared with what was asked for.
    pub verify: Verify,
}

impl Update {
    /// The request is sent as given and answered as it comes.
    pub const PLAIN: Self = Self {
        merge: &[],
        mask: None,
        read_back: &[],
        verify: Verify::PLAIN,
    };
}

/// How what is read back is compared with what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verify {
    /// Whether the server can route a value of the body with `/` in the path of the GET.
    pub slash: bool,
    /// Members of the body that are not compared, since the server writes them in another way.
    pub except: &'static [&'static str],
    /// What to do if a change was not applied; empty for the usual advice.
    pub hint: &'static str,
    /// The same where the version of the server is known, if it depends on it.
    pub hints: &'static [VersionedText],
}

impl Verify {
    /// Everything is compared, and the advice is the usual one.
    pub const PLAIN: Self = Self {
        slash: false,
        except: &[],
        hint: "",
        hints: &[],
    };
}

/// An operation on one object, called for each id of the argument whose place is [`Place::Each`]. It takes the body and the mask of the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Each {
    /// Id of the operation in the tool's OpenAPI document.
    pub operation: &'static str,
    /// HTTP method.
    pub http: Http,
    /// Path in pieces.
    pub segments: &'static [Segment],
    /// Member of the tool's result that holds the answers.
    pub items: &'static str,
}

/// A query parameter that names the body fields to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    /// Name of the query parameter.
    pub name: &'static str,
    /// How several names are written.
    pub separator: Separator,
}
