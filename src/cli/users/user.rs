//! `curfew user …`

use clap::{Args, Subcommand};

use super::password;
use crate::{
    accounts::{Accounts, AccountsError, Registration, RoleChange},
    cli::{
        CommandError, Result,
        database::{open, open_or_create, open_to_hash, operator, target},
        host, say,
        show::{UserJson, say_details, say_line},
    },
    domain::{
        letters::link::LinkPurpose,
        people::{
            email::Email,
            login_name::LoginName,
            password::OwnNames,
            role::{Role, UnknownRole},
            username::Username,
        },
        reason_text::{ReasonText, Reasons},
    },
    site::link_path,
    store::users::{NameClash, User},
};

/// The number of accounts that the list reads per query.
const BATCH: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Create an account; asks for its password.
    Create(Create),
    /// List all accounts by name.
    List {
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// Show one account.
    Show {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Deactivate an account and end its logins.
    Deactivate {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// The reason, for staff only; the user does not see it.
        #[arg(long, value_name = "R", value_parser = ReasonText::parse)]
        reason: ReasonText,
    },
    /// Activate an account again.
    Activate {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
    },
    /// Change an account's password and end its logins; asks for the new password.
    Password {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Read the password from one line of standard input instead of the terminal.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a link with which the user chooses a new password.
    ///
    /// For people without mail. The link works once; `reset_link_lifetime` says for how long.
    ResetLink {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
    },
    /// Change an account's role; a lower role ends its logins.
    Role {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// The role: member, staff or superuser.
        #[arg(value_parser = |word: &str| word.parse::<Role>().map_err(|error: UnknownRole| error.to_string()))]
        role: Role,
    },
    /// Delete an account permanently.
    Delete {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Confirm the deletion; nothing is deleted without it.
        #[arg(long, required = true)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    /// The username: 1 to 64 letters and digits of any script, or @ . + - _
    #[arg(value_parser = Username::parse)]
    name: Username,
    /// The email, with which the user can also log in.
    #[arg(long, value_name = "E", value_parser = Email::parse)]
    email: Email,
    /// Create a staff account, which can act on members.
    #[arg(long)]
    staff: bool,
    /// Create a superuser account, which can act on everyone.
    #[arg(long)]
    superuser: bool,
    /// Read the password from one line of standard input instead of the terminal.
    #[arg(long)]
    password_stdin: bool,
}

impl UserCommand {
    pub(in crate::cli) async fn run(self) -> Result<()> {
        match self {
            Self::Create(create) => create.run().await,
            Self::List { json } => list(json).await,
            Self::Show { name, json } => show(&name, json).await,
            Self::Deactivate { name, reason } => deactivate(&name, reason).await,
            Self::Activate { name } => activate(&name).await,
            Self::Password { name, password_stdin } => set_password(&name, password_stdin).await,
            Self::ResetLink { name } => print_reset_link(&name).await,
            Self::Role { name, role } => set_role(&name, role).await,
            Self::Delete { name, yes: _ } => delete(&name).await,
        }
    }

    /// The user that the command is about, as typed. Empty if there is none.
    pub(in crate::cli) fn about(&self) -> &str {
        match self {
            Self::Create(create) => create.name.as_str(),
            Self::List { .. } => "",
            Self::Show { name, .. }
            | Self::Deactivate { name, .. }
            | Self::Activate { name }
            | Self::Password { name, .. }
            | Self::ResetLink { name }
            | Self::Role { name, .. }
            | Self::Delete { name, .. } => name.as_typed(),
        }
    }
}

impl Create {
    async fn run(self) -> Result<()> {
        let (username, email) = (self.name, self.email);
        let configuration = host::settings()?;
        let settings = &configuration.settings;
        let names = OwnNames { username: username.as_str(), email: email.as_str(), site_name: &settings.site_name };
        // Before a missing database is created, which a refused password must not leave behind.
        let password = password::read(self.password_stdin, names, settings.password_min_length)?;
        let accounts = open_or_create(configuration).await?;
        let role = Role::from_flags(self.staff, self.superuser);
        let registration = Registration { username, email, password };
        accounts.create_user(&operator(), &registration, role).await.map_err(|error| match error {
            AccountsError::NameTaken(NameClash::Email) => {
                CommandError::EmailTaken(registration.email.as_str().to_owned())
            }
            error => error.into(),
        })?;
        say(&format!("Created {role} {}.", registration.username.as_str()))
    }
}

async fn list(json: bool) -> Result<()> {
    let accounts = open().await?;
    let mut after = String::new();
    loop {
        let (users, now) = accounts.list_users_after(&after, BATCH).await?;
        for user in &users {
            if json { UserJson::of(user, now)?.say()? } else { say_line(user, now)? }
        }
        match users.last() {
            Some(last) => after = crate::domain::people::text::comparison_key(&last.username),
            None => return Ok(()),
        }
    }
}

async fn show(name: &LoginName, json: bool) -> Result<()> {
    let accounts = open().await?;
    let user = get(&accounts, name).await?;
    // Apply what is due first, so that it is shown as done and not as scheduled.
    accounts.apply_due(user.id).await?;
    let account = accounts.get_target_account(user.id).await?;
    if json {
        UserJson::of(&account.user, account.now)?.say()
    } else {
        let (site, _) = accounts.read_site().await?;
        say_details(&account.user, &site, account.now, account.will_end)
    }
}

async fn deactivate(name: &LoginName, reason: ReasonText) -> Result<()> {
    let reasons = Reasons { for_staff: reason, for_user: ReasonText::default() };
    let ended = open().await?.deactivate(&operator(), &target(name), None, &reasons).await?;
    say(&format!("{} is deactivated; {ended}.", name.as_typed()))
}

async fn activate(name: &LoginName) -> Result<()> {
    let was_inactive = open().await?.activate(&operator(), &target(name), &Reasons::default()).await?;
    say(&format!("{} {}.", name.as_typed(), if was_inactive { "is active again" } else { "was active already" }))
}

async fn set_password(name: &LoginName, password_stdin: bool) -> Result<()> {
    let accounts = open_to_hash().await?;
    let user = get(&accounts, name).await?;
    let settings = accounts.settings();
    let names = OwnNames { username: &user.username, email: &user.email, site_name: &settings.site_name };
    let password = password::read(password_stdin, names, settings.password_min_length)?;
    let ended = accounts.set_password(&operator(), &target(name), &password).await?;
    say(&format!("The password of {} was changed; {ended}.", name.as_typed()))
}

/// Prints the link alone, so that a script can pass it on.
async fn print_reset_link(name: &LoginName) -> Result<()> {
    let configuration = host::settings()?;
    let (origin, root) = (configuration.origin(), host::options()?.root(&configuration)?);
    let token = open().await?.create_reset_link(&operator(), &target(name)).await?;
    say(&format!("{origin}{}{}", root.link(link_path(LinkPurpose::Reset)), token.reveal()))
}

async fn set_role(name: &LoginName, role: Role) -> Result<()> {
    let typed = name.as_typed();
    match open().await?.set_role(&operator(), &target(name), role).await? {
        RoleChange::None => say(&format!("{typed} was already {role}.")),
        RoleChange::Raised(ended) if ended.is_any() => {
            say(&format!("{typed} is now {role}, whose sessions expire sooner; {ended}."))
        }
        RoleChange::Raised(_) => say(&format!("{typed} is now {role}.")),
        RoleChange::Lowered(ended) => say(&format!("{typed} is now {role}; {ended}.")),
    }
}

async fn delete(name: &LoginName) -> Result<()> {
    let accounts = open().await?;
    let ended = accounts.delete_user(&operator(), &target(name), &Reasons::default()).await?;
    // The server may be down. If it is up, this only comes before it.
    accounts.erase_events_of_deleted().await?;
    say(&format!("{} is deleted; {ended}.", name.as_typed()))
}

async fn get(accounts: &Accounts, name: &LoginName) -> Result<User> {
    Ok(accounts.get_target(&target(name)).await?)
}
