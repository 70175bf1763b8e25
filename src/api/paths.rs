//! `/api/x/` is `/api/x`: clients of other systems end their addresses with a slash.

use rocket::{fairing::AdHoc, http::uri::Origin};

/// Takes the slash off before anything is routed.
pub(super) fn fairing() -> AdHoc {
    AdHoc::on_request("API addresses with a slash at their end", |request, _| {
        Box::pin(async move {
            let path = request.uri().path().as_str();
            let Some(without) = path.strip_suffix('/').filter(|path| path.starts_with("/api/")) else { return };
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            if let Ok(uri) = Origin::parse_owned(format!("{without}{query}")) {
                request.set_uri(uri);
            }
        })
    })
}
