//! Reads a new password, from the terminal without echo or from one line of standard input.

use std::io::{BufRead as _, IsTerminal as _};

use unicode_normalization::UnicodeNormalization as _;

use crate::{
    cli::{CommandError, Result},
    domain::people::password::{NewPassword, OwnNames},
};

/// The maximum number of bytes to read. It leaves room for 128 characters, each with decomposed accents.
const LINE_BYTES: usize = 4_096;

/// Reads a new password for the account with these names.
pub(super) fn read(from_stdin: bool, names: OwnNames<'_>, min_length: usize) -> Result<NewPassword> {
    let text = if from_stdin { read_line()? } else { ask_twice()? };
    let new = NewPassword::parse(text, names, min_length)?;
    // The use case checks it again. This is before a missing database is created.
    new.must_be_hard_to_guess()?;
    Ok(new)
}

fn read_line() -> Result<String> {
    let mut line = Vec::new();
    let input = std::io::stdin().lock();
    std::io::Read::take(input, LINE_BYTES as u64)
        .read_until(b'\n', &mut line)
        .map_err(|error| CommandError::Terminal(format!("the password cannot be read from standard input: {error}")))?;
    while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        line.pop();
    }
    String::from_utf8(line)
        .map_err(|_| CommandError::Terminal("the password on standard input is not UTF-8 text".to_owned()))
}

fn ask_twice() -> Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(CommandError::Terminal(
            "there is no terminal to ask for the password: use --password-stdin to read it from standard input"
                .to_owned(),
        ));
    }
    let ask = |prompt| {
        rpassword::prompt_password(prompt)
            .map_err(|error| CommandError::Terminal(format!("the password cannot be read: {error}")))
    };
    let password = ask("New password: ")?;
    if ask("Repeat the new password: ")?.nfc().eq(password.nfc()) {
        Ok(password)
    } else {
        Err(CommandError::Terminal("The two passwords do not match.".to_owned()))
    }
}
