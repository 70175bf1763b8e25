//! A streamed CSV download (RFC 4180).
//!
//! Cells contain text that users wrote, so everything that a spreadsheet would read as a formula must be escaped.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use rocket::{
    Request,
    futures::Stream,
    http::{ContentType, Header},
    response::{self, Responder, stream::ByteStream},
};

const CHUNK_BYTES: usize = 64 * 1024;
/// The first characters that make a spreadsheet evaluate a cell (OWASP, "CSV Injection").
const FORMULA_STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
/// What ends a cell for a spreadsheet in a locale with a decimal comma, where quotes in the middle of a line mean
/// nothing.
const OTHER_SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// The last line of an incomplete file. It has one cell, so that no reader takes it for a record.
pub(in crate::site) const INCOMPLETE: &str = "\"The export failed here. This file is not complete.\"\r\n";

/// A CSV file with its name and the output of [`lines`].
pub(in crate::site) struct CsvFile<S> {
    pub(in crate::site) name: String,
    pub(in crate::site) lines: S,
}

impl<'r, S: Stream<Item = Vec<u8>> + Send + 'r> Responder<'r, 'r> for CsvFile<S> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let mut response = ByteStream(self.lines).respond_to(request)?;
        response.set_header(ContentType::new("text", "csv").with_params(("charset", "utf-8")));
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        response.set_header(Header::new("Content-Disposition", disposition));
        response.set_max_chunk_size(CHUNK_BYTES);
        Ok(response)
    }
}

/// Formats records as CSV lines.
///
/// # Errors
/// Returns an error if the CSV writer fails.
pub(in crate::site) fn lines<const CELLS: usize>(
    records: impl IntoIterator<Item = [Cow<'static, str>; CELLS]>,
) -> csv::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        writer.write_record(record.map(escape_formula).iter().map(AsRef::<str>::as_ref))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Puts an apostrophe before everything that would start a formula, at the start of the cell or after a separator of
/// another locale.
fn escape_formula(cell: Cow<'static, str>) -> Cow<'static, str> {
    let (mut text, mut is_start) = (String::new(), true);
    for char in cell.chars() {
        if is_start && FORMULA_STARTS.contains(&char) {
            text.push('\'');
        }
        text.push(char);
        // A quote at the start of a cell opens a quoted cell, so the next character counts as the start.
        is_start = OTHER_SEPARATORS.contains(&char) || is_start && char == '"';
    }
    if text.len() == cell.len() { cell } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: [&'static str; 2]) -> Option<String> {
        String::from_utf8(lines([cells.map(Cow::Borrowed)]).ok()?).ok()
    }

    #[test]
    fn formulas_are_escaped() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("1=1", "1=1"),
            ("Mozilla (X11; =Linux;=1;;+1)", "Mozilla (X11; =Linux;'=1;;'+1)"),
            ("Mozilla;\"=1;\"\"+1;\"x=1", "\"Mozilla;\"\"'=1;\"\"\"\"'+1;\"\"x=1\""),
            ("two\n=lines\t@x", "\"two\n'=lines\t'@x\""),
            ("ana@example.org", "ana@example.org"),
        ] {
            assert_eq!(line([cell, ""]), Some(format!("{written},\r\n")), "{cell:?}");
        }
    }

    #[test]
    fn commas_quotes_and_line_breaks_stay_in_their_cell() {
        assert_eq!(line(["a,b", "c\"d\ne"]).as_deref(), Some("\"a,b\",\"c\"\"d\ne\"\r\n"));
        assert_eq!(line(["", ""]).as_deref(), Some(",\r\n"));
    }
}
