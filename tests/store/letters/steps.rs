//! What a node does with a letter, step by step.

use curfew::{
    accounts::{LetterOutcome, LetterToSend, Node},
    domain::letters::kind::LetterKind,
    store::letters::{NewLetter, insert_letter},
};

use crate::{house::House, raw::texts};

pub fn node(name: &str) -> Node {
    Node::new(name.to_owned())
}

pub async fn queue(house: &House, kind: LetterKind, user_id: i64, address: &str) -> i64 {
    let now = house.now().await;
    let mut tx = house.store.begin().await.expect("a transaction");
    let letter = NewLetter { user_id: Some(user_id), ..NewLetter::new(kind, address, now) };
    let id = insert_letter(&mut tx, &letter).await.expect("a letter");
    tx.commit().await.expect("a commit");
    id
}

pub async fn queue_one(house: &House, name: &str) -> i64 {
    let user = house.member(name).await;
    queue(house, LetterKind::PasswordChanged, user.id, &format!("{name}@example.org")).await
}

pub async fn claim(house: &House, node: &Node) -> Option<LetterToSend> {
    house.accounts.claim_letter(node, None).await.expect("the database answers")
}

pub async fn record(house: &House, node: &Node, id: i64, has_begun: bool, outcome: LetterOutcome) {
    house.accounts.record_letter_outcome(node, id, has_begun, &outcome).await.expect("the database answers");
}

/// Each letter as "state attempts sendings error".
pub async fn rows(house: &House) -> Vec<String> {
    let sql = "
        SELECT state || ' ' || CAST(attempts AS TEXT) || ' ' || CAST(sendings AS TEXT) || ' ' || COALESCE(error, '-')
        FROM curfew_letters ORDER BY id";
    texts(&house.store, sql).await.into_iter().flatten().collect()
}

pub fn not_yet() -> LetterOutcome {
    LetterOutcome::NotYet("450 later".to_owned())
}

pub fn unknown() -> LetterOutcome {
    LetterOutcome::Unknown("cut".to_owned())
}
