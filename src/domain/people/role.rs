//! Roles: member, staff and superuser.

use std::{fmt, str::FromStr};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// May use the site.
    Member,
    /// May use the staff pages, and act on members.
    Staff,
    /// May act on everyone.
    Superuser,
}

impl Role {
    /// Every role, from the lowest to the highest.
    pub const ALL: [Self; 3] = [Self::Member, Self::Staff, Self::Superuser];

    /// The role for the two flags of an account. A superuser is staff too.
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

    /// Whether the role may use the staff pages.
    #[must_use]
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Member)
    }

    /// Whether the role may act on everyone.
    #[must_use]
    pub const fn is_superuser(self) -> bool {
        matches!(self, Self::Superuser)
    }

    /// Whether the role may act on an account with the other role.
    #[must_use]
    pub const fn may_act_on(self, other: Self) -> bool {
        match self {
            Self::Member => false,
            Self::Staff => matches!(other, Self::Member),
            Self::Superuser => true,
        }
    }

    /// The stable code that programs rely on.
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

/// The code is not a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.code() == code).ok_or_else(|| UnknownRole(code.to_owned()))
    }
}
