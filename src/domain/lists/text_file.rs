//! The text of an uploaded file.

/// The file is not text, or in an encoding that cannot be recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotText;

/// Decodes a file: UTF-8, or UTF-16 with a byte order mark, which some spreadsheets write.
///
/// # Errors
/// Returns an error for any other encoding, and for text with a NUL, which only binary files have.
pub fn text_of_file(file: &[u8]) -> Result<String, NotText> {
    let text = match file {
        [0xff, 0xfe, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file)).map(str::to_owned).ok(),
    };
    text.filter(|text| !text.contains('\0')).ok_or(NotText)
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks();
    let units: Vec<u16> = units.iter().copied().map(unit).collect();
    String::from_utf16(&units).ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_the_usual_encodings_is_read() {
        let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> { "\u{feff}é\n".encode_utf16().flat_map(unit).collect() };
        for file in ["é\n".into(), "\u{feff}é\n".into(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            let file: Vec<u8> = file;
            assert_eq!(text_of_file(&file), Ok("é\n".to_owned()), "{file:?}");
        }
        assert_eq!(text_of_file(b""), Ok(String::new()));
    }

    #[test]
    fn other_files_are_refused() {
        for file in [&b"\x89PNG\r\n\x1a\n"[..], b"an\0a", b"\xe9", b"\xff\xfea", b"\xff\xfe\x00\xd8", b"PK\x03\x04\xff"]
        {
            assert_eq!(text_of_file(file), Err(NotText), "{file:?}");
        }
    }
}
