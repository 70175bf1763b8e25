//! The kinds of login, and everything that differs between them.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::{moment::Moment, standing::Limits};

/// What proves a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginKind {
    /// A browser session: a cookie with a secret.
    Browser,
    /// A program's opaque token: one random text.
    Opaque,
    /// A program's family of JSON Web Tokens (RFC 7519): each refresh token replaces the one before.
    Jwt,
}

/// The two classes of login that people tell apart: sessions and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginClass {
    /// Browser sessions.
    Sessions,
    /// Opaque tokens and JWT families.
    Tokens,
}

impl LoginClass {
    /// Both classes.
    pub const ALL: [Self; 2] = [Self::Sessions, Self::Tokens];

    /// The word, as in the query parameter `kind`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sessions => "session",
            Self::Tokens => "token",
        }
    }
}

impl LoginKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Browser, Self::Opaque, Self::Jwt];

    /// The code, as stored in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The class that this kind belongs to.
    #[must_use]
    pub const fn class(self) -> LoginClass {
        match self {
            Self::Browser => LoginClass::Sessions,
            Self::Opaque | Self::Jwt => LoginClass::Tokens,
        }
    }

    /// The lifetime and idle timeout of a login of this kind.
    ///
    /// A session has the limits of its account's role. A token lasts until its own expiry, used or not. A JWT family
    /// lasts longer by `leeway`, because its refresh token is accepted for that much longer.
    #[must_use]
    pub fn limits(
        self,
        of_role: Limits,
        (opened_at, expires_at): (Moment, Option<Moment>),
        leeway: Duration,
    ) -> Limits {
        let until_expiry = || expires_at.map_or(TimeDelta::zero(), |at| at - opened_at).to_std().unwrap_or_default();
        match self {
            Self::Browser => of_role,
            Self::Opaque => Limits { lifetime: until_expiry(), idle: Duration::MAX },
            Self::Jwt => Limits { lifetime: until_expiry().saturating_add(leeway), idle: Duration::MAX },
        }
    }
}
