//! A member of staff who forces the same user out again and again.

use std::io;

use super::{
    LOGS_IN, PASSWORD, Place, STAFF,
    caller::{Caller, Form, Reply},
};
use crate::client::COOKIE;

/// The block of networks that staff are in.
const STAFF_BLOCK: u8 = 12;

/// The member of staff, logged in.
#[derive(Debug)]
pub struct Staff {
    caller: Caller,
    form: Form,
    /// The page of the user who is forced out.
    user: String,
}

impl Staff {
    pub async fn of(place: &Place) -> Self {
        let caller = Caller::from_network(place.outside, (STAFF_BLOCK, 1));
        let login = caller.open_form("/login", "").await.expect("the form");
        let login = caller.post("/login", &login, &[("username", STAFF), ("password", PASSWORD)]).await;
        let session = session_of(&login.expect("a login")).expect("a session");
        let found = caller.get(&format!("/admin/find?q={LOGS_IN}&go=yes"), &session).await.expect("the user is found");
        let user = found.location().expect("the user's page").to_owned();
        let form = caller.open_form(&user, &session).await.expect("the page has forms");
        Self { caller, form, user }
    }

    /// Forces the user out.
    pub async fn forces_out(&self) -> io::Result<Reply> {
        self.caller.post(&format!("{}/force-logout", self.user), &self.form, &[]).await
    }

    /// Whether the site still accepts a session.
    pub async fn sees_accepted(&self, session: &str) -> io::Result<bool> {
        Ok(self.caller.get("/account", session).await?.status == 200)
    }
}

/// The session cookie that a login sets.
pub fn session_of(login: &Reply) -> Option<String> {
    login.cookies().find(|cookie| cookie.starts_with(&format!("{COOKIE}="))).map(str::to_owned)
}
