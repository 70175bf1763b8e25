//! The details of events, as staff read them.

use std::fmt;

use chrono::SecondsFormat;

use crate::{
    accounts::{ChainStop, CookieFault, Detail, FormFault, NoRight, RefusedAction, TokenFault},
    domain::{chosen_logins::END_LOGINS, lists::events_query::EventsQuery, logins::kind::LoginClass},
};

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(ended) => ended.fmt(f),
            Self::Everyone => f.write_str("everyone"),
            Self::EveryonesEnded(ended) => ended.fmt(f),
            Self::ScheduledFor(at) => write!(f, "for {}", at.to_rfc3339()),
            Self::WasScheduledFor(at) => write!(f, "it was scheduled for {}", at.to_rfc3339()),
            Self::DeactivatedUntil(until) => write!(f, "until {}", until.to_rfc3339()),
            Self::DeactivationExpired => f.write_str("the deactivation expired"),
            Self::Token(label) | Self::ReasonTemplate(label) => write!(f, "\u{201c}{label}\u{201d}"),
            Self::JwtLogin => f.write_str("a program, with JWT"),
            Self::TokenLogin(label) => write!(f, "a program, with the token \u{201c}{label}\u{201d}"),
            Self::Changed { before, after } => write!(f, "from {before} to {after}"),
            Self::NewRole(role) => role.fmt(f),
            Self::PastLimits(role, past) => write!(f, "past the limits of {role}: {past}"),
            Self::OlderThan(at) => write!(f, "older than {}", at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::NoSuchName => f.write_str("no such name"),
            Self::UnknownHashFormat(format) => write!(f, "the stored password hash has the unknown format {format}"),
            Self::HashOfUnknownKey => {
                f.write_str("the stored password hash was made with a secret key that is not in the settings")
            }
            Self::Inactive => f.write_str("the account is deactivated"),
            Self::SessionsFull { live, limit } => {
                write!(f, "the account is full; live sessions: {live}, allowed: {limit}")
            }
            Self::TokensFull { live, limit } => write!(f, "the account is full; live tokens: {live}, allowed: {limit}"),
            Self::Registration => f.write_str("registration"),
            Self::Setup => f.write_str("setup"),
            Self::WrongSetupCode => f.write_str("setup: a wrong code"),
            Self::ThrottledFor(wait) => write!(f, "for {} s", wait.as_secs()),
            Self::NotCompared => f.write_str("not compared: too many wrong passwords for this account"),
            Self::WrongPassword => f.write_str("wrong password on a form"),
            Self::Refused(action, why) => write!(f, "{action}: {why}"),
            Self::RefusedRequest(request) => write!(f, "{request}: {}", NoRight::Role),
            Self::RefusedForm(form, why) => write!(f, "{form}: {why}"),
            Self::ForgedCookie(fault) => fault.fmt(f),
            Self::ForgedToken(fault) => fault.fmt(f),
            Self::Exported(query) => write_query(f, query),
            Self::FurtherActs => f.write_str("further attempts, not listed one by one"),
            Self::OfFurtherSources => f.write_str("further attempts by many, not listed one by one"),
            Self::Between(from, to) => write!(f, "from {} to {}", from.to_rfc3339(), to.to_rfc3339()),
            Self::ChainStopped(stop) => stop.fmt(f),
            Self::ContinuedAfter(link) => write!(f, "after link {link}"),
            Self::ByLink => f.write_str("with the link in a letter"),
            Self::AddressTaken => f.write_str("its email could not be restored, because another account has it"),
            Self::Unverified => f.write_str("the email is not verified"),
            Self::Bulk { action, users } => {
                let users = if *users == 1 { "1 user".to_owned() } else { format!("{users} users") };
                write!(f, "{} for {users}", action.replace('-', " "))
            }
            Self::RefusedInBulk { action, count } => {
                let those = if *action == END_LOGINS { "logins" } else { "users" };
                write!(f, "bulk {action}: {} for {count} of the {those}", NoRight::Role)
            }
        }
    }
}

impl fmt::Display for RefusedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ForceLogout => "force logout",
            Self::CancelForceLogout => "cancelling a force logout",
            Self::ForceEveryoneOut => "force logout of everyone",
            Self::CancelEveryoneOut => "cancelling the force logout of everyone",
            Self::EndLogin(LoginClass::Sessions) => "end of a session",
            Self::EndLogin(LoginClass::Tokens) => "end of a token",
            Self::Activate => "activation",
            Self::Deactivate => "deactivation",
            Self::CreateUser => "new account",
            Self::DeleteUser => "deletion",
            Self::SetPassword => "new password",
            Self::SetRole => "change of role",
            Self::SendResetLink => "reset link",
            Self::ChangeReasonTemplates => "change of the templates for reasons",
        })
    }
}

impl fmt::Display for NoRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Role => "their role does not allow it",
            Self::LastSuperuser => "it is the last superuser",
            Self::OwnAccount => "it is their own account",
        })
    }
}

impl fmt::Display for ChainStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(link) => write!(f, "link {link} was deleted or replaced"),
            Self::NotSealed(link) => write!(f, "link {link}, the last one, was not sealed with this site's secret key"),
        }
    }
}

impl fmt::Display for FormFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elsewhere => "the form came from another site",
            Self::NoCookie => "the browser sent no cookie of this site",
            Self::WrongToken => "the form's token is missing, or belongs to another login",
        })
    }
}

impl fmt::Display for CookieFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "an altered copy of a session cookie",
            Self::FalseClaim => {
                "a cookie under this site's key whose secret or date is not the session's: an old copy, or forged with the key"
            }
            Self::Unreadable => "a cookie under this site's key that names no session",
        })
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signature => "a JWT that none of this site's keys signed",
            Self::Unknown => "an opaque token that no login has",
        })
    }
}

/// Which events a query selects.
fn write_query(f: &mut fmt::Formatter<'_>, query: &EventsQuery) -> fmt::Result {
    let EventsQuery { search, kind, user, period, network, browser, sort: _ } = query;
    let words = [
        // Not what was looked for: it may identify a person whose account is deleted later.
        search.as_ref().map(|_| "that a search found".to_owned()),
        kind.map(|kind| format!("of the kind {}", kind.code())),
        user.map(|id| format!("about user {id}")),
        network.as_ref().map(|_| "from an address".to_owned()),
        browser.as_ref().map(|_| "of a browser".to_owned()),
        period.from.map(|from| format!("from {}", from.to_rfc3339())),
        period.to.map(|to| format!("to {}", to.to_rfc3339())),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    if words.is_empty() { f.write_str("all events") } else { write!(f, "events {}", words.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{address_key::Network, lists::users_filter::SearchText, logins::user_agent::BrowserKey};

    #[test]
    fn an_export_repeats_nothing_that_may_identify_a_person() {
        let query = EventsQuery {
            search: SearchText::parse("fay@example.org").ok().flatten(),
            network: Network::parse("192.0.2.7").ok(),
            browser: Some(BrowserKey::of("Firefox 99 of Fay")),
            user: Some(7),
            ..EventsQuery::default()
        };
        let detail = Detail::Exported(&query).to_string();
        assert_eq!(detail, "events that a search found about user 7 from an address of a browser");
    }
}
