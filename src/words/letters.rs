//! The words of letters. One text of each becomes the plain part and the HTML part.

use std::time::Duration;

use chrono_humanize::{Accuracy, HumanTime, Tense};

use crate::{
    accounts::LetterToSend,
    domain::{
        letters::{kind::LetterKind, link::NOT_ME_LIFETIME},
        logins::user_agent::Device,
        moment::Moment,
    },
};

/// A piece of a letter. Text from people is always a piece of its own or a value, so it can never become markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A paragraph.
    Text(String),
    /// A paragraph that people wrote, such as a reason.
    Quote(String),
    /// Labels with values, such as the browser of a login.
    Facts(Vec<(&'static str, String)>),
    /// A link with its label.
    Button(&'static str, String),
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LetterWords {
    /// The subject.
    pub(crate) subject: String,
    /// The text.
    pub(crate) pieces: Vec<Piece>,
}

/// What every letter needs apart from its own content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The name of the site.
    pub(crate) site_name: &'a str,
    /// The address of the letter's link.
    pub(crate) link: &'a str,
    /// How long a reset link and a verification link work.
    pub(crate) lifetimes: (Duration, Duration),
}

impl LetterWords {
    /// The words of a letter.
    pub(crate) fn of(letter: &LetterToSend, around: Around<'_>) -> Self {
        let Around { site_name: site, link, lifetimes: (reset, verification) } = around;
        let account = ("Account", letter.username.clone());
        let text = |text: &str| Piece::Text(text.to_owned());
        let button = |label| Piece::Button(label, link.to_owned());
        let (subject, mut pieces) = match letter.kind {
            LetterKind::VerifyEmail => {
                let pieces = vec![
                    Piece::Text(format!("Somebody gave this address for an account at {site}.")),
                    Piece::Facts(vec![account]),
                    text("If it is your account, verify the address:"),
                    button("Verify this email"),
                    Piece::Text(format!(
                        "The link works once, for {}. If it is not your account, do nothing: the address stays \
                         unverified.",
                        in_words(verification)
                    )),
                ];
                return Self { subject: format!("Verify your email for {site}"), pieces };
            }
            LetterKind::ResetPassword => {
                let pieces = vec![
                    Piece::Text(format!("Choose a new password for your account at {site}:")),
                    Piece::Facts(vec![account]),
                    button("Choose a new password"),
                    Piece::Text(format!(
                        "The link works once, for {}. A new password ends every login of the account. If \
                         you did not ask for this letter, do nothing: your password stays as it is.",
                        in_words(reset)
                    )),
                ];
                return Self { subject: format!("Choose a new password for {site}"), pieces };
            }
            LetterKind::EmailChanged => {
                let mut facts = facts(letter, account);
                facts.extend(letter.details.new_email.clone().map(|email| ("New email", email)));
                (
                    format!("Your email at {site} was changed"),
                    vec![
                        Piece::Text(format!("Your account at {site} has a new email. This address is no longer used.")),
                        Piece::Facts(facts),
                    ],
                )
            }
            LetterKind::PasswordChanged => (
                format!("Your password at {site} was changed"),
                vec![
                    Piece::Text(format!("The password of your account at {site} was changed.")),
                    Piece::Facts(facts(letter, account)),
                ],
            ),
            LetterKind::NewLogin => {
                let what = match letter.times {
                    1 => format!(
                        "Somebody logged in to your account at {site} with a browser or program that the account had \
                         not used before."
                    ),
                    times => format!(
                        "Within about an hour, {times} logins to your account at {site} came from browsers or programs \
                         that the account had not used before. This was the first of them:"
                    ),
                };
                (
                    format!("New login to your account at {site}"),
                    vec![Piece::Text(what), Piece::Facts(facts(letter, account))],
                )
            }
            LetterKind::ForcedOut => {
                let what = match letter.details.until {
                    Some(at) => format!(
                        "The staff of {site} will end every login of your account on {}. You can log in again then.",
                        in_utc(at)
                    ),
                    None => format!("The staff of {site} ended every login of your account. You can log in again."),
                };
                let mut pieces = vec![Piece::Text(what), Piece::Facts(facts(letter, account))];
                pieces.extend(reason(letter));
                let subject = match letter.details.until {
                    Some(_) => format!("Your logins at {site} will be ended"),
                    None => format!("Your logins at {site} were ended"),
                };
                (subject, pieces)
            }
            LetterKind::Deactivated => {
                let what = match letter.details.until {
                    Some(until) => format!(
                        "The staff of {site} deactivated your account, which ended its logins. The account can be \
                         used again from {}.",
                        in_utc(until)
                    ),
                    None => format!("The staff of {site} deactivated your account, which ended its logins."),
                };
                let mut pieces = vec![Piece::Text(what), Piece::Facts(facts(letter, account))];
                pieces.extend(reason(letter));
                (format!("Your account at {site} was deactivated"), pieces)
            }
        };
        pieces.extend(not_me(letter.kind, link));
        Self { subject, pieces }
    }
}

/// What to do if it was somebody else.
fn not_me(kind: LetterKind, link: &str) -> [Piece; 3] {
    let gives_back = match kind {
        LetterKind::EmailChanged => ", gives the account this address back",
        _ => "",
    };
    let if_it_was_you = match kind {
        LetterKind::ForcedOut | LetterKind::Deactivated => "If somebody else may have used your account, take it back:",
        _ => "If that was you, do nothing. If it was not, take your account back:",
    };
    [
        Piece::Text(if_it_was_you.to_owned()),
        Piece::Button("This wasn\u{2019}t me", link.to_owned()),
        Piece::Text(format!(
            "The link first asks you to confirm. Then it ends every login, disables the password{gives_back}, and sends \
             you a letter to choose a new one. It works once, for {}.",
            in_words(NOT_ME_LIFETIME)
        )),
    ]
}

/// The account, when it happened, and from where.
fn facts(letter: &LetterToSend, account: (&'static str, String)) -> Vec<(&'static str, String)> {
    let details = &letter.details;
    // Staff can name a time in the future: then the letter says when they did so.
    let when = if letter.kind == LetterKind::ForcedOut && details.until.is_some() { "Scheduled on" } else { "When" };
    let mut facts = vec![account, (when, in_utc(letter.queued_at))];
    if let Some(user_agent) = details.user_agent.as_deref().filter(|user_agent| !user_agent.is_empty()) {
        let Device { browser, system } = Device::parse(user_agent);
        let named: Vec<_> = [browser, system].into_iter().flatten().collect();
        facts.push(("Browser or program", if named.is_empty() { user_agent.to_owned() } else { named.join(" on ") }));
    }
    facts.extend(details.address.clone().map(|address| ("IP address", address)));
    facts
}

/// The reason that staff gave to the user.
fn reason(letter: &LetterToSend) -> Vec<Piece> {
    let reason = letter.details.user_reason.clone();
    reason.map(|reason| vec![Piece::Text("The reason given:".to_owned()), Piece::Quote(reason)]).unwrap_or_default()
}

fn in_utc(moment: Moment) -> String {
    moment.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// A lifetime, such as "1 week" or "3 days".
fn in_words(lifetime: Duration) -> String {
    let lifetime = chrono::TimeDelta::from_std(lifetime).unwrap_or(chrono::TimeDelta::MAX);
    HumanTime::from(lifetime).to_text_en(Accuracy::Precise, Tense::Present)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_me_text(kind: LetterKind) -> String {
        format!("{:?}", not_me(kind, ""))
    }

    #[test]
    fn the_letter_to_the_old_address_says_that_its_link_restores_it() {
        assert!(not_me_text(LetterKind::EmailChanged).contains("gives the account this address back"));
        assert!(!not_me_text(LetterKind::NewLogin).contains("address back"));
    }
}
