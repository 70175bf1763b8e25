//! A table that a browser keeps as a file, sent as it is made, as RFC 4180 has it.
//!
//! What people wrote stands in its cells, and a spreadsheet takes some beginnings for a formula.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use rocket::{
    Request,
    futures::Stream,
    http::{ContentType, Header},
    response::{self, Responder, stream::ByteStream},
};

/// How much is handed on at once, at most.
const CHUNK_BYTES: usize = 64 * 1024;
/// What a cell begins with that a spreadsheet would work out (OWASP, "CSV Injection").
const BEGINNINGS_OF_FORMULAS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
/// What ends a cell where the comma is a decimal point, and quotes in the middle of a line mean nothing.
const SEPARATORS_ELSEWHERE: [char; 4] = [';', '\t', '\n', '\r'];

/// The last line of a file that is not whole. It has one cell, so that no reader takes it for a
/// record like the others.
pub(in crate::site) const BROKEN_OFF: &str = "\"This file broke off here: it is not complete.\"\r\n";

/// A file of that name, out of lines as [`lines`] makes them.
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

/// Records as lines.
///
/// # Errors
/// When they are not of one length.
pub(in crate::site) fn lines<const CELLS: usize>(
    records: impl IntoIterator<Item = [Cow<'static, str>; CELLS]>,
) -> csv::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        writer.write_record(record.map(harmless).iter().map(AsRef::<str>::as_ref))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The cell as text, also to a spreadsheet: an apostrophe before what would begin a formula, at the
/// cell's start or where a spreadsheet of another language would begin the next one.
fn harmless(cell: Cow<'static, str>) -> Cow<'static, str> {
    let (mut text, mut begins) = (String::new(), true);
    for char in cell.chars() {
        if begins && BEGINNINGS_OF_FORMULAS.contains(&char) {
            text.push('\'');
        }
        text.push(char);
        // A quote there is read as one around what follows.
        begins = SEPARATORS_ELSEWHERE.contains(&char) || begins && char == '"';
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
    fn what_would_begin_a_formula_is_text() {
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
