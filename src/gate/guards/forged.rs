//! Records forged cookies, tokens and forms as events. A client can send any number of them, so they are counted.
//!
//! A forgery is only recorded if it can be told apart from an honest mistake:
//!
//! - Cookies ignore ports and, with `Path=/`, paths. So another site on this host, even another Curfew, may use the same
//!   name, and its cookie cannot be decrypted either. Nothing is recorded about a cookie that cannot be decrypted,
//!   unless its nonce or its authentication tag is that of a cookie that this node has sealed or opened: then it is an
//!   altered copy. A cookie made up from nothing looks like another site's. So does a cookie under a key that is no
//!   longer configured.
//! - A cookie that this site's key has sealed, but whose claims are not those of the stored session, is either forged
//!   with a leaked key, or an old copy.
//! - An `Authorization` header is meant for this site. A JWT that none of its keys signed is recorded, and an unknown
//!   opaque token. A program that sends the token of another issuer by mistake looks the same. Text that is no token at
//!   all is not recorded.

use rocket::Request;

use super::client::ClientOf;
use crate::{
    accounts::{Accounts, Client, CookieFault, FormFault, TokenFault},
    gate::{Login, cookies::claim::Claim, jwt::Jwt, root::named_path},
};

/// Records a forged session cookie. `claim` is what it claims, if it could be decrypted.
pub(super) async fn record_forged_cookie(request: &Request<'_>, fault: CookieFault, claim: Option<&Claim>) {
    let Some(accounts) = request.rocket().state::<Accounts>() else { return };
    let user_id = claim.map(|claim| claim.user_id);
    log_failure(accounts.record_forged_cookie(&ClientOf::request(request).0, fault, user_id).await);
}

/// Records an opaque token that no login has.
pub(super) async fn record_unknown_token(request: &Request<'_>, accounts: &Accounts) {
    log_failure(accounts.record_forged_token(&ClientOf::request(request).0, TokenFault::Unknown).await);
}

/// Records a refused JWT, if none of this site's keys signed it.
pub(crate) async fn record_if_forged(accounts: &Accounts, jwt: &Jwt<'_>, client: &Client, token: &str) {
    if jwt.is_signed_by_others(token) {
        log_failure(accounts.record_forged_token(client, TokenFault::Signature).await);
    }
}

/// Records a form that was posted from another site, or without a valid token.
pub(in crate::gate) async fn record_refused_form(request: &Request<'_>, login: &Login, fault: FormFault) {
    let Some(accounts) = request.rocket().state::<Accounts>() else { return };
    let client = ClientOf::request(request).0;
    let path = named_path(request);
    let form = format!("{} {path}", request.method());
    let recorded = match login {
        Login::Live(login) => accounts.record_refused_form_of(&login.actor(client), &form, fault).await,
        _ => accounts.record_refused_form(&client, &form, fault).await,
    };
    log_failure(recorded);
}

/// The request is refused in any case.
fn log_failure(recorded: crate::accounts::Result<()>) {
    if let Err(error) = recorded {
        log::error!("could not record a forgery: {error}");
    }
}
