//! A temporary Redis for one test, if the environment names the program.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use curfew::settings::RedisAddress;
use redis::AsyncCommands as _;
use rocket::tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

/// The path of `redis-server`; `tests/run` installs it and sets this variable.
const PROGRAM: &str = "CURFEW_TEST_REDIS";
const PATIENCE: Duration = Duration::from_secs(20);

/// A Redis without persistence. Killed when dropped.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    server: Child,
}

impl Redis {
    /// Returns `None` if the environment names no program. Fails the test if a named program does not start.
    pub async fn start() -> Option<Self> {
        let program = std::env::var_os(PROGRAM)?;
        // Redis does not support port 0. If another program takes the free port first, Redis does not start.
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
        Some(Self { port, server: Self::serve(&program, port).await })
    }

    async fn serve(program: &std::ffi::OsStr, port: u16) -> Child {
        let arguments = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()];
        let mut command = Command::new(program);
        let server = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a server");
        let listens = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, listens).await.expect("Redis listens");
        server
    }

    /// The server's address.
    pub fn address(&self) -> RedisAddress {
        RedisAddress::parse(&format!("redis://127.0.0.1:{}", self.port)).expect("an address")
    }

    /// All keys with their values; values that are not strings are left out.
    pub async fn contents(&self) -> Vec<(String, String)> {
        let mut connection = self.connect().await;
        let keys: Vec<String> = connection.keys("*").await.expect("keys");
        let mut contents = Vec::new();
        for key in keys {
            let value: redis::RedisResult<String> = connection.get(&key).await;
            contents.push((key, value.unwrap_or_default()));
        }
        contents
    }

    /// Sets a value.
    pub async fn sets(&self, key: &str, value: &str) {
        let () = self.connect().await.set(key, value).await.expect("the write succeeds");
    }

    /// Sets a value of the wrong type, a list.
    pub async fn sets_list(&self, key: &str) {
        let mut connection = self.connect().await;
        let _: i64 = connection.del(key).await.expect("the key is deleted");
        let _: i64 = connection.rpush(key, "x").await.expect("the write succeeds");
    }

    /// Deletes all keys.
    pub async fn is_emptied(&self) {
        let () = redis::cmd("FLUSHALL").query_async(&mut self.connect().await).await.expect("all keys are deleted");
    }

    async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.address().reveal()).expect("an address");
        client.get_multiplexed_async_connection().await.expect("Redis answers")
    }

    /// Kills the server.
    pub fn dies(&mut self) {
        self.server.kill().expect("the server is killed");
        self.server.wait().expect("the server ends");
    }

    /// Starts an empty server on the same port.
    pub async fn comes_back(&mut self) {
        let program = std::env::var_os(PROGRAM).expect("the variable is still set");
        self.server = Self::serve(&program, self.port).await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
