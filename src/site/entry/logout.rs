//! Logout, by POST only, so that a link cannot log anyone out.

use rocket::{Route, State, post, routes, uri};

use crate::{
    accounts::Accounts,
    gate::{Anyone, Button, Changes, ClientOf, Login, Notice, Submission},
    site::pages::answer::{Answer, refuse},
};

#[post("/logout", data = "<_submission>")]
async fn log_out(
    anyone: Anyone<'_>,
    client: ClientOf,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    _submission: Submission<Button>,
) -> Answer {
    if let Login::Live(login) = anyone.0 {
        if let Err(error) = accounts.log_out(&login.actor(client.0)).await {
            return refuse(changes, error);
        }
        changes.log_out();
        changes.leave_notice(Notice::done("You have logged out."));
    }
    Answer::see_other(uri!(crate::site::home::show))
}

/// The routes of the logout.
pub fn routes() -> Vec<Route> {
    routes![log_out]
}
