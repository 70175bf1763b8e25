//! `curfew session …`

use clap::Subcommand;
use serde::Serialize;

use crate::{
    accounts::{ListedLogin, LoginEnd, Which},
    cli::{
        Result,
        database::{open, operator, target},
        say, say_json,
        show::rfc3339,
    },
    domain::{
        logins::{kind::LoginClass, public_id::PublicId, user_agent::Device},
        people::login_name::LoginName,
        reason_text::ReasonText,
    },
};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SessionCommand {
    /// List a user's live sessions, most recently seen first.
    List {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// End one session; the user's other sessions continue.
    End {
        /// The id that the list shows.
        #[arg(value_parser = PublicId::parse_argument)]
        id: PublicId,
    },
}

impl SessionCommand {
    pub(in crate::cli) async fn run(self) -> Result<()> {
        match self {
            Self::List { name, json } => list(&name, json).await,
            Self::End { id } => end(&id).await,
        }
    }

    /// The user or session that the command is about, as typed.
    pub(in crate::cli) fn about(&self) -> &str {
        match self {
            Self::List { name, .. } => name.as_typed(),
            Self::End { id } => id.as_str(),
        }
    }
}

/// A session as `--json` prints it.
#[derive(Debug, Serialize)]
struct SessionJson<'a> {
    id: &'a str,
    user_id: i64,
    username: &'a str,
    login_date: String,
    last_seen: String,
    address: &'a str,
    browser: Option<String>,
    system: Option<String>,
    user_agent: &'a str,
    remember: bool,
}

async fn list(name: &LoginName, json: bool) -> Result<()> {
    let accounts = open().await?;
    let user = accounts.get_target(&target(name)).await?;
    for listed in accounts.list_sessions(user.id, Which::Live, i64::MAX).await? {
        // The query assumes an active account. The rule also refuses logins of an account that was deactivated by SQL.
        if listed.ended.is_some() {
            continue;
        }
        if json { say_as_json(&listed, &user.username)? } else { say_line(&listed)? }
    }
    Ok(())
}

fn say_as_json(listed: &ListedLogin, username: &str) -> Result<()> {
    let row = &listed.row;
    let Device { browser, system } = Device::parse(&row.user_agent);
    let session = SessionJson {
        id: &row.id,
        user_id: row.user_id,
        username,
        login_date: rfc3339(row.opened_at),
        last_seen: rfc3339(listed.seen()),
        address: &row.address,
        browser,
        system,
        user_agent: &row.user_agent,
        remember: row.remember,
    };
    say_json(&serde_json::json!(session).to_string())
}

fn say_line(listed: &ListedLogin) -> Result<()> {
    let row = &listed.row;
    let device = match Device::parse(&row.user_agent) {
        Device { browser: Some(browser), system: Some(system) } => format!("{browser} on {system}"),
        Device { browser, system } => browser.or(system).unwrap_or_else(|| "unknown browser".to_owned()),
    };
    let (login, seen) = (rfc3339(row.opened_at), rfc3339(listed.seen()));
    say(&format!("{}  login {login}  last seen {seen}  {}  {device}", row.id, row.address))
}

async fn end(session: &PublicId) -> Result<()> {
    let ended = open().await?.end_login(&operator(), (LoginClass::Sessions, session), ReasonText::default()).await?;
    say(&match ended {
        LoginEnd::Ended | LoginEnd::Own => format!("The session {} has ended.", session.as_str()),
        LoginEnd::AlreadyEnded => format!("The session {} had ended already.", session.as_str()),
    })
}
