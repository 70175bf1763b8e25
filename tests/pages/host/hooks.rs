//! What a host does in the transaction that creates or deletes an account.

use curfew::{Curfew, Role};
use rocket::http::Method;

use crate::harness::{
    site::{PASSWORD, Site, host_over},
    store::{Database, Engine, engines},
};

/// A host with a table of its own, whose hooks write it. A user named `unlucky` makes the hook fail.
async fn gardens(engine: Engine) -> Site {
    let database = Database::new(engine).await;
    database
        .execute("CREATE TABLE gardens (owner BIGINT PRIMARY KEY REFERENCES curfew_users (id), name TEXT NOT NULL)")
        .await;
    host_over(database, |figment| {
        let curfew = Curfew::init()
            .on_registered(|user, mut tx| {
                Box::pin(async move {
                    let name = if user.username == "unlucky" { "'" } else { user.username };
                    tx.execute("INSERT INTO gardens (owner, name) VALUES ($1, $2)", &[user.id.into(), name.into()])
                        .await?;
                    if user.username == "unlucky" {
                        tx.execute("INSERT INTO nowhere VALUES ($1)", &[1.into()]).await
                    } else {
                        Ok(())
                    }
                })
            })
            .on_deleted(|user, mut tx| {
                Box::pin(async move { tx.execute("DELETE FROM gardens WHERE owner = $1", &[user.id.into()]).await })
            });
        rocket::custom(figment).attach(curfew)
    })
    .await
}

#[rocket::async_test]
async fn the_hooks_run_in_the_transaction_of_the_account() {
    for engine in engines() {
        let site = gardens(engine).await;
        let count = "SELECT COUNT(*) FROM gardens";
        let mut ana = site.visitor();
        let fields = |name: &str| {
            [
                ("username", name.to_owned()),
                ("email", format!("{name}@example.org")),
                ("password", PASSWORD.to_owned()),
                ("password_again", PASSWORD.to_owned()),
            ]
        };
        let filled = fields("ana");
        let filled: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ana.posts("/register", &filled).await.must_be(303);
        assert_eq!(site.database.number(count).await, 1);

        let filled = fields("unlucky");
        let filled: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = site.visitor().posts("/register", &filled).await;
        page.must_be(500); // not 503: it does not help to try again
        assert_eq!(site.database.number(count).await, 1, "the hook's own writes are undone too");
        let created = "SELECT COUNT(*) FROM curfew_users WHERE username = 'unlucky'";
        assert_eq!(site.database.number(created).await, 0, "an account without its garden");

        site.person(Role::Member).await;
        assert_eq!(site.database.number(count).await, 2, "the command line's way of creating an account");

        ana.posts("/account/delete", &[("password", PASSWORD), ("current_password", PASSWORD)]).await;
        assert_eq!(site.database.number(count).await, 1);
        ana.sends(Method::Get, "/account", &[], Vec::new()).await.must_be(303);
    }
}

#[rocket::async_test]
async fn an_account_that_another_table_refers_to_is_not_deleted() {
    for engine in engines() {
        let database = Database::new(engine).await;
        database.execute("CREATE TABLE plots (owner BIGINT PRIMARY KEY REFERENCES curfew_users (id))").await;
        let site = host_over(database, |figment| rocket::custom(figment).attach(Curfew::init())).await;
        let mut ana = site.signed_in(Role::Member).await;
        site.database.execute(&format!("INSERT INTO plots (owner) VALUES ({})", ana.id)).await;
        let page = ana.posts("/account/delete", &[("password", PASSWORD), ("current_password", PASSWORD)]).await;
        page.must_be(500); // not 503: it does not help to try again
        ana.opens("/account").await.must_be(200);
    }
}
