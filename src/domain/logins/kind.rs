//! The kinds of login, and everything that differs between them.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::{moment::Moment, standing::Limits};

/// What a login is proven by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginKind {
    /// A browser's session: a cookie that holds a secret.
    Browser,
    /// A program's opaque token: one text that means nothing by itself.
    Opaque,
    /// A program's family of JSON Web Tokens (RFC 7519): each refresh token succeeds another.
    Jwt,
}

/// What people call a login: the sessions of browsers, and the tokens of programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginClass {
    /// Logins of browsers.
    Sessions,
    /// Opaque tokens and families of JWT.
    Tokens,
}

impl LoginKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Browser, Self::Opaque, Self::Jwt];

    /// The stored word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What people call it.
    #[must_use]
    pub const fn class(self) -> LoginClass {
        match self {
            Self::Browser => LoginClass::Sessions,
            Self::Opaque | Self::Jwt => LoginClass::Tokens,
        }
    }

    /// How long a login of this kind lasts. A browser's lasts as long as its account's role may; a token until its
    /// own expiry, used or not. A family lasts for the leeway longer: its refresh token is still good for so long.
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
