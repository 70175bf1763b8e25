//! One static file: its content, its address and its compressed forms.

use std::{path::Path, sync::OnceLock};

use data_encoding::HEXLOWER;
use rocket::http::ContentType;
use sha2::{Digest as _, Sha256};

use super::encoding::Encoding;
use crate::gate::Root;

/// The length of the truncated SHA-256, long enough that two versions of a file do not collide by chance.
const HASH_BYTES: usize = 8;

/// A static file in memory.
#[derive(Debug)]
pub(super) struct StaticFile {
    content: Vec<u8>,
    content_type: ContentType,
    hash: String,
    address: String,
    brotli: OnceLock<Option<Vec<u8>>>,
    gzip: OnceLock<Option<Vec<u8>>>,
}

impl StaticFile {
    pub(super) fn new(name: &str, content: Vec<u8>, root: &Root) -> Self {
        let hash = HEXLOWER.encode(&Sha256::digest(&content)[..HASH_BYTES]);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let content_type = match extension {
            "js" => ContentType::new("text", "javascript").with_params(("charset", "utf-8")),
            "svg" => ContentType::SVG.with_params(("charset", "utf-8")),
            _ => ContentType::from_extension(extension).unwrap_or(ContentType::Binary),
        };
        let address = match Path::new(name).extension() {
            Some(_) => root.link(&format!("/static/{stem}.{hash}.{extension}")),
            None => root.link(&format!("/static/{name}")),
        };
        Self { content, content_type, hash, address, brotli: OnceLock::new(), gzip: OnceLock::new() }
    }

    pub(super) const fn content_type(&self) -> &ContentType {
        &self.content_type
    }

    /// The hash of the content, in hex.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The path of the file, with the hash of its content.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The uncompressed content.
    pub(super) fn plain(&self) -> &[u8] {
        &self.content
    }

    /// The compressed content, if it is shorter. The first call compresses, which is slow.
    pub(super) fn compressed(&self, encoding: Encoding) -> Option<&[u8]> {
        let shorter = || {
            let compressed = encoding.compress(&self.content).ok()?;
            (self.is_text() && compressed.len() < self.content.len()).then_some(compressed)
        };
        self.cell(encoding).get_or_init(shorter).as_deref()
    }

    /// Whether [`Self::compressed`] returns without compressing.
    pub(super) fn is_compressed(&self, encoding: Encoding) -> bool {
        self.cell(encoding).get().is_some()
    }

    /// Compresses the content in every coding.
    pub(super) fn compress(&self) {
        for encoding in Encoding::ALL {
            self.compressed(encoding);
        }
    }

    const fn cell(&self, encoding: Encoding) -> &OnceLock<Option<Vec<u8>>> {
        match encoding {
            Encoding::Brotli => &self.brotli,
            Encoding::Gzip => &self.gzip,
        }
    }

    /// Whether compression helps. Pictures and fonts are already compressed.
    fn is_text(&self) -> bool {
        let kind = &self.content_type;
        kind.top() == "text"
            || kind.is_javascript()
            || kind.is_svg()
            || kind.is_json()
            || kind.is_xml()
            || kind.is_icon()
    }
}

/// Splits `site.0123456789abcdef.css` into the name `site.css` and the hash.
pub(super) fn without_hash(path: &str) -> Option<(String, &str)> {
    let (rest, extension) = path.rsplit_once('.')?;
    let (stem, hash) = rest.rsplit_once('.')?;
    let is_hash = hash.len() == 2 * HASH_BYTES && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hash.then(|| (format!("{stem}.{extension}"), hash))
}
