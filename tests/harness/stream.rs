//! The stream of a page that is open: what it is told, event by event.

use std::time::Duration;

use rocket::{
    http::Method,
    local::asynchronous::LocalResponse,
    tokio::{io::AsyncReadExt as _, time::timeout},
};
use serde_json::Value;

use super::{page::Page, person::Person};

/// Far above what a busy machine needs, and below the minute after which a stream looks by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// So long a new stream is left to itself until it has judged its login for the first time, and
/// waits. Rocket's local client moves it on only while somebody reads; a stream that has not begun
/// to wait would see by itself what a test does next, and need not be told.
const SETTLING: Duration = Duration::from_millis(300);

/// A stream that is open.
pub struct Stream<'c> {
    response: LocalResponse<'c>,
    buffer: String,
}

/// What is told on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The event's name.
    pub name: String,
    /// Its data.
    pub data: Value,
}

impl<'s> Person<'s> {
    /// Opens the stream of their page, as its script does; a refusal is a page.
    pub async fn watches(&mut self) -> Result<Stream<'s>, Page> {
        let headers = self.own_headers(Method::Get, &[("Accept", "text/event-stream")]);
        let response = self.site.begin((Method::Get, "/session/events"), self.from(), &self.jar, headers, vec![]).await;
        if response.status().code == 200 && response.content_type().is_some_and(|kind| kind.is_event_stream()) {
            for header in response.headers().get("Set-Cookie") {
                self.jar.apply(&super::jar::SetCookie::parse(header), self.is_https);
            }
            let mut stream = Stream { response, buffer: String::new() };
            stream.settle().await;
            Ok(stream)
        } else {
            Err(self.receives(Page::of(response).await))
        }
    }
}

impl Stream<'_> {
    async fn settle(&mut self) {
        while timeout(SETTLING, self.read_more()).await.unwrap_or_default() > 0 {}
    }

    /// How long it asks the browser to wait before it comes back, in milliseconds, as it begins with.
    pub fn retry_ms(&self) -> Option<u64> {
        self.buffer.lines().find_map(|line| line.strip_prefix("retry:")?.trim().parse().ok())
    }

    /// Waits for a comment, which is how a stream says that it is still there.
    pub async fn must_show_life(&mut self) {
        let comes = async {
            while !self.buffer.lines().any(|line| line.starts_with(':')) {
                assert_ne!(self.read_more().await, 0, "the stream is over");
            }
        };
        timeout(PATIENCE, comes).await.expect("a heartbeat");
    }

    /// Waits for what is told next; nothing when the stream is over. Heartbeats are no news: who is
    /// only told when the stream looks by itself, after a minute, is told too late.
    pub async fn next(&mut self) -> Option<Told> {
        timeout(PATIENCE, self.read_on()).await.expect("news, or the end")
    }

    async fn read_on(&mut self) -> Option<Told> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                if let Some(told) = Told::of(&block) {
                    return Some(told);
                }
                continue;
            }
            if self.read_more().await == 0 {
                return None;
            }
        }
    }

    /// Reads what has come, and how many bytes that is: none when the stream is over.
    async fn read_more(&mut self) -> usize {
        let mut bytes = [0; 4096];
        let read = self.response.read(&mut bytes).await.expect("a stream that can be read");
        self.buffer.push_str(std::str::from_utf8(&bytes[..read]).expect("UTF-8"));
        assert!(!self.buffer.contains("ticket 4711"), "a stream tells a reason for staff: {}", self.buffer);
        read
    }

    /// Waits for the end of the login that it watches, and of the stream with it.
    pub async fn must_end(&mut self) -> Value {
        let told = self.next().await.expect("news before the end");
        assert_eq!(told.name, "ended", "{told:?}");
        assert_eq!(self.next().await, None, "the stream is over");
        told.data
    }
}

impl Told {
    /// Reads one block of lines; a comment and what only sets the time to come back tell nothing.
    fn of(block: &str) -> Option<Self> {
        let field = |name| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
        let data = serde_json::from_str(field("data:")?).expect("JSON");
        Some(Self { name: field("event:")?.to_owned(), data })
    }
}
