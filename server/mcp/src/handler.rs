//! MCP server of one account: handles `tools/list` and `tools/call` for any transport. Handlers are cheap to create and clone, so that a gateway can create one for each request.

mod detection;
pub mod observer;
pub mod off_reactor;
pub mod panics;
pub mod rate_limit;

use std::borrow::Cow;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod,
    CompleteRequestParams, CompleteResult, ContentBlock, CustomRequest, CustomResult, ErrorCode,
    ErrorData, Implementation, JsonObject, ListPromptsRequestMethod, ListPromptsResult,
    ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
    ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion,
    ServerCapabilities, ServerConfig, SubscriptionFilter, Tool,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use runtime::{Account, ChangeRecorder, ToolOutput};
use serde_json::json;
use tokio::sync::watch;

use self::observer::{CallRejection, EndedCall, Observer, RequestRecorder, log};
use self::off_reactor::{are_large, off_reactor};
use self::panics::guarded;
use self::rate_limit::add_rate_limit;
use crate::changes::ListChanges;
use crate::discovery::{self, DiscoveryRequest};
use crate::discovery_tools;
use crate::offer::OfferedTools;
use crate::product::product;
use crate::progress::Progress;
use crate::verbatim;

/// Time for which clients may cache a list. A list of a detected API is valid until the upstream is upgraded, a list of an assumed API until the upstream is likely to be reachable again.
const KNOWN_TTL: Duration = Duration::from_secs(300);
const GUESSED_TTL: Duration = Duration::from_secs(10);

// The texts are created once, because over HTTP each request needs them.
static LISTING: LazyLock<String> = LazyLock::new(|| {
    format!(
        "Administers one {}. List tools return `next_cursor`: pass it back unchanged, with the same arguments, to get the next page; null means that no page follows. \
        To find something, use the list tool's filters in one call instead of reading all pages. Lists show the main fields of each item; `fields` selects others. \
        If a call fails, `error.hint` says what to try; repeat the call unchanged only if `error.retryable` is true.",
        product().title
    )
});
static DISCOVERING: LazyLock<String> =
    LazyLock::new(|| format!("{} {}", *LISTING, discovery_tools::instructions()));

/// Name, version and title of this program, for clients.
static SERVER: LazyLock<Implementation> = LazyLock::new(|| {
    Implementation::new(product().name, product().version).with_title(product().title)
});

/// Metadata of every result, which identify this program.
static META: LazyLock<MetaObject> = LazyLock::new(|| {
    let server = json!({"name": SERVER.name, "title": SERVER.title, "version": SERVER.version});
    let mut meta = MetaObject::new();
    meta.insert(
        "io.modelcontextprotocol/serverInfo".to_owned(),
        verbatim::json(&server.to_string()),
    );
    meta
});

/// MCP server of one account.
#[derive(Debug, Clone)]
pub struct Handler(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    account: Account,
    offer: OfferedTools,
    /// Receiver whose value becomes true when the last detection ends; `None` before the first detection.
    detection: Mutex<Option<watch::Receiver<bool>>>,
    /// Changes of the list of tools; `None` for a handler of one request, whose client cannot be notified later.
    changes: Option<ListChanges>,
    observer: Option<Arc<dyn Observer>>,
}

/// Call of a tool of the catalogue.
struct RequestedCall {
    /// Name of the tool, if it differs from the name in the request.
    name: Option<String>,
    arguments: JsonObject,
}

impl Handler {
    /// Creates a handler for one connection, which offers the tools of `offer`. The client is notified when the tools change.
    pub fn for_connection(account: Account, offer: OfferedTools) -> Self {
        Self::new(account, offer, Some(ListChanges::default()), None)
    }

    /// Creates a handler for one request, which offers the tools of `offer` and reports its calls to `observer`.
    pub fn for_request(account: Account, offer: OfferedTools, observer: Arc<dyn Observer>) -> Self {
        Self::new(account, offer, None, Some(observer))
    }

    fn new(
        account: Account,
        offer: OfferedTools,
        changes: Option<ListChanges>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        Self(Arc::new(Inner {
            account,
            offer,
            detection: Mutex::new(None),
            changes,
            observer,
        }))
    }

    /// Ends the subscriptions after the client has disconnected.
    pub fn end(&self) {
        if let Some(changes) = &self.0.changes {
            changes.end();
        }
    }

    /// Runs a discovery tool and returns its result. If a tool of the catalogue is to be called, returns this call as the error.
    async fn discovered(
        &self,
        name: &str,
        arguments: JsonObject,
    ) -> Result<(&'static runtime::Tool, ToolOutput), RequestedCall> {
        let Some(tool) = self.0.offer.discovery_tool(name) else {
            return Err(RequestedCall {
                name: None,
                arguments,
            });
        };
        let offer = &self.0.offer;
        let result = match discovery::requested(tool, arguments) {
            Ok(DiscoveryRequest::Call { name, arguments }) => {
                return Err(RequestedCall {
                    name: Some(name),
                    arguments,
                });
            }
            Ok(DiscoveryRequest::Find(find)) => find.run(offer, self.known_soon().await.as_deref()),
            Ok(DiscoveryRequest::Describe { name }) => {
                discovery::describe(offer, self.known_with_versions().await.as_deref(), &name)
            }
            Err(error) => Err(error),
        };
        Ok((tool, discovery::answer(result)))
    }

    /// Runs a call until it ends or the client cancels it.
    async fn call(
        &self,
        tool: &'static runtime::Tool,
        arguments: JsonObject,
        context: &RequestContext<RoleServer>,
    ) -> Result<ToolOutput, CallRejection> {
        let is_large = are_large(&arguments);
        let progress = Progress::new(context);
        let report = |read, of| progress.report(read, of);
        let recorder = self.0.observer.as_deref();
        let recorder = recorder.map(|observer| RequestRecorder { observer, context });
        let recorder = recorder.as_ref().map(|it| it as &dyn ChangeRecorder);
        let outcome = {
            let call = async {
                if let Some(observer) = &self.0.observer
                    && let Err(error) = observer.admit().await
                {
                    return discovery::answer(Err(error.of_operation(tool.operation)));
                }
                let account = &self.0.account;
                account
                    .call_recorded(tool, arguments, &report, recorder)
                    .await
            };
            // Pinned in place, because otherwise each enclosing future would contain the call's future again.
            let call = pin!(call);
            tokio::select! {
                biased;
                () = context.ct.cancelled() => Err(CallRejection::Cancelled),
                outcome = guarded(off_reactor(is_large, call)) => outcome,
            }
        };
        progress.finish().await;
        outcome.map(|output| self.0.offer.redacted(tool, output))
    }

    /// Calls the tool that the client names, and informs the observer before the client receives the result.
    async fn answer(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let started = Instant::now();
        #[cfg(feature = "conformance-fixtures")]
        if let Some(result) = crate::fixtures::call(&request.name, &context).await {
            return Ok(result.into());
        }
        let arguments = request.arguments.unwrap_or_default();
        let (name, tool, mut outcome) = match self.discovered(&request.name, arguments).await {
            Ok((tool, answer)) => (request.name, Some(tool), Ok(answer)),
            Err(RequestedCall { name, arguments }) => {
                let name = name.map_or(request.name, Cow::Owned);
                let known = self.0.account.known();
                match self.0.offer.find(known.as_deref(), &name) {
                    Ok(tool) => {
                        let outcome = self.call(tool, arguments, &context).await;
                        (name, Some(tool), outcome)
                    }
                    Err(no) => (name, None, Err(CallRejection::UnavailableTool(no))),
                }
            }
        };
        self.announce_changes();
        let took = started.elapsed();
        match &self.0.observer {
            Some(observer) => {
                let called = EndedCall {
                    name: &name,
                    tool,
                    outcome: outcome.as_ref(),
                    took,
                    context: &context,
                };
                let note = observer.called(called).await?;
                if let (Ok(answer), Some(note)) = (&mut outcome, note) {
                    answer.add_note(note);
                }
            }
            None => log(&name, &outcome, took),
        }
        match outcome {
            Ok(answer) => Ok(Self::result(answer).into()),
            Err(refused) => Err(refused.into_error(&name)),
        }
    }

    fn result(answer: ToolOutput) -> CallToolResult {
        let structured = verbatim::json(&answer.json);
        let mut result = CallToolResult::success(vec![ContentBlock::text(answer.json)]);
        result.structured_content = Some(structured);
        result.is_error = Some(answer.error.is_some());
        let mut meta = META.clone();
        add_rate_limit(&mut meta, answer.rate_limit);
        result.meta = Some(meta);
        result
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder().enable_tools().build();
        if let (Some(tools), Some(_)) = (&mut capabilities.tools, &self.0.changes) {
            tools.list_changed = Some(true);
        }
        let instructions = match self.0.offer.has_discovery() {
            true => &*DISCOVERING,
            false => &*LISTING,
        };
        ServerConfig::new(capabilities)
            .with_server_info(SERVER.clone())
            .with_instructions(instructions.as_str())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params(
                "unknown cursor: tools/list has one page",
                None,
            ));
        }
        // The discovery tools are the same for every API, so there is no need to wait for the detection.
        let known = if self.0.offer.has_discovery() {
            self.0.account.known()
        } else {
            self.known_with_versions().await
        };
        let older = context
            .protocol_version()
            .is_none_or(|version| version < ProtocolVersion::V_2026_07_28);
        if let Some(changes) = &self.0.changes {
            let basis = self.0.offer.basis(known.as_deref());
            changes.shown(basis, older.then_some(context.peer));
        }
        let ttl = if known.is_some() {
            KNOWN_TTL
        } else {
            GUESSED_TTL
        };
        #[allow(unused_mut, reason = "only a build with fixtures adds to it")]
        let mut tools = self.0.offer.listed(known.as_deref());
        #[cfg(feature = "conformance-fixtures")]
        tools.extend(crate::fixtures::tools());
        let mut result = ListToolsResult::with_all_items(tools)
            .with_ttl_ms(u64::try_from(ttl.as_millis()).unwrap_or_default())
            .with_cache_scope(CacheScope::Private);
        result.meta = Some(META.clone());
        Ok(result)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        #[cfg(feature = "conformance-fixtures")]
        if let Some(fixture) = crate::fixtures::tools()
            .into_iter()
            .find(|tool| tool.name == name)
        {
            return Some(fixture);
        }
        let known = self.0.account.known();
        self.0.offer.listed_tool(known.as_deref(), name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // Boxed, because rmcp moves the enclosing future several times.
        Box::pin(self.answer(request, context)).await
    }

    fn accepted_subscription_filter(
        &self,
        _requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.0.changes.as_ref()?;
        Some(SubscriptionFilter::builder().tools_list_changed().build())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let Some(changes) = &self.0.changes else {
            return Ok(());
        };
        tokio::select! {
            () = context.cancelled() => {}
            () = changes.tell(context.sink()) => {}
        }
        Ok(())
    }

    /// Rejects requests that rmcp does not recognise. Among them are calls whose parameters have the wrong types, which rmcp would report as an unknown method.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(match request.method.as_str() {
            "tools/call" => ErrorData::invalid_params(
                "tools/call takes an object with `name`, a string, and `arguments`, an object (not JSON in a string)",
                None,
            ),
            method => ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                format!("unknown method `{method}`"),
                None,
            ),
        })
    }

    // By default, rmcp answers these requests with empty lists, which would claim that this program supports them.

    async fn complete(
        &self,
        _request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<
            ListResourceTemplatesRequestMethod,
        >())
    }
}
