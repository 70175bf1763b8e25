//! Content codings (`Accept-Encoding`, RFC 9110, section 12.5.3).

use std::io::{self, Write as _};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// The best quality, once per start. A debug build takes long for it, and each test of the whole program starts one.
const BROTLI_QUALITY: i32 = if cfg!(debug_assertions) { 5 } else { 11 };

/// A content coding, in order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The best coding that the `Accept-Encoding` lines allow.
    pub(super) fn accepted<'h>(lines: impl Iterator<Item = &'h str>) -> Option<Self> {
        let accepted: Vec<(&str, bool)> = lines.flat_map(|line| line.split(',')).map(parse_item).collect();
        let find = |name: &str| accepted.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        let accepts = |encoding: &Self| find(encoding.name()).or_else(|| find("*")).is_some_and(|(_, is_ok)| *is_ok);
        Self::ALL.into_iter().find(accepts)
    }

    pub(super) fn compress(self, content: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Brotli => {
                let params =
                    BrotliEncoderParams { quality: BROTLI_QUALITY, size_hint: content.len(), ..Default::default() };
                let mut compressed = Vec::new();
                brotli::BrotliCompress(&mut &*content, &mut compressed, &params)?;
                Ok(compressed)
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(content)?;
                encoder.finish()
            }
        }
    }
}

/// A coding, and whether it is accepted. A weight of zero refuses it, and so does an invalid weight.
fn parse_item(item: &str) -> (&str, bool) {
    let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
    let weight = parameters.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
    let is_accepted = match weight {
        Some(weight) => weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0),
        None => parameters.trim().is_empty(),
    };
    (name.trim(), is_accepted)
}

#[cfg(test)]
mod tests {
    use super::Encoding::{self, Brotli, Gzip};

    #[test]
    fn the_best_accepted_coding_is_chosen() {
        for (lines, expected) in [
            (vec![], None),
            (vec![""], None),
            (vec!["identity"], None),
            (vec!["gzip, deflate"], Some(Gzip)),
            (vec!["gzip, deflate, br, zstd"], Some(Brotli)),
            (vec!["gzip", "br"], Some(Brotli)),
            (vec!["BR ; Q = 0.5"], Some(Brotli)),
            (vec!["br;q=0, gzip"], Some(Gzip)),
            (vec!["br;q=0.000,gzip;q=0"], None),
            (vec!["*"], Some(Brotli)),
            (vec!["*, br;q=0"], Some(Gzip)),
            (vec!["*;q=0, gzip;q=1"], Some(Gzip)),
            (vec!["br;q=NaN, gzip;q=x"], None),
            (vec!["brotli, gzip2,;,"], None),
        ] {
            assert_eq!(Encoding::accepted(lines.iter().copied()), expected, "{lines:?}");
        }
    }
}
