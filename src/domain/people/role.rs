//! Roles.

use std::{fmt, str::FromStr};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Uses the site.
    Member,
    /// Acts on members from the staff pages.
    Staff,
    /// Acts on everyone.
    Superuser,
}

impl Role {
    /// Every role, from the least to the greatest.
    pub const ALL: [Self; 3] = [Self::Member, Self::Staff, Self::Superuser];

    /// The role that the two flags of an account make; a superuser is staff as well.
    #[must_use]
    pub const fn from_flags(is_staff: bool, is_superuser: bool) -> Self {
        if is_superuser {
            Self::Superuser
        } else if is_staff {
            Self::Staff
        } else {
            Self::Member
        }
    }

    /// Whether the staff pages are open to it.
    #[must_use]
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Member)
    }

    /// Whether it may act on everyone.
    #[must_use]
    pub const fn is_superuser(self) -> bool {
        matches!(self, Self::Superuser)
    }

    /// Whether it may end the access of an account of that role: staff act on members only,
    /// superusers on everyone.
    #[must_use]
    pub const fn may_act_on(self, other: Self) -> bool {
        match self {
            Self::Member => false,
            Self::Staff => matches!(other, Self::Member),
            Self::Superuser => true,
        }
    }

    /// The stable word for it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Staff => "staff",
            Self::Superuser => "superuser",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A word that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role: give member, staff or superuser")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.code() == code).ok_or_else(|| UnknownRole(code.to_owned()))
    }
}
