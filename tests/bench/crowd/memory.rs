//! The resident memory of the real program with a full cache.

use std::{sync::Arc, time::Duration};

use curfew::settings::SecretMaterial;

use super::{
    PEOPLE, account_pages,
    client::Connections,
    logged_in,
    program::Running,
    report::{Figure, Goal, row},
    store::{Database, Engine},
};

/// Starts the program, requests every user's account page once, and prints its memory.
pub async fn measure() {
    let database = Database::new(Engine::Sqlite).await;
    database.open().await.close().await;
    let people = logged_in(&database).await;
    people.are_seen_now().await;
    let secret = "0123456789abcdef".repeat(4);
    let key = SecretMaterial::parse(&secret).expect("a key").cookie_key();
    let program = Running::with(vec![("DATABASE_URL", database.url.clone()), ("ROCKET_SECRET_KEY", secret)]);
    let [pages, _] = account_pages(&people, &key);
    let before = program.resident();
    let mut connections = Connections::open_for(program.address, Arc::clone(&pages)).await;
    while pages.asked() < PEOPLE as usize {
        connections.ask_for(Duration::from_millis(200)).await;
    }
    let title = format!("memory with {PEOPLE} users in the cache");
    let details = format!("{before} MB at the start");
    row(&title, Figure::Megabytes(program.resident()), Goal::None, &details);
}
