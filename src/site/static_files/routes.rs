//! The routes of static files, and the fixed addresses at which browsers and robots request some of them.

use std::{convert::Infallible, io::Cursor, path::Path, sync::Arc};

use rocket::{
    Request, Response, Route, State, get,
    http::{Header, Status},
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes, tokio,
};

use super::{Meant, StaticFiles, encoding::Encoding, file::StaticFile};
use crate::gate::Caching;

/// A file as the response to a request.
struct FileResponse<'r> {
    file: &'r Arc<StaticFile>,
    meant: Meant,
    encoding: Option<Encoding>,
}

impl<'r> FileResponse<'r> {
    async fn of(files: &'r StaticFiles, path: &str, AcceptEncoding(encoding): AcceptEncoding) -> Option<Self> {
        let (file, meant) = files.find(path)?;
        if meant == Meant::Another && file.content_type().is_javascript() {
            return None;
        }
        if let Some(encoding) = encoding.filter(|encoding| !file.is_compressed(*encoding)) {
            let file = Arc::clone(file);
            // If this fails, the responder compresses the file.
            let _ = tokio::task::spawn_blocking(move || file.compressed(encoding).is_some()).await;
        }
        Some(Self { file, meant, encoding })
    }
}

/// The best coding that a request accepts.
struct AcceptEncoding(Option<Encoding>);

impl AcceptEncoding {
    fn of(request: &Request<'_>) -> Self {
        Self(Encoding::accepted(request.headers().get("Accept-Encoding")))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AcceptEncoding {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}

impl<'r> Responder<'r, 'r> for FileResponse<'r> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let compressed = self.encoding.and_then(|encoding| Some((encoding, self.file.compressed(encoding)?)));
        let mut response = Response::build();
        response.header(Header::new("Vary", "Accept-Encoding"));
        request.local_cache(|| match self.meant {
            Meant::This => Caching::Immutable,
            Meant::Any => Caching::Revalidate,
            Meant::Another => Caching::Never,
        });
        if self.meant == Meant::Any {
            let form = compressed.map_or("plain", |(encoding, _)| encoding.name());
            let tag = format!("\"{}-{form}\"", self.file.hash());
            let is_unchanged = matches_tag(request.headers().get("If-None-Match"), &tag);
            response.header(Header::new("ETag", tag));
            if is_unchanged {
                return response.status(Status::NotModified).ok();
            }
        }
        response.header(self.file.content_type().clone());
        if let Some((encoding, _)) = compressed {
            response.header(Header::new("Content-Encoding", encoding.name()));
        }
        let body = compressed.map_or(self.file.plain(), |(_, body)| body);
        response.sized_body(body.len(), Cursor::new(body)).ok()
    }
}

/// Whether `If-None-Match` lists the tag (RFC 9110, section 13.1.2).
fn matches_tag<'h>(lines: impl Iterator<Item = &'h str>, tag: &str) -> bool {
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FileResponse<'r> {
    type Error = Infallible;

    /// Finds the file of a path below `/static`. Without one it forwards, because a host may have files there too.
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let path = request.routed_segments(1..).to_path_buf(false).ok();
        let files = request.rocket().state::<StaticFiles>();
        let (Some(path), Some(files)) = (path.as_deref().and_then(Path::to_str), files) else {
            return Outcome::Forward(Status::NotFound);
        };
        match Self::of(files, path, AcceptEncoding::of(request)).await {
            Some(file) => Outcome::Success(file),
            None => Outcome::Forward(Status::NotFound),
        }
    }
}

#[get("/static/<_..>")]
const fn below_static(file: FileResponse<'_>) -> FileResponse<'_> {
    file
}

#[get("/favicon.ico", rank = 100)]
async fn favicon(accepts: AcceptEncoding, files: &State<StaticFiles>) -> Option<FileResponse<'_>> {
    FileResponse::of(files, "favicon.ico", accepts).await
}

#[get("/apple-touch-icon.png", rank = 100)]
async fn touch_icon(accepts: AcceptEncoding, files: &State<StaticFiles>) -> Option<FileResponse<'_>> {
    FileResponse::of(files, "apple-touch-icon.png", accepts).await
}

#[get("/robots.txt", rank = 100)]
async fn robots(accepts: AcceptEncoding, files: &State<StaticFiles>) -> Option<FileResponse<'_>> {
    FileResponse::of(files, "robots.txt", accepts).await
}

/// The routes of the files. Those that a host may have itself come after the host's.
pub(in crate::site) fn routes() -> Vec<Route> {
    routes![below_static, favicon, touch_icon, robots]
}
