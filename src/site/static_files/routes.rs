//! The routes of static files, and the fixed addresses at which browsers and robots request some of them.

use std::{io::Cursor, path::PathBuf, sync::Arc};

use rocket::{
    Request, Response, Route, State, get,
    http::{Header, Status},
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

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for AcceptEncoding {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> rocket::request::Outcome<Self, Self::Error> {
        rocket::request::Outcome::Success(Self(Encoding::accepted(request.headers().get("Accept-Encoding"))))
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

#[get("/static/<path..>")]
async fn below_static(
    path: Option<PathBuf>,
    accepts: AcceptEncoding,
    files: &State<StaticFiles>,
) -> Option<FileResponse<'_>> {
    FileResponse::of(files, path?.to_str()?, accepts).await
}

#[get("/favicon.ico")]
async fn favicon(accepts: AcceptEncoding, files: &State<StaticFiles>) -> Option<FileResponse<'_>> {
    FileResponse::of(files, "favicon.ico", accepts).await
}

#[get("/apple-touch-icon.png")]
async fn touch_icon(accepts: AcceptEncoding, files: &State<StaticFiles>) -> Option<FileResponse<'_>> {
    FileResponse::of(files, "apple-touch-icon.png", accepts).await
}

#[get("/robots.txt")]
async fn robots(accepts: AcceptEncoding, files: &State<StaticFiles>) -> Option<FileResponse<'_>> {
    FileResponse::of(files, "robots.txt", accepts).await
}

pub(super) fn routes() -> Vec<Route> {
    routes![below_static, favicon, touch_icon, robots]
}
