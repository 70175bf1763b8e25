//! The pages that the finder knows by name.

use serde::Serialize;

use crate::domain::people::{role::Role, text::comparison_key};

/// A page of the site.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    name: &'static str,
    href: &'static str,
    /// Whether only superusers may enter.
    #[serde(skip)]
    for_superusers: bool,
}

const fn for_staff(name: &'static str, href: &'static str) -> Place {
    Place { name, href, for_superusers: false }
}

const PLACES: [Place; 13] = [
    for_staff("Overview", "/admin"),
    for_staff("Users", "/admin/users"),
    for_staff("Paste a list of users", "/admin/users/paste"),
    for_staff("Logins", "/admin/sessions"),
    for_staff("Events", "/admin/events"),
    for_staff("Letters", "/admin/mail"),
    Place { name: "Force logout of everyone", href: "/admin/force-logout", for_superusers: true },
    Place { name: "Templates for reasons", href: "/admin/reasons", for_superusers: true },
    for_staff("Your account", "/account"),
    for_staff("Your sessions", "/account/sessions"),
    for_staff("Your tokens", "/account/tokens"),
    for_staff("Your profile", "/account/profile"),
    for_staff("Your password", "/account/password"),
];

/// The pages that this role may enter and whose name contains the text.
pub(super) fn find(text: &str, role: Role) -> Vec<&'static Place> {
    let text = comparison_key(text.trim());
    let is_found =
        |place: &&Place| (role.is_superuser() || !place.for_superusers) && comparison_key(place.name).contains(&text);
    PLACES.iter().filter(is_found).collect()
}
