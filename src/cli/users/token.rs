//! `curfew token …`

use std::time::Duration;

use clap::Subcommand;
use serde::Serialize;

use crate::{
    accounts::{ListedLogin, LoginEnd},
    cli::{
        Result,
        database::{open, operator, target},
        say, say_error, say_json,
        show::rfc3339,
    },
    domain::{
        logins::{
            kind::LoginClass,
            public_id::PublicId,
            token::{TokenLabel, parse_token_lifetime},
        },
        people::login_name::LoginName,
        reason_text::ReasonText,
    },
};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Create a token for a user's program; it is printed only once.
    Create {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// What the token is for.
        #[arg(long, value_parser = TokenLabel::parse)]
        label: TokenLabel,
        /// The lifetime, such as 72h or "30 days"; the default is the setting `token_lifetime`.
        #[arg(long, value_parser = parse_token_lifetime)]
        ttl: Option<Duration>,
    },
    /// List a user's live tokens, newest first: opaque tokens and JWT families.
    List {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// Revoke one token; the user's other tokens continue.
    Revoke {
        /// The id that the list shows.
        #[arg(value_parser = PublicId::parse_argument)]
        id: PublicId,
    },
}

impl TokenCommand {
    pub(in crate::cli) async fn run(self) -> Result<()> {
        match self {
            Self::Create { name, label, ttl } => create(&name, &label, ttl).await,
            Self::List { name, json } => list(&name, json).await,
            Self::Revoke { id } => revoke(&id).await,
        }
    }

    /// The user or token that the command is about, as typed.
    pub(in crate::cli) fn about(&self) -> &str {
        match self {
            Self::Create { name, .. } | Self::List { name, .. } => name.as_typed(),
            Self::Revoke { id } => id.as_str(),
        }
    }
}

/// A token as `--json` prints it.
#[derive(Debug, Serialize)]
struct TokenJson<'a> {
    id: &'a str,
    user_id: i64,
    username: &'a str,
    kind: &'static str,
    label: &'a str,
    created: String,
    last_used: Option<String>,
    expires: String,
    address: &'a str,
    user_agent: &'a str,
}

async fn create(name: &LoginName, label: &TokenLabel, ttl: Option<Duration>) -> Result<()> {
    let accounts = open().await?;
    let lifetime = ttl.unwrap_or(accounts.settings().token_lifetime);
    let (started, ended) = accounts.create_token(&operator(), &target(name), label, lifetime).await?;
    if ended.is_any() {
        say_error(&format!("{ended}, because the account has reached its limit"));
    }
    say(started.secret.reveal())
}

async fn list(name: &LoginName, json: bool) -> Result<()> {
    let accounts = open().await?;
    let user = accounts.get_target(&target(name)).await?;
    for listed in accounts.list_all_tokens(user.id).await? {
        if json { say_as_json(&listed, &user.username)? } else { say_line(&listed)? }
    }
    Ok(())
}

fn say_as_json(listed: &ListedLogin, username: &str) -> Result<()> {
    let row = &listed.row;
    let token = TokenJson {
        id: &row.id,
        user_id: row.user_id,
        username,
        kind: listed.kind.code(),
        label: row.label(),
        created: rfc3339(row.opened_at),
        last_used: listed.last_seen.map(rfc3339),
        expires: rfc3339(row.expiry()),
        address: &row.address,
        user_agent: &row.user_agent,
    };
    say_json(&serde_json::json!(token).to_string())
}

fn say_line(listed: &ListedLogin) -> Result<()> {
    let row = &listed.row;
    let used = listed.last_seen.map_or_else(|| "never".to_owned(), rfc3339);
    let (created, expires) = (rfc3339(row.opened_at), rfc3339(row.expiry()));
    say(&format!(
        "{}  {}  created {created}  last used {used}  expires {expires}  {}",
        row.id,
        listed.kind.code(),
        row.label()
    ))
}

async fn revoke(token: &PublicId) -> Result<()> {
    let ended = open().await?.end_login(&operator(), (LoginClass::Tokens, token), ReasonText::default()).await?;
    say(&match ended {
        LoginEnd::Ended | LoginEnd::Own => format!("The token {} has ended.", token.as_str()),
        LoginEnd::AlreadyEnded => format!("The token {} had ended already.", token.as_str()),
    })
}
