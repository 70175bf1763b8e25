//! A client with persistent connections that repeats the same requests.

#![allow(dead_code, reason = "each bench uses only a part of this")]

use std::{
    net::SocketAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rocket::tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::JoinSet,
    time::Instant,
};

/// The `User-Agent` of a browser.
pub const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
/// The number of concurrent connections.
const CONNECTIONS: usize = 32;

/// The client has its own thread, so that the servers' threads only serve.
static CLIENT: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime for the client")
});

/// A response: its head and its body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends a request on a connection and reads the whole response.
pub async fn ask(stream: &mut BufReader<TcpStream>, request: &[u8]) -> Answer {
    stream.get_mut().write_all(request).await.expect("the request is sent");
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        let read = stream.read_line(&mut line).await.expect("the response has a head");
        assert_ne!(read, 0, "the server hung up");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("the response has a body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() }
}

/// Opens a connection.
pub async fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("the server answers");
    stream.set_nodelay(true).expect("no delay");
    BufReader::new(stream)
}

/// A GET request for a page.
pub fn get(path: &str, cookie: Option<&str>) -> String {
    let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: {USER_AGENT}\r\n{cookie}\r\n")
}

/// The requests: one after the other, then again from the first.
pub struct Requests {
    texts: Vec<String>,
    asked: AtomicUsize,
}

impl Requests {
    pub fn new(texts: Vec<String>) -> Arc<Self> {
        Arc::new(Self { texts, asked: AtomicUsize::new(0) })
    }

    /// The number of requests sent so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn next(&self) -> &str {
        &self.texts[self.asked.fetch_add(1, Ordering::Relaxed) % self.texts.len()]
    }
}

/// Connections that share a list of requests.
pub struct Connections {
    streams: Vec<BufReader<TcpStream>>,
    requests: Arc<Requests>,
}

impl Connections {
    /// Opens the connections for one page, and checks that it is answered with 200.
    pub async fn open(address: SocketAddr, path: &str, cookie: Option<&str>) -> Self {
        Self::open_for(address, Requests::new(vec![get(path, cookie)])).await
    }

    /// Opens the connections, and checks that the first request is answered with 200.
    pub async fn open_for(address: SocketAddr, requests: Arc<Requests>) -> Self {
        let asking = Arc::clone(&requests);
        let opening = CLIENT.spawn(async move {
            let mut streams = Vec::new();
            for _ in 0..CONNECTIONS {
                let mut stream = connect(address).await;
                let request = asking.next();
                let answer = ask(&mut stream, request.as_bytes()).await;
                assert_eq!(answer.status, 200, "{request}: {}", answer.head);
                streams.push(stream);
            }
            streams
        });
        Self { streams: opening.await.expect("the client does not panic"), requests }
    }

    /// Sends requests on all connections for this long; returns the number of responses.
    pub async fn ask_for(&mut self, time: Duration) -> u32 {
        let until = Instant::now() + time;
        let mut asking = JoinSet::new();
        for mut stream in self.streams.drain(..) {
            let requests = Arc::clone(&self.requests);
            asking.spawn_on(
                async move {
                    let mut answers = 0;
                    while Instant::now() < until {
                        assert_eq!(ask(&mut stream, requests.next().as_bytes()).await.status, 200);
                        answers += 1;
                    }
                    (stream, answers)
                },
                CLIENT.handle(),
            );
        }
        let mut total = 0;
        while let Some(done) = asking.join_next().await {
            let (stream, answers) = done.expect("the client does not panic");
            self.streams.push(stream);
            total += answers;
        }
        total
    }
}
