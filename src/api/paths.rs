//! Treats `/api/x/` as `/api/x`, for clients that are used to trailing slashes.

use rocket::{fairing::AdHoc, http::uri::Origin};

use super::BASE;
use crate::gate::own_path;

/// Removes a trailing slash before routing.
pub(super) fn fairing() -> AdHoc {
    AdHoc::on_request("API trailing slashes", |request, _| {
        Box::pin(async move {
            let is_of_api =
                own_path(request).and_then(|own| own.strip_prefix(BASE)).is_some_and(|rest| rest.starts_with('/'));
            let path = request.uri().path().as_str();
            let Some(without) = path.strip_suffix('/').filter(|_| is_of_api) else { return };
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            if let Ok(uri) = Origin::parse_owned(format!("{without}{query}")) {
                request.set_uri(uri);
            }
        })
    })
}
