//! A small HTTP server for tests, which records each request byte for byte and responds with the result of a closure, and two APIs that resemble real ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

use crate::log::PlainText;
use crate::request::Request;
use crate::tool::api::{
    Api, Document, DocumentProbe, ErrorShapes, Hint, ResponsePattern, Session, SignIn,
    TokenRequest, VersionProbe,
};
use crate::upstream::account::Account;
use crate::upstream::settings::{Credentials, Settings};

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct SeenRequest {
    /// First line without the protocol: `GET /path?query`.
    pub(crate) line: String,
    /// Headers as received, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl SeenRequest {
    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(it, _)| it == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }
}

/// Response of the server.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    close: bool,
    gate: Option<Arc<Semaphore>>,
}

impl Reply {
    /// Creates a response with these headers (lines that end with `\r\n`) and this body.
    pub(crate) fn new(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self {
            bytes: format!(
                "HTTP/1.1 {status} Whatever\r\n{headers}content-length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
            close: false,
            gate: None,
        }
    }

    /// Creates a JSON response whose body is compressed.
    pub(crate) fn gzip(body: &[u8]) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        let body = encoder.finish().unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self {
            bytes: [head.as_bytes(), &body].concat(),
            close: false,
            gate: None,
        }
    }

    /// Creates a JSON response.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(status, "content-type: application/json\r\n", body)
    }

    /// Creates a web page.
    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::new(status, "content-type: text/html; charset=utf-8\r\n", body)
    }

    /// Creates a response of these bytes, after which the connection is closed.
    pub(crate) fn raw(bytes: &str) -> Self {
        Self {
            bytes: bytes.as_bytes().to_owned(),
            close: true,
            gate: None,
        }
    }

    /// Creates a response of these bytes, after which the connection stays open.
    pub(crate) fn open(bytes: &str) -> Self {
        Self {
            close: false,
            ..Self::raw(bytes)
        }
    }

    /// Delays the response until the gate has a permit for it.
    pub(crate) fn behind(self, gate: &Arc<Semaphore>) -> Self {
        Self {
            gate: Some(gate.clone()),
            ..self
        }
    }

    /// Creates a response that is never sent.
    pub(crate) fn never() -> Self {
        Self::raw("").behind(&Arc::new(Semaphore::new(0)))
    }
}

type Handler = dyn Fn(&SeenRequest) -> Reply + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    seen: Mutex<Vec<SeenRequest>>,
    busy: AtomicUsize,
    most: AtomicUsize,
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    /// URL without a trailing slash.
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts a server on a free port.
    pub(crate) async fn start(
        handler: impl Fn(&SeenRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            seen: Mutex::default(),
            busy: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let of_task = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, of_task.clone()));
            }
        });
        Self { url, shared, task }
    }

    /// Returns all requests so far.
    pub(crate) fn seen(&self) -> Vec<SeenRequest> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Returns the first lines of all requests so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|it| it.line).collect()
    }

    /// Returns the number of requests with this first line.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|it| *it == line).count()
    }

    /// Returns the maximum number of requests that were in progress at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    /// Waits until this number of requests has arrived.
    pub(crate) async fn wait_for(&self, requests: usize) {
        while self.seen().len() < requests {
            tokio::task::yield_now().await;
        }
    }

    /// Returns the settings of an account on this server.
    pub(crate) fn settings(&self, credentials: Credentials) -> Settings {
        Settings::new(&self.url, credentials)
    }

    /// Returns an account on this server whose API is fixed, so that no request is sent for detection.
    pub(crate) fn account(&self, api: &'static Api, credentials: Credentials) -> Account {
        let mut settings = self.settings(credentials);
        settings.api = Some(api.name.to_owned());
        Account::new(settings, APIS, PlainText::FORMAT).unwrap()
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut buffer = Vec::new();
    while let Some(seen) = read(&mut stream, &mut buffer).await {
        let busy = shared.busy.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(busy, Ordering::SeqCst);
        shared.seen.lock().unwrap().push(seen.clone());
        let reply = (shared.handler)(&seen);
        if let Some(gate) = &reply.gate {
            gate.acquire().await.unwrap().forget();
        }
        shared.busy.fetch_sub(1, Ordering::SeqCst);
        if stream.write_all(&reply.bytes).await.is_err() || reply.close {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<SeenRequest> {
    loop {
        if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let mut lines = head.split("\r\n");
            let line = lines.next()?.strip_suffix(" HTTP/1.1")?.to_owned();
            let headers: Vec<_> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length = length.map_or(0, |(_, value)| value.parse::<usize>().unwrap());
            let start = end + 4;
            if buffer.len() >= start + length {
                let body = buffer[start..start + length].to_vec();
                buffer.drain(..start + length);
                return Some(SeenRequest {
                    line,
                    headers,
                    body,
                });
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// API with one document and without tools. Tests define theirs with `..THINGS`.
pub(crate) const THINGS: Api = Api {
    name: "things",
    title: "Things",
    version: VersionProbe {
        path: "/version",
        version: "/version",
        product: "Things",
    },
    documents: &[Document {
        name: "things",
        probe: None,
        version: None,
        alternative_to: None,
        sign_in: None,
        hints: &[],
    }],
    sign_in: SignIn::Basic { session: None },
    errors: ErrorShapes {
        detail: &["/detail"],
        title: &["/title"],
        hints: &[],
    },
    toolsets: &[],
};

/// An API with sign-in for a token.
pub(crate) static NEW: Api = Api {
    name: "things-2",
    title: "Things 2",
    version: VersionProbe {
        path: "/api/v2/version",
        version: "/version",
        product: "Things",
    },
    documents: &[
        Document {
            name: "things-2",
            probe: None,
            version: None,
            alternative_to: None,
            sign_in: None,
            hints: &[],
        },
        Document {
            name: "things-2-users",
            probe: Some(DocumentProbe {
                path: "/auth/openapi.json",
                has: "/paths/~1users",
                what: "the user manager",
            }),
            version: None,
            alternative_to: None,
            sign_in: None,
            hints: &[],
        },
    ],
    sign_in: SignIn::Token(TokenRequest {
        path: "/auth/token",
        username: "username",
        password: "password",
        token: "/access_token",
        renew: &[
            ResponsePattern {
                status: 401,
                contains: "",
            },
            ResponsePattern {
                status: 403,
                contains: "Invalid JWT token",
            },
        ],
    }),
    errors: ErrorShapes {
        detail: &["/detail", "/error"],
        title: &["/title"],
        hints: &[Hint {
            pattern: ResponsePattern {
                status: 403,
                contains: "Invalid JWT token",
            },
            code: "unauthenticated",
            hint: "The token was revoked; sign in again.",
        }],
    },
    toolsets: &[],
};

/// An API with Basic sign-in for a session.
pub(crate) static OLD: Api = Api {
    name: "things-1",
    title: "Things 1",
    version: VersionProbe {
        path: "/api/v1/version",
        version: "/version",
        product: "Things",
    },
    documents: &[Document {
        name: "things-1",
        probe: None,
        version: None,
        alternative_to: None,
        sign_in: None,
        hints: &[],
    }],
    sign_in: SignIn::Basic {
        session: Some(Session {
            path: "/session?limit=1",
            cookie: "session",
            denied: &[401, 403],
        }),
    },
    errors: ErrorShapes {
        detail: &["/detail"],
        title: &["/title"],
        hints: &[],
    },
    toolsets: &[],
};

/// Both APIs, newest first.
pub(crate) static APIS: &[&Api] = &[&NEW, &OLD];

/// Returns credentials with a user name and password.
pub(crate) fn password() -> Credentials {
    Credentials::Password {
        username: "ada".to_owned(),
        password: PASSWORD.into(),
    }
}

pub(crate) const PASSWORD: &str = "correct-horse";

/// Returns a GET without headers and body.
pub(crate) fn get(path_and_query: &str) -> Request {
    Request::get("", path_and_query.to_owned())
}
