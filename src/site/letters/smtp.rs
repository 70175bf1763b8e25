//! Speaks SMTP. Everything has a deadline: a mail server may hang, die, or never close the connection.

use std::{future::Future, time::Duration};

use lettre::{
    address::Envelope,
    transport::smtp::{
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use rocket::tokio::{self, time::timeout};

use super::{
    message::WrittenLetter,
    secrets::{as_sent, without_secrets},
};
use crate::{
    accounts::LetterOutcome,
    settings::{Encryption, MailServer},
};

/// How long to wait for one TCP connection. A host name can have several addresses.
const TCP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the greeting, TLS and authentication may take together. Some servers greet late, to put off spammers.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the commands before the letter's data may take together.
const COMMANDS_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the data and its answer may take (RFC 5321, section 4.5.3.2.6). Servers examine a letter before they answer.
/// A node that stops waiting too early sends the letter twice.
const DATA_TIMEOUT: Duration = Duration::from_mins(10);
/// How long to wait for the answer to RSET or QUIT, on which no letter depends.
const LAST_WORD_TIMEOUT: Duration = Duration::from_secs(5);
/// The name of this host for the mail server, unless the site has one.
const DEFAULT_NAME: &str = "localhost";

/// A connection to the mail server.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    /// Whether the server has accepted the sender over this connection.
    takes_sender: bool,
}

/// What became of a letter, and of the connection.
#[derive(Debug)]
pub(super) struct Delivery {
    /// `None`: it must not be sent, and there is nothing to record.
    pub(super) outcome: Option<LetterOutcome>,
    /// Whether the letter's data may have gone out.
    pub(super) has_begun: bool,
    /// What to do with the other letters.
    pub(super) then: Then,
}

/// What to do with the other letters after an attempt to send one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The connection takes the next letter.
    Next,
    /// The connection is lost. That may be because of this letter, so the next one takes a new connection.
    Reopen,
    /// No letter could be sent now.
    Stop,
}

impl Then {
    const fn next_if(is_usable: bool) -> Self {
        if is_usable { Self::Next } else { Self::Reopen }
    }
}

impl Delivery {
    pub(super) const fn before_data(outcome: LetterOutcome, then: Then) -> Self {
        Self { outcome: Some(outcome), has_begun: false, then }
    }
}

/// An error of lettre, sorted by what it means for the letter.
enum Answer {
    /// A final answer: the code is 5xx.
    Never(String),
    /// The code is 4xx, and the connection goes on.
    Later(String),
    /// The connection is lost.
    Lost(String),
}

impl Answer {
    fn of(error: &lettre::transport::smtp::Error) -> Self {
        let words = in_words(error);
        match error.status() {
            Some(code) if error.is_permanent() && code.to_string() != "521" => Self::Never(words),
            // The server closes the connection (RFC 5321, section 3.8).
            Some(code) if error.is_transient() && code.to_string() != "421" => Self::Later(words),
            _ => Self::Lost(words),
        }
    }
}

/// The server's own answer, or what happened instead.
pub(super) fn in_words(error: &lettre::transport::smtp::Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    match (error.status(), source) {
        (Some(code), Some(answer)) => format!("{code} {answer}"),
        (Some(code), None) => code.to_string(),
        (None, Some(source)) => source,
        (None, None) => error.to_string(),
    }
}

impl Connection {
    /// Connects, encrypts and authenticates.
    pub(super) async fn open(server: &MailServer, hello: Option<&str>) -> Result<Self, String> {
        match timeout(OPEN_TIMEOUT, Self::connect(server, hello)).await {
            Ok(Ok(smtp)) => Ok(Self { smtp, takes_sender: false }),
            Ok(Err(error)) => {
                let secrets = server.credentials.iter().flat_map(|(user, password)| as_sent(user, password));
                Err(without_secrets(&in_words(&error), &secrets.collect::<Vec<_>>()))
            }
            Err(_) => Err(no_answer(OPEN_TIMEOUT)),
        }
    }

    async fn connect(
        server: &MailServer,
        hello: Option<&str>,
    ) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let tls = || TlsParameters::new_rustls(server.host.clone());
        let hello = ClientId::Domain(hello.unwrap_or(DEFAULT_NAME).to_owned());
        let implicit = if server.encryption == Encryption::Tls { Some(tls()?) } else { None };
        let at = (server.host.as_str(), server.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(at, Some(TCP_TIMEOUT), &hello, implicit, None).await?;
        if server.encryption == Encryption::StartTls {
            connection.starttls(tls()?, &hello).await?;
        }
        if let Some((user, password)) = server.credentials.clone() {
            connection.auth(DEFAULT_MECHANISMS, &Credentials::new(user, password)).await?;
        }
        Ok(connection)
    }

    /// Sends a letter. Asks `may_begin` once, after the server has accepted the sender and the recipient and just
    /// before it can have the letter.
    pub(super) async fn deliver(
        &mut self,
        letter: &WrittenLetter,
        may_begin: impl Future<Output = bool> + Send,
    ) -> Delivery {
        let outcome = match timeout(COMMANDS_TIMEOUT, self.announce(&letter.envelope)).await {
            Ok(Ok(())) => None,
            Ok(Err(delivery)) => Some(delivery),
            Err(_) => Some(Delivery::before_data(LetterOutcome::NotYet(no_answer(COMMANDS_TIMEOUT)), self.lost())),
        };
        if let Some(delivery) = outcome {
            return self.reset_after(delivery).await;
        }
        if !may_begin.await {
            // The server waits for data. Without any, it drops the letter once the connection is closed.
            return Delivery { outcome: None, has_begun: false, then: Then::Reopen };
        }
        let (outcome, is_usable) = match timeout(DATA_TIMEOUT, self.smtp.message(&letter.bytes)).await {
            Ok(Ok(_)) => (LetterOutcome::Sent, true),
            Ok(Err(error)) => match (error.status(), Answer::of(&error)) {
                (_, Answer::Never(answer)) => (LetterOutcome::Refused(answer), true),
                (_, Answer::Later(answer)) => (LetterOutcome::NotYet(answer), true),
                (Some(_), Answer::Lost(answer)) => (LetterOutcome::NotYet(answer), false),
                (None, Answer::Lost(error)) => (LetterOutcome::Unknown(error), false),
            },
            Err(_) => (LetterOutcome::Unknown(no_answer(DATA_TIMEOUT)), false),
        };
        Delivery { outcome: Some(outcome), has_begun: true, then: Then::next_if(is_usable) }
    }

    /// Names the sender and the recipient, until the server waits for the data.
    async fn announce(&mut self, envelope: &Envelope) -> Result<(), Delivery> {
        let mut options = Vec::new();
        if envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                let refused = LetterOutcome::Refused(NO_SMTPUTF8.to_owned());
                return Err(Delivery::before_data(refused, Then::Next));
            }
            options.push(MailParameter::SmtpUtfEight);
            // The headers contain the address.
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let has_options = !options.is_empty();
        if let Err(error) = self.smtp.command(Mail::new(envelope.from().cloned(), options)).await {
            // The options are this letter's, so the answer says nothing about the others.
            if has_options && error.status().is_some() {
                return Err(Self::refused(&error));
            }
            // A sender that the server refuses is a wrong setting, so the letters wait for a better one.
            let (answer, then) = match Answer::of(&error) {
                Answer::Never(answer) | Answer::Later(answer) => (answer, Then::Stop),
                Answer::Lost(answer) => (answer, self.lost()),
            };
            return Err(Delivery::before_data(LetterOutcome::NotYet(answer), then));
        }
        self.takes_sender = true;
        for recipient in envelope.to() {
            if let Err(error) = self.smtp.command(Rcpt::new(recipient.clone(), Vec::new())).await {
                return Err(Self::refused(&error));
            }
        }
        match self.smtp.command(Data).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Self::refused(&error)),
        }
    }

    /// What to do after the connection is lost. The commands before the recipient are the same for every letter.
    const fn lost(&self) -> Then {
        if self.takes_sender { Then::Reopen } else { Then::Stop }
    }

    /// A letter that the server does not take.
    fn refused(error: &lettre::transport::smtp::Error) -> Delivery {
        let (outcome, is_usable) = match Answer::of(error) {
            Answer::Never(answer) => (LetterOutcome::Refused(answer), true),
            Answer::Later(answer) => (LetterOutcome::NotYet(answer), true),
            Answer::Lost(error) => (LetterOutcome::NotYet(error), false),
        };
        Delivery::before_data(outcome, Then::next_if(is_usable))
    }

    /// Ends the transaction of a letter that the server does not take, so that the connection can take the next.
    async fn reset_after(&mut self, delivery: Delivery) -> Delivery {
        if delivery.then != Then::Next {
            return delivery;
        }
        let answer = timeout(LAST_WORD_TIMEOUT, self.smtp.command("RSET\r\n")).await;
        Delivery { then: Then::next_if(matches!(answer, Ok(Ok(_)))), ..delivery }
    }

    /// Says goodbye.
    pub(super) async fn quit(&mut self) {
        drop(timeout(LAST_WORD_TIMEOUT, self.smtp.quit()).await);
    }

    /// Says goodbye in the background: some servers never answer.
    pub(super) fn close(mut self) {
        drop(tokio::spawn(async move { self.quit().await }));
    }
}

const NO_SMTPUTF8: &str = "the mail server takes no addresses with other than ASCII characters before the @";

fn no_answer(within: Duration) -> String {
    format!("no answer within {} seconds", within.as_secs())
}
