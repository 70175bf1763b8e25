//! The data guard of forms that may be long and may have a file. It makes the same checks as [`super::submission`].

use std::{convert::Infallible, time::Duration};

use multer::Multipart;
use rocket::{
    Data, Request,
    data::{DataStream, FromData, Outcome, ToByteUnit as _},
    form::FromForm,
    futures::stream,
    http::{ContentType, Status},
    tokio::{
        io::{AsyncReadExt as _, copy, sink},
        time::timeout,
    },
};

use super::submission::{Fields, check_sender, check_token};
use crate::gate::Refused;

/// The maximum size of such a form with its file, in bytes: 10,000 emails of 200 bytes.
pub const UPLOAD_BYTES: u64 = 2 * 1024 * 1024;

/// The deadline for such a form to arrive.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(1);

/// At most this much of a larger form is read and discarded. A browser shows no answer to a form that it cannot send.
const DISCARDED_BYTES: u64 = 32 * 1024 * 1024;

/// A form that passed all checks, with its file.
#[derive(Debug)]
pub struct Upload<T> {
    /// The fields.
    pub form: T,
    /// The content of the file. Empty if none was chosen.
    pub file: Vec<u8>,
    /// Whether the form is larger than [`UPLOAD_BYTES`]. The field or file that crosses the limit is missing then, and
    /// so is what follows.
    pub is_cut: bool,
}

#[rocket::async_trait]
impl<'r, T: FromForm<'r>> FromData<'r> for Upload<T> {
    type Error = Refused;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match accept(request, data).await {
            Ok((fields, file, is_cut)) => match fields.parsed(request) {
                Some(form) => Outcome::Success(Self { form, file, is_cut }),
                None => Outcome::Error((Status::BadRequest, Refused)),
            },
            Err(status) => Outcome::Error((status, Refused)),
        }
    }
}

/// Returns the fields, the file, and whether the form is cut.
async fn accept(request: &Request<'_>, data: Data<'_>) -> Result<(Fields, Vec<u8>, bool), Status> {
    let login = check_sender(request).await?;
    let boundary = boundary(request.content_type())?;
    let reading = timeout(UPLOAD_TIMEOUT, read(data.open((UPLOAD_BYTES + DISCARDED_BYTES).bytes())));
    let (body, is_cut) = reading.await.map_err(|_| Status::RequestTimeout)?.map_err(|_| Status::BadRequest)?;
    let (fields, file) = match boundary {
        Some(boundary) => parse_parts(body, boundary, is_cut).await?,
        None => (parse_pairs(&body, is_cut)?, Vec::new()),
    };
    Ok((check_token(request, login, fields).await?, file, is_cut))
}

/// The boundary between the parts of a form with a file. `None` for a form without.
fn boundary(kind: Option<&ContentType>) -> Result<Option<&str>, Status> {
    match kind {
        Some(kind) if kind.is_form_data() => kind.param("boundary").map(Some).ok_or(Status::BadRequest),
        Some(kind) if *kind != ContentType::Form => Err(Status::UnsupportedMediaType),
        _ => Ok(None),
    }
}

/// Returns the body up to the limit, and whether there is more.
async fn read(mut data: DataStream<'_>) -> std::io::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    (&mut data).take(UPLOAD_BYTES).read_to_end(&mut body).await?;
    let is_cut = copy(&mut data, &mut sink()).await? > 0;
    Ok((body, is_cut))
}

/// Leaves out the last field of a form that is cut: it may be cut too.
fn parse_pairs(body: &[u8], is_cut: bool) -> Result<Fields, Status> {
    let whole = if is_cut { body.iter().rposition(|byte| *byte == b'&').unwrap_or_default() } else { body.len() };
    Fields::parse(&body[..whole])
}

/// The text fields, and the content of the file. A form that is cut ends with an error after its last whole part.
async fn parse_parts(body: Vec<u8>, boundary: &str, is_cut: bool) -> Result<(Fields, Vec<u8>), Status> {
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let (mut fields, mut file) = (Vec::new(), Vec::new());
    loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(_) if is_cut => break,
            Err(_) => return Err(Status::BadRequest),
        };
        let (name, is_file) = (part.name().unwrap_or_default().to_owned(), part.file_name().is_some());
        let content = match part.bytes().await {
            Ok(content) => content.to_vec(),
            Err(_) if is_cut => break,
            Err(_) => return Err(Status::BadRequest),
        };
        if is_file {
            file = content;
        } else {
            fields.push((name, String::from_utf8(content).map_err(|_| Status::BadRequest)?));
        }
    }
    Ok((Fields(fields), file))
}
