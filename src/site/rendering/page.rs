//! A rendered page, as a response.

use std::io::Cursor;

use rocket::{
    Request, Response,
    http::ContentType,
    response::{self, Responder},
};

/// A rendered page.
#[derive(Debug, Clone)]
pub struct Page {
    content_type: ContentType,
    body: Vec<u8>,
}

impl Page {
    pub(super) const fn new(content_type: ContentType, body: Vec<u8>) -> Self {
        Self { content_type, body }
    }

    /// The page's text, in UTF-8.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let length = self.body.len();
        Response::build()
            .header(self.content_type)
            .sized_body(length, Cursor::new(self.body))
            // In one chunk, because Rocket passes each chunk on separately.
            .max_chunk_size(length.max(1))
            .ok()
    }
}
