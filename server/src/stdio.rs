//! MCP over standard input and output, as fast as the kind of stream allows.
//!
//! Clients written in Python hand over pipes, those on Node hand over socket pairs, a shell hands over files or a terminal. Tokio's own standard streams pass each read and write to another thread, which costs more than everything else this program does for a call; so pipes and sockets are driven by the reactor instead.

use std::pin::Pin;

use rmcp::model::ClientJsonRpcMessage;
use rmcp::service::{RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{RoleServer, ServiceExt};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::handler::Handler;
use crate::lines::{self, Lines};

type Input = Pin<Box<dyn AsyncRead + Send>>;
type Output = Pin<Box<dyn AsyncWrite + Send>>;

/// Serves one client until its input ends; calls in flight may finish, for at most 5 seconds.
pub(crate) async fn serve(handler: Handler) -> anyhow::Result<()> {
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
        // A client that ends before it says anything has done nothing wrong.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(error.into()),
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

    /// Opened anew, so that the stream that other processes may share stays blocking.
    fn input_pipe(path: &str) -> io::Result<pipe::Receiver> {
        fifo(path)?;
        pipe::OpenOptions::new().open_receiver(path)
    }

    fn output_pipe(path: &str) -> io::Result<pipe::Sender> {
        fifo(path)?;
        pipe::OpenOptions::new().open_sender(path)
    }

    /// Looked at before it is opened: to open a terminal or a device can have effects.
    fn fifo(path: &str) -> io::Result<()> {
        if metadata(path)?.file_type().is_fifo() {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidInput.into())
        }
    }

    /// A socket cannot be opened anew. Its end of the pair is this process's own, so nobody else sees that it no longer blocks; a terminal is never touched.
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

/// Answers what cannot be read, leaves out what comes before the first request, since rmcp takes a stray notification there for the end of the world, and tells the handler of the end.
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
                // Not waited for here, where waiting may be given up at any time.
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
