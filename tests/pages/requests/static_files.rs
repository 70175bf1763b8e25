//! Styles, scripts and images: how many a page requests, and how browsers may cache them.

use std::{collections::BTreeSet, io::Read as _};

use curfew::domain::people::role::Role;
use rocket::http::Method;

use crate::harness::{jar::Jar, page::Page, person::Person, site::Site, store::engines};

/// The requests for a first page, including the page itself.
const MOST_REQUESTS: usize = 4;

/// The files that a browser loads with a page.
fn loaded_by(page: &Page) -> Vec<String> {
    let tags = page.body.split('<').skip(1).filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag));
    let loads = |tag: &&str| {
        tag.starts_with("script ")
            || tag.starts_with("img ")
            || (tag.starts_with("link ") && !tag.contains("apple-touch-icon"))
    };
    let address = |tag: &str| {
        let (_, rest) = tag.split_once("href=\"").or_else(|| tag.split_once("src=\""))?;
        rest.split_once('"').map(|(address, _)| address.to_owned())
    };
    tags.filter(loads).filter_map(address).collect()
}

fn address_of(page: &Page, ending: &str) -> String {
    let mut fitting = loaded_by(page).into_iter().filter(|address| address.ends_with(ending));
    let address = fitting.next().expect(ending);
    assert_eq!(fitting.next(), None, "a page has one {ending}");
    address
}

/// A file as sent by the site.
struct Sent {
    kind: Option<String>,
    encoding: Option<String>,
    vary: Option<String>,
    body: Vec<u8>,
}

async fn sent(site: &Site, path: &str, accepted: Option<&str>) -> Sent {
    let host = ("Host".to_owned(), "curfew.test".to_owned());
    let accepted = accepted.map(|accepted| ("Accept-Encoding".to_owned(), accepted.to_owned()));
    let headers = [host].into_iter().chain(accepted).collect();
    let from = std::net::Ipv4Addr::LOCALHOST.into();
    let jar = Jar::default();
    let answer = site.begin((Method::Get, path), from, &jar, headers, Vec::new()).await;
    assert_eq!(answer.status().code, 200, "{path}");
    let header = |name: &str| answer.headers().get_one(name).map(str::to_owned);
    let (kind, encoding, vary) = (header("Content-Type"), header("Content-Encoding"), header("Vary"));
    Sent { kind, encoding, vary, body: answer.into_bytes().await.expect("a body") }
}

async fn gets(visitor: &mut Person<'_>, path: &str, headers: &[(&str, &str)]) -> Page {
    visitor.sends(Method::Get, path, headers, Vec::new()).await
}

#[rocket::async_test]
async fn a_page_loads_one_stylesheet_one_script_and_one_image() {
    let site = Site::on(engines()[0]).await;
    let mut superuser = site.signed_in(Role::Superuser).await;
    let mut visitor = site.visitor();
    let mut pages = Vec::new();
    for path in ["/", "/login", "/register", "/no-such-page"] {
        pages.push(visitor.opens(path).await);
    }
    for path in ["/", "/account", "/account/tokens", "/admin", "/admin/users", "/admin/force-logout"] {
        pages.push(superuser.opens(path).await);
    }
    for page in &pages {
        for ending in [".css", ".js"] {
            address_of(page, ending);
        }
        let loaded: BTreeSet<String> = loaded_by(page).into_iter().collect();
        assert!(loaded.len() < MOST_REQUESTS, "{loaded:?}");
        for address in &loaded {
            assert!(gets(&mut visitor, address, &[]).await.must_be(200).header("Set-Cookie").is_none(), "{address}");
        }
    }
}

#[rocket::async_test]
async fn a_hashed_url_is_immutable_and_any_other_is_revalidated() {
    let site = Site::on(engines()[0]).await;
    let mut visitor = site.visitor();
    let page = visitor.opens("/login").await;
    for (ending, plain) in [(".css", "/static/site.css"), (".js", "/static/site.js"), (".svg", "/static/favicon.svg")] {
        let address = loaded_by(&page).into_iter().find(|address| address.ends_with(ending)).expect(ending);
        let kept = gets(&mut visitor, &address, &[]).await;
        assert_eq!(kept.must_be(200).header("Cache-Control"), Some("public, max-age=31536000, immutable"), "{address}");

        let asked = gets(&mut visitor, plain, &[]).await;
        assert_eq!(asked.must_be(200).header("Cache-Control"), Some("public, no-cache"), "{plain}");
        assert_eq!(asked.body, kept.body);
        let tag = asked.header("ETag").expect("an ETag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let unchanged = gets(&mut visitor, plain, &[("If-None-Match", &known)]).await;
            assert_eq!((unchanged.must_be(304).body.as_str(), unchanged.header("ETag")), ("", Some(&*tag)), "{known}");
        }
        gets(&mut visitor, plain, &[("If-None-Match", "\"other\"")]).await.must_be(200);
        let compressed = [("If-None-Match", &*tag), ("Accept-Encoding", "gzip")];
        visitor.sends(Method::Head, plain, &compressed, Vec::new()).await.must_be(200);

        // From a page of a node with another version. Nothing may be cached under that address.
        let (stem, _) = address.rsplit_once(ending).and_then(|(rest, _)| rest.rsplit_once('.')).expect("a hash");
        let other = format!("{stem}.0123456789abcdef{ending}");
        let answer = gets(&mut visitor, &other, &[]).await;
        let status = if ending == ".js" { 404 } else { 200 };
        assert_eq!(answer.must_be(status).header("Cache-Control"), Some("no-store"), "{other}");
        assert_eq!(answer.body == kept.body, status == 200, "{other}");
    }
    for nothing in ["/static/", "/static/.hidden", "/static/nothing.0123456789abcdef.css", "/static/../Cargo.toml"] {
        assert_eq!(gets(&mut visitor, nothing, &[]).await.must_be(404).header("Cache-Control"), Some("no-store"));
    }
}

#[rocket::async_test]
async fn files_are_compressed_as_the_browser_accepts() {
    let site = Site::on(engines()[0]).await;
    let mut visitor = site.visitor();
    let page = visitor.opens("/login").await;
    let address = address_of(&page, ".css");
    let plain = sent(&site, &address, None).await;
    assert_eq!(plain.encoding, None);
    for (asked, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")] {
        let file = sent(&site, &address, Some(asked)).await;
        assert_eq!(file.encoding.as_deref(), Some(encoding), "{asked}");
        assert_eq!(file.vary.as_deref(), Some("Accept-Encoding"), "{asked}");
        assert!(file.body.len() * 3 < plain.body.len(), "{asked}: {}", file.body.len());
        let mut content = Vec::new();
        match encoding {
            "br" => brotli::Decompressor::new(&*file.body, 4096).read_to_end(&mut content),
            _ => flate2::read::GzDecoder::new(&*file.body).read_to_end(&mut content),
        }
        .expect("compressed content");
        assert!(content == plain.body, "{asked}: other content");
    }
    assert_eq!(sent(&site, &address, Some("identity")).await.encoding, None);
    let picture = sent(&site, "/apple-touch-icon.png", Some("br, gzip")).await;
    assert_eq!(picture.encoding, None, "an image is already compressed");
}

#[rocket::async_test]
async fn files_that_browsers_and_robots_request_exist() {
    let site = Site::on(engines()[0]).await;
    let mut visitor = site.visitor();
    for (path, kind, begin) in [
        ("/favicon.ico", "image/x-icon", &[0, 0, 1, 0][..]),
        ("/apple-touch-icon.png", "image/png", b"\x89PNG"),
        ("/robots.txt", "text/plain; charset=utf-8", b"User-agent: *\n"),
    ] {
        let file = sent(&site, path, None).await;
        assert_eq!((file.kind.as_deref(), file.body.starts_with(begin)), (Some(kind), true), "{path}");
    }
    visitor.opens("/.well-known/change-password").await.must_lead_to("/account/password");
}

#[rocket::async_test]
async fn every_public_page_has_a_description() {
    let site = Site::on(engines()[0]).await;
    assert_eq!(site.visitor().opens("/").await.must_be(303).location(), "/setup", "a new site");
    site.person(Role::Superuser).await;
    let mut visitor = site.visitor();
    let mut descriptions = BTreeSet::new();
    for path in ["/", "/login", "/register", "/no-such-page"] {
        let page = visitor.opens(path).await;
        let description = page.between("<meta name=\"description\" content=\"", "\"").expect(path).to_owned();
        assert!(description.contains("Curfew"), "{path}: {description}");
        assert!(descriptions.insert(description), "{path} has the same description as another page");
    }
    let new = Site::on(engines()[0]).await;
    let setup = new.visitor().opens("/setup").await;
    let description = setup.must_be(200).between("<meta name=\"description\" content=\"", "\"");
    assert!(descriptions.insert(description.expect("a description").to_owned()));
}
