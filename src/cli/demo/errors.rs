//! The errors of the sample texts.

use crate::{
    cli::CommandError,
    domain::{
        logins::token::TokenLabelError,
        people::{email::EmailError, login_name::LoginNameError, username::UsernameError},
        reason_text::ReasonTextError,
    },
};

/// The demo parses its sample names and reasons as if users had typed them.
macro_rules! from_the_demo {
    ($($error:ty),*) => {
        $(impl From<$error> for CommandError {
            fn from(error: $error) -> Self {
                Self::Demo(error.to_string())
            }
        })*
    };
}

from_the_demo!(EmailError, LoginNameError, ReasonTextError, TokenLabelError, UsernameError);
