//! The process of a gateway: its limits, what it uses, and its clients at several addresses.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::{Gateway, PATIENCE, Reply, text};

impl Gateway {
    /// Starts a gateway with an empty store and at most this number of open files.
    pub fn start_with_open_files(name: &str, files: u32) -> Self {
        let data = std::env::temp_dir().join(format!("airflow-mcp-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        command
            .env_clear()
            .args(["-c", &script, env!("CARGO_BIN_EXE_airflow-mcp")])
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data);
        Self::spawn(command, data)
    }

    /// Opens a connection from this address of the loopback network, for example `127.0.0.2`.
    pub fn connect_from(&self, source: &str) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let source: IpAddr = source.parse().expect("an address");
        let local = SocketAddr::new(source, 0);
        socket.bind(&local.into()).expect("a loopback address");
        let address: SocketAddr = self.address.parse().expect("an address");
        socket
            .connect(&address.into())
            .expect("the gateway listens");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Returns the memory of the process in kB.
    pub fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("a running process");
        let (_, rest) = status.split_once("VmRSS:").expect("the resident memory");
        let number = rest.split_whitespace().next().expect("a number");
        number.parse().expect("a number")
    }

    /// Returns the processor time that the process has used.
    pub fn processor_time(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(path).expect("a running process");
        let (_, fields) = stat.rsplit_once(") ").expect("the name of the program");
        let ticks: u64 = fields
            .split(' ')
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<u64>().expect("a number"))
            .sum();
        // Linux reports hundredths of a second on all architectures.
        Duration::from_millis(ticks * 10)
    }

    /// Signs in on the admin page, and returns the session cookie.
    pub fn sign_in(&self) -> String {
        let cookie = |reply: &Reply| {
            let cookie = reply.header("set-cookie").expect("a cookie");
            text(&cookie.split(';').next().into())
        };
        let form = self.send("GET", "/login", &[], "");
        let (_, rest) = form
            .body
            .split_once("name=\"csrf\" value=\"")
            .expect("a form");
        let csrf = rest.split('"').next().expect("a token");
        let before = cookie(&form);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", before.as_str()),
        ];
        let body = format!("csrf={csrf}&token={}", self.api_token);
        let reply = self.send("POST", "/login", &headers, &body);
        assert_eq!(reply.status, 303, "{reply:?}");
        cookie(&reply)
    }
}
