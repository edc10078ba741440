//! MCP over standard input and output, with the fastest I/O that the type of each stream allows.
//!
//! Clients in Python pass pipes, clients on Node pass socket pairs, and a shell passes files or a terminal. The standard streams of Tokio pass each read and write to another thread, which costs more than everything else this program does for a call. Pipes and sockets are therefore driven by the reactor.

use std::pin::Pin;

use rmcp::model::ClientJsonRpcMessage;
use rmcp::service::{RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{RoleServer, ServiceExt};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::handler::Handler;
use crate::lines::{self, Lines};

/// Error of a connection.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// Failed initialization.
    #[error(transparent)]
    Initialize(Box<ServerInitializeError>),
    /// Panic of the task that serves the connection.
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
}

type Input = Pin<Box<dyn AsyncRead + Send>>;
type Output = Pin<Box<dyn AsyncWrite + Send>>;

/// Serves one client until its input ends. Calls in flight then have at most 5 seconds to finish.
///
/// # Errors
///
/// Fails if the connection cannot be initialized.
pub async fn serve(handler: Handler) -> Result<(), StdioError> {
    handler.start_detection();
    let transport = Conversation {
        inner: AsyncRwTransport::new(Lines::new(streams::input()), streams::output()),
        handler: handler.clone(),
        begun: false,
    };
    match handler.serve(transport).await {
        Ok(service) => {
            service.waiting().await?;
            Ok(())
        }
        // A client may disconnect before its first request.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(StdioError::Initialize(Box::new(error))),
    }
}

#[cfg(target_os = "linux")]
mod streams {
    use std::fs::{File, metadata};
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixStream as StdUnixStream;

    use tokio::net::UnixStream;
    use tokio::net::unix::pipe;

    use super::{Input, Output};

    pub(super) fn input() -> Input {
        if let Ok(pipe) = input_pipe("/proc/self/fd/0") {
            return Box::pin(pipe);
        }
        if let Ok(socket) = socket(io::stdin().as_fd().try_clone_to_owned()) {
            return Box::pin(socket);
        }
        Box::pin(tokio::io::stdin())
    }

    pub(super) fn output() -> Output {
        if let Ok(pipe) = output_pipe("/proc/self/fd/1") {
            return Box::pin(pipe);
        }
        if let Ok(socket) = socket(io::stdout().as_fd().try_clone_to_owned()) {
            return Box::pin(socket);
        }
        Box::pin(tokio::io::stdout())
    }

    /// Opens the pipe again, so that the original stream stays blocking for other processes that may share it.
    fn input_pipe(path: &str) -> io::Result<pipe::Receiver> {
        fifo(path)?;
        pipe::OpenOptions::new().open_receiver(path)
    }

    fn output_pipe(path: &str) -> io::Result<pipe::Sender> {
        fifo(path)?;
        pipe::OpenOptions::new().open_sender(path)
    }

    /// Checks that the file is a pipe before it is opened, because opening a terminal or a device can have side effects.
    fn fifo(path: &str) -> io::Result<()> {
        if metadata(path)?.file_type().is_fifo() {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidInput.into())
        }
    }

    /// Makes a socket non-blocking, because a socket cannot be opened again. Only this process uses its end of the socket pair, so no other process is affected. A terminal is never changed.
    fn socket(descriptor: io::Result<OwnedFd>) -> io::Result<UnixStream> {
        let file = File::from(descriptor?);
        if !file.metadata()?.file_type().is_socket() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let socket = StdUnixStream::from(OwnedFd::from(file));
        // Fails for a socket that is not a Unix socket.
        socket.local_addr()?;
        socket.set_nonblocking(true)?;
        UnixStream::from_std(socket)
    }
}

#[cfg(not(target_os = "linux"))]
mod streams {
    use super::{Input, Output};

    pub(super) fn input() -> Input {
        Box::pin(tokio::io::stdin())
    }

    pub(super) fn output() -> Output {
        Box::pin(tokio::io::stdout())
    }
}

/// Transport that answers unreadable messages, drops messages before the first request and tells the handler when the input ends. rmcp would end the connection at a notification before the first request.
struct Conversation<T> {
    inner: T,
    handler: Handler,
    begun: bool,
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Conversation<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let Some(message) = self.inner.receive().await else {
                self.handler.end();
                return None;
            };
            if let Some(answer) = lines::answer(&message) {
                // Spawned, because this future may be dropped while it waits.
                tokio::spawn(self.inner.send(answer));
                continue;
            }
            self.begun |= matches!(message, ClientJsonRpcMessage::Request(_));
            if self.begun {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}
