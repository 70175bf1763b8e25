//! Who acts, and from where.

use crate::{
    domain::{
        logins::session_secret::SessionId,
        people::{role::Role, text::escaped},
    },
    store::events::Named,
};

/// The greatest length of a user agent that is kept, in characters.
const USER_AGENT_CHARACTERS: usize = 300;

/// Where a request came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address, as seen through the trusted proxies.
    pub address: String,
    user_agent: String,
}

impl Client {
    /// A client. Of its user agent, characters that hide or steer are written out, and what is beyond
    /// 300 is cut.
    #[must_use]
    pub fn new(address: String, user_agent: &str) -> Self {
        Self { address, user_agent: escaped(user_agent).chars().take(USER_AGENT_CHARACTERS).collect() }
    }

    /// What it says that it is.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }
}

/// Somebody who has been let in and acts.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Their account; none is the person at the command line.
    pub user_id: Option<i64>,
    /// Their name, for the events.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The session they act from.
    pub session: Option<SessionId>,
    /// From where.
    pub client: Option<Client>,
}

impl Actor {
    /// The person at the command line of the machine, who may do everything.
    #[must_use]
    pub fn operator(system_user: &str) -> Self {
        Self {
            user_id: None,
            name: format!("{system_user} (command line)"),
            role: Role::Superuser,
            session: None,
            client: None,
        }
    }

    /// The actor as an event names it.
    #[must_use]
    pub fn named(&self) -> Named<'_> {
        Named { id: self.user_id, name: &self.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_text_that_shows_all_it_has() {
        let agent = |text: &str| Client::new(String::new(), text).user_agent().to_owned();
        assert_eq!(agent("Firefox/130 \u{202e}x\u{9b}31m"), "Firefox/130 \\u{202e}x\\u{9b}31m");
        assert_eq!(agent(&"é".repeat(301)), "é".repeat(300));
    }
}
