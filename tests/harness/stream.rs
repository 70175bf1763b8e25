//! An open event stream, as the script of a page reads it.

use std::time::Duration;

use rocket::{
    http::Method,
    local::asynchronous::LocalResponse,
    tokio::{io::AsyncReadExt as _, time::timeout},
};
use serde_json::Value;

use super::{page::Page, person::Person};

/// Far longer than a busy machine needs, and shorter than the minute after which a stream polls by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait for a new stream to check its login once and go idle. Rocket's local client drives the stream only
/// while someone reads. Otherwise the stream's own first check could see what the test does next, and the test would
/// pass without a notification.
const SETTLING: Duration = Duration::from_millis(300);

pub struct Stream<'c> {
    response: LocalResponse<'c>,
    buffer: String,
}

/// An event of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    pub name: String,
    pub data: Value,
}

impl<'s> Person<'s> {
    /// Opens the stream as the page's script does. A refusal is returned as a page.
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

    /// The reconnection time that the stream sends first, in milliseconds (`retry:`).
    pub fn retry_ms(&self) -> Option<u64> {
        self.buffer.lines().find_map(|line| line.strip_prefix("retry:")?.trim().parse().ok())
    }

    /// Waits for a heartbeat, which is a comment.
    pub async fn must_send_heartbeat(&mut self) {
        let comes = async {
            while !self.buffer.lines().any(|line| line.starts_with(':')) {
                assert_ne!(self.read_more().await, 0, "the stream has ended");
            }
        };
        timeout(PATIENCE, comes).await.expect("a heartbeat");
    }

    /// Waits for the next event; `None` at the end of the stream. Heartbeats do not count: an event that arrives only
    /// because the stream polls by itself, after a minute, is too late.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        timeout(PATIENCE, self.read_on()).await.expect("an event, or the end")
    }

    async fn read_on(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                if let Some(event) = StreamEvent::of(&block) {
                    return Some(event);
                }
                continue;
            }
            if self.read_more().await == 0 {
                return None;
            }
        }
    }

    /// Reads what is available and returns the number of bytes; 0 at the end of the stream.
    async fn read_more(&mut self) -> usize {
        let mut bytes = [0; 4096];
        let read = self.response.read(&mut bytes).await.expect("a stream that can be read");
        self.buffer.push_str(std::str::from_utf8(&bytes[..read]).expect("UTF-8"));
        assert!(!self.buffer.contains("ticket 4711"), "a stream shows a reason for staff: {}", self.buffer);
        read
    }

    /// Waits for the `ended` event, and then for the end of the stream.
    pub async fn must_end(&mut self) -> Value {
        let event = self.next().await.expect("an event before the end");
        assert_eq!(event.name, "ended", "{event:?}");
        assert_eq!(self.next().await, None, "the stream has ended");
        event.data
    }
}

impl StreamEvent {
    /// Parses one block of lines. A comment or a `retry:` line alone is not an event.
    fn of(block: &str) -> Option<Self> {
        let field = |name| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
        let data = serde_json::from_str(field("data:")?).expect("JSON");
        Some(Self { name: field("event:")?.to_owned(), data })
    }
}
