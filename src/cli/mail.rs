//! `curfew mail …`

use clap::Subcommand;

use super::{CommandError, Result, host, say};
use crate::{
    domain::people::email::Email,
    site::{self, TestLetter},
};

#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    /// Send a test letter at once, and print the answer of the mail server if it does not take the letter.
    ///
    /// Without `smtp_url`, it writes the letter to the folder of the letters and names the file.
    Test {
        /// The address to send it to.
        #[arg(value_parser = Email::parse)]
        address: Email,
    },
}

impl MailCommand {
    pub(super) async fn run(self) -> Result<()> {
        match self {
            Self::Test { address } => test(&address).await,
        }
    }

    /// The address that the command is about, as typed.
    pub(super) fn about(&self) -> &str {
        match self {
            Self::Test { address } => address.as_str(),
        }
    }
}

async fn test(address: &Email) -> Result<()> {
    let configuration = host::settings()?;
    configuration.must_have_origin_for_letters()?;
    let to = address.as_str();
    match site::send_test_letter((&configuration, host::options()?), address).await {
        Ok(TestLetter::Taken) => say(&format!("The mail server has taken the letter to {to}.")),
        Ok(TestLetter::Written(path)) => say(&format!("The letter to {to} is in {}.", path.display())),
        Err(why) => Err(match &configuration.mail_server {
            Some(server) => CommandError::NotTaken(to.to_owned(), format!("the mail server {server:?}: {why}")),
            None => CommandError::NotTaken(to.to_owned(), why),
        }),
    }
}
