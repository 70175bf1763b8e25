//! The host's own pages: a public page, a page with a form for logged-in users, and a route for programs.

use curfew::{ApiClient, Csrf, HookResult, HookUser, InTransaction, SignedIn, Submission};
use rocket::{FromForm, Request, State, catch, get, http::Status, post, response::Redirect, serde::json::Json, uri};
use rocket_dyn_templates::{Template, context};

use crate::tables::Gardens;

/// The form of the garden.
#[derive(Debug, FromForm)]
pub struct Water {
    litres: i64,
}

/// Gives each new user a garden, in the transaction that creates the user.
pub fn plant<'h>(user: HookUser<'h>, mut tx: InTransaction<'h>) -> HookResult<'h> {
    Box::pin(async move { tx.execute("INSERT INTO gardens (owner, litres) VALUES ($1, 0)", &[user.id.into()]).await })
}

#[get("/")]
pub fn home() -> Template {
    Template::render("home", context! {})
}

#[get("/garden")]
pub async fn garden(me: SignedIn<'_>, csrf: Csrf<'_>, gardens: &State<Gardens>) -> Result<Template, Status> {
    let litres = gardens.litres(me.user_id()).await?;
    Ok(Template::render("garden", context! { gardener: me.username(), litres, csrf_token: csrf.token() }))
}

#[post("/garden", data = "<form>")]
pub async fn water(me: SignedIn<'_>, form: Submission<Water>, gardens: &State<Gardens>) -> Result<Redirect, Status> {
    gardens.water(me.user_id(), form.0.litres).await?;
    Ok(Redirect::to(uri!(garden)))
}

/// For programs, with a token of Curfew.
#[get("/level")]
pub async fn level(program: ApiClient<'_>, gardens: &State<Gardens>) -> Result<Json<i64>, Status> {
    Ok(Json(gardens.litres(program.login.user_id).await?))
}

#[catch(default)]
pub fn not_here(status: Status, _: &Request<'_>) -> Template {
    Template::render("not_here", context! { status: status.code })
}
