//! `curfew user …`

use clap::{Args, Subcommand};

use super::{
    CommandError, Result,
    database::{open, open_or_create, operator, target},
    password, say,
    show::{UserJson, counted, say_line, say_whole},
};
use crate::{
    accounts::{Accounts, AccountsError, Registration, RoleChange},
    domain::{
        people::{
            email::Email,
            login_name::LoginName,
            password::OwnNames,
            role::{Role, UnknownRole},
            username::Username,
        },
        reason_text::{ReasonText, Reasons},
    },
    store::{
        site::get_site,
        users::{NameClash, User, list_users_after},
    },
};

/// How many accounts are read at once for the list.
const BATCH: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account; its password is asked for.
    Create(Create),
    /// List all accounts, by name.
    List {
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show one account.
    Show {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Deactivate an account, which ends its logins.
    Deactivate {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Why, for the events; the user does not see it.
        #[arg(long, value_name = "R", value_parser = ReasonText::parse)]
        reason: ReasonText,
    },
    /// Activate an account again.
    Activate {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
    },
    /// Give an account another password, which is asked for and ends its logins.
    Password {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Read the password from one line of standard input, not from the terminal.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give an account another role; a lesser one ends its logins.
    Role {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// member, staff or superuser.
        #[arg(value_parser = |word: &str| word.parse::<Role>().map_err(|error: UnknownRole| error.to_string()))]
        role: Role,
    },
    /// Delete an account for good.
    Delete {
        /// A username or an email.
        #[arg(value_parser = LoginName::parse)]
        name: LoginName,
        /// Yes, really; nothing is deleted without it.
        #[arg(long, required = true)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The username: 1 to 64 letters and digits of any script, or @ . + - _
    #[arg(value_parser = Username::parse)]
    name: Username,
    /// The email, another way to log in.
    #[arg(long, value_name = "E", value_parser = Email::parse)]
    email: Email,
    /// Make it staff, who act on members.
    #[arg(long)]
    staff: bool,
    /// Make it a superuser, who acts on everyone.
    #[arg(long)]
    superuser: bool,
    /// Read the password from one line of standard input, not from the terminal.
    #[arg(long)]
    password_stdin: bool,
}

impl UserCommand {
    pub(super) async fn run(self) -> Result<()> {
        match self {
            Self::Create(create) => create.run().await,
            Self::List { json } => list(json).await,
            Self::Show { name, json } => show(&name, json).await,
            Self::Deactivate { name, reason } => deactivate(&name, reason).await,
            Self::Activate { name } => activate(&name).await,
            Self::Password { name, password_stdin } => set_password(&name, password_stdin).await,
            Self::Role { name, role } => set_role(&name, role).await,
            Self::Delete { name, yes: _ } => delete(&name).await,
        }
    }

    /// Whom it is about.
    pub(super) fn about(&self) -> &str {
        match self {
            Self::Create(create) => create.name.as_str(),
            Self::List { .. } => "",
            Self::Show { name, .. }
            | Self::Deactivate { name, .. }
            | Self::Activate { name }
            | Self::Password { name, .. }
            | Self::Role { name, .. }
            | Self::Delete { name, .. } => name.as_typed(),
        }
    }
}

impl Create {
    async fn run(self) -> Result<()> {
        let (username, email) = (self.name, self.email);
        let accounts = open_or_create().await?;
        let names =
            OwnNames { username: username.as_str(), email: email.as_str(), site_name: &accounts.settings().site_name };
        let password = password::read(self.password_stdin, names)?;
        let role = Role::from_flags(self.staff, self.superuser);
        let registration = Registration { username, email, password };
        accounts.create_user(&operator(), &registration, role).await.map_err(|error| match error {
            AccountsError::NameTaken(NameClash::Email) => {
                CommandError::EmailTaken(registration.email.as_str().to_owned())
            }
            error => error.into(),
        })?;
        say(&format!("{} is made, as {role}.", registration.username.as_str()))
    }
}

async fn list(json: bool) -> Result<()> {
    let accounts = open().await?;
    let mut on = accounts.store().read().await?;
    let now = accounts.store().clock().now(&mut on).await?;
    let mut after = String::new();
    loop {
        let users = list_users_after(&mut on, &after, BATCH).await?;
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
    let found = get(&accounts, name).await?;
    // What has come due shows as done.
    accounts.apply_due(found.id).await?;
    let account = accounts.get_target_account(found.id).await?;
    if json {
        UserJson::of(&account.user, account.now)?.say()
    } else {
        let site = get_site(&mut accounts.store().read().await?).await?;
        say_whole(&account.user, &site, account.now, account.will_end)
    }
}

async fn deactivate(name: &LoginName, reason: ReasonText) -> Result<()> {
    let reasons = Reasons { for_staff: reason, for_user: ReasonText::default() };
    let ended = open().await?.deactivate(&operator(), &target(name), None, &reasons).await?;
    say(&format!("{} is deactivated{}.", name.as_typed(), counted(ended)))
}

async fn activate(name: &LoginName) -> Result<()> {
    let was_inactive = open().await?.activate(&operator(), &target(name), &Reasons::default()).await?;
    say(&format!("{} {}.", name.as_typed(), if was_inactive { "is active again" } else { "was active already" }))
}

async fn set_password(name: &LoginName, password_stdin: bool) -> Result<()> {
    let accounts = open().await?;
    let user = get(&accounts, name).await?;
    let names = OwnNames { username: &user.username, email: &user.email, site_name: &accounts.settings().site_name };
    let password = password::read(password_stdin, names)?;
    let ended = accounts.set_password(&operator(), &target(name), &password).await?;
    say(&format!("{} has another password{}.", name.as_typed(), counted(ended)))
}

async fn set_role(name: &LoginName, role: Role) -> Result<()> {
    let name_typed = name.as_typed();
    match open().await?.set_role(&operator(), &target(name), role).await? {
        RoleChange::None => say(&format!("{name_typed} was already {role}.")),
        RoleChange::Raised(past) if past.is_any() => {
            say(&format!("{name_typed} is now {role}, whose logins last less long; {past}."))
        }
        RoleChange::Raised(_) => say(&format!("{name_typed} is now {role}.")),
        RoleChange::Lowered(ended) => say(&format!("{name_typed} is now {role}; {ended}.")),
    }
}

async fn delete(name: &LoginName) -> Result<()> {
    let ended = open().await?.delete_user(&operator(), &target(name), &Reasons::default()).await?;
    say(&format!("{} is deleted{}.", name.as_typed(), counted(ended)))
}

async fn get(accounts: &Accounts, name: &LoginName) -> Result<User> {
    Ok(accounts.get_target(&target(name)).await?)
}
