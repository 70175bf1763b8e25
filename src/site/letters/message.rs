//! Writes a letter as a MIME message: a text part and an HTML part from one source of words.

use std::time::SystemTime;

use lettre::{
    Address, Message,
    address::{AddressError, Envelope},
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use serde::Serialize;

use super::harmless::{harmless, harmless_lines};
use crate::{
    domain::moment::Moment,
    settings::MailSender,
    site::rendering::Templates,
    words::letters::{LetterWords, Piece},
};

/// The templates of the two parts. The loader of templates ignores `.html` and `.txt`, so the names differ.
const TEXT: &str = "letters/letter_text";
const HTML: &str = "letters/letter";

/// A letter, ready to be sent.
#[derive(Debug)]
pub(super) struct WrittenLetter {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("{0} is not an address that a letter can be sent to")]
    Recipient(String),
    #[error("{0} is not an address that a letter can be sent from")]
    Sender(String),
    #[error("the template of letters failed: {0}")]
    Template(#[from] tera::Error),
    #[error("the letter cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
}

/// What identifies a letter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity<'a> {
    pub(super) id: i64,
    pub(super) queued_at: Moment,
    /// The code of its kind.
    pub(super) kind: &'a str,
    pub(super) recipient: &'a str,
}

#[derive(Debug, Serialize)]
struct LetterView<'a> {
    site_name: &'a str,
    origin: &'a str,
    subject: &'a str,
    pieces: Vec<PieceView>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum PieceView {
    Text { text: String },
    Quote { lines: Vec<String> },
    Facts { facts: Vec<FactView> },
    Button { label: &'static str, href: String },
}

#[derive(Debug, Serialize)]
struct FactView {
    label: &'static str,
    value: String,
}

impl From<Piece> for PieceView {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Text(text) => Self::Text { text: harmless(&text) },
            Piece::Quote(text) => Self::Quote { lines: harmless_lines(&text) },
            Piece::Facts(facts) => {
                let facts = facts.into_iter().map(|(label, value)| FactView { label, value: harmless(&value) });
                Self::Facts { facts: facts.collect() }
            }
            Piece::Button(label, href) => Self::Button { label, href },
        }
    }
}

/// Writes a letter. Another attempt has the same `Message-ID`, so that mail programs show one of two copies.
pub(super) fn write(
    templates: &Templates,
    sender: &MailSender,
    identity: Identity<'_>,
    (words, site_name, origin): (LetterWords, &str, &str),
) -> Result<WrittenLetter, WriteError> {
    let Identity { id, queued_at, kind, recipient } = identity;
    let from = address(&sender.address).map_err(|_| WriteError::Sender(sender.address.clone()))?;
    let to = address(recipient).map_err(|_| WriteError::Recipient(recipient.to_owned()))?;
    let subject = harmless(&words.subject);
    let view = LetterView {
        site_name,
        origin,
        subject: &subject,
        pieces: words.pieces.into_iter().map(PieceView::from).collect(),
    };
    let parts =
        MultiPart::alternative_plain_html(templates.render_text(TEXT, &view)?, templates.render_text(HTML, &view)?);
    let message_id = format!("<{id}.{}@{}>", queued_at.timestamp_micros(), from.domain());
    let message = Message::builder()
        .from(Mailbox::new(sender.name.as_deref().map(harmless), from))
        .to(Mailbox::new(None, to))
        .subject(&subject)
        .date(SystemTime::from(queued_at))
        .message_id(Some(message_id))
        .raw_header(header("Auto-Submitted", "auto-generated")) // RFC 3834: nobody answers it by machine
        .raw_header(header("X-Curfew-Letter", kind))
        .multipart(parts)?;
    Ok(WrittenLetter { envelope: message.envelope().clone(), bytes: message.formatted() })
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// An address with its domain in ASCII, which every mail server understands.
fn address(text: &str) -> Result<Address, AddressError> {
    let (mailbox, domain) = text.rsplit_once('@').ok_or(AddressError::MissingParts)?;
    match idna::domain_to_ascii(domain) {
        Ok(ascii) => Address::new(mailbox, ascii),
        Err(_) => Address::new(mailbox, domain),
    }
}
