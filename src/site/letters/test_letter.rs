//! Sends one letter at once, without the outbox, to test the way of the letters.

use std::{future, path::PathBuf};

use chrono::Utc;

use super::{Letters, channel::Channel, folder, message};
use crate::{
    accounts::LetterOutcome, domain::people::email::Email, settings::Configuration, site::Options,
    words::letters::LetterWords,
};

/// The code of its kind, in `X-Curfew-Letter`.
const KIND: &str = "test";

/// Where a test letter went.
#[derive(Debug)]
pub enum TestLetter {
    /// To the mail server, which took it.
    Taken,
    /// Into this file.
    Written(PathBuf),
}

/// Sends a test letter, with the settings and the templates of the server.
///
/// # Errors
/// Returns the answer of the mail server, or what is wrong with the folder or the templates.
pub(crate) async fn send_test_letter(
    (configuration, options): (&Configuration, &Options),
    to: &Email,
) -> Result<TestLetter, String> {
    let templates = options.templates(configuration).map_err(|error| error.to_string())?;
    Letters::new(configuration, templates).send_test(to).await
}

impl Letters {
    async fn send_test(&self, to: &Email) -> Result<TestLetter, String> {
        let identity = message::Identity { id: 0, queued_at: Utc::now(), kind: KIND, recipient: to.as_str() };
        let site_name = &self.0.settings.site_name;
        let words = (LetterWords::of_test(site_name), site_name.as_str(), self.origin(None));
        let written = message::write(&self.0.templates, &self.0.sender, identity, words);
        let written = written.map_err(|error| error.to_string())?;
        let mut connection = match self.open().await? {
            Channel::Server(connection) => connection,
            Channel::Folder(path) => {
                let file = folder::put(path, &folder::name(identity), &written);
                return file.map(TestLetter::Written).map_err(|error| format!("{}: {error}", path.display()));
            }
        };
        let delivery = connection.deliver(&written, future::ready(true)).await;
        connection.quit().await;
        match delivery.outcome {
            Some(LetterOutcome::Sent) => Ok(TestLetter::Taken),
            Some(LetterOutcome::Refused(answer) | LetterOutcome::NotYet(answer) | LetterOutcome::Unknown(answer)) => {
                Err(answer)
            }
            None => Err(String::new()),
        }
    }
}
