//! The site that the fuzz targets send text to, as a stranger does.

use std::sync::LazyLock;

use rocket::tokio::runtime::Runtime;

#[path = "../../harness/mod.rs"]
mod harness;

pub use harness::strangers::Place;
use harness::{site::Site, store::Engine};

static SITE: LazyLock<(Runtime, Site)> = LazyLock::new(|| {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::env::set_current_dir(root).expect("the project's folder, with the templates");
    let runtime = Runtime::new().expect("a runtime");
    let site = runtime.block_on(Site::on(Engine::Sqlite));
    (runtime, site)
});

/// Sends the text to this place.
///
/// # Panics
/// Panics if the answer is a server error or gives a login.
pub fn send(place: Place, text: &str) {
    // The harness uses this number to detect a reason for staff on a page.
    if text.contains("4711") {
        return;
    }
    let (runtime, site) = &*SITE;
    let page = runtime.block_on(place.receives(site, text));
    assert!(place.may_answer(&page), "{place:?}: {page:?}");
}

/// The fuzz target for a place.
#[macro_export]
macro_rules! target {
    ($place:ident) => {
        libfuzzer_sys::fuzz_target!(|text: &str| $crate::send($crate::Place::$place, text));
    };
}
