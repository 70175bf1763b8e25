//! What the finder of the staff pages finds.

use curfew::{
    accounts::{ForceLogoutMoment, Found, LoginCounts},
    domain::{
        lists::finder_query::FinderQuery,
        people::{role::Role, username::Username},
    },
};

use crate::house::{House, Person, on_each_engine, operator, reasons};

async fn find(house: &House, text: &str) -> Found {
    let query = FinderQuery::parse(text).expect("a query").expect("a text");
    house.accounts.find(&query).await.expect("an answer")
}

async fn names(house: &House, text: &str) -> Vec<String> {
    find(house, text).await.users.into_iter().map(|found| found.user.username).collect()
}

#[rocket::async_test]
async fn the_best_match_comes_first_and_only_eight_are_listed() {
    on_each_engine(async |house| {
        for name in ["banana", "ana.lima", "ana", "ANAis", "李雷", "q_x"] {
            house.member(name).await;
        }
        assert_eq!(names(house, "ana").await, ["ana", "ana.lima", "ANAis", "banana"], "whole, beginning, inside");
        assert_eq!(names(house, " ANA.L ").await, ["ana.lima"]);
        assert_eq!(names(house, "nana@exa").await, ["banana"]);
        assert_eq!(names(house, "ana@example.org").await, ["ana", "banana"], "the whole email before a part of one");
        assert_eq!(names(house, "雷").await, ["李雷"]);
        for (text, found) in [("_x", vec!["q_x"]), ("_", vec!["q_x"]), ("%", vec![]), ("nobody", vec![]), ("'", vec![])]
        {
            assert_eq!(names(house, text).await, found, "{text}");
        }
        assert!(!find(house, "ana").await.more_users);
        for number in 0..9 {
            house.member(&format!("many{number}")).await;
        }
        let many = find(house, "many").await;
        assert_eq!((many.users.len(), many.more_users), (8, true));
        let many = find(house, "any").await;
        assert_eq!((many.users.len(), many.more_users), (8, true), "inside of the names");
    })
    .await;
}

#[rocket::async_test]
async fn only_a_whole_name_or_id_is_exact() {
    on_each_engine(async |house| {
        let (ana, ben) = (house.member("ana").await, house.member("ben").await);
        for (text, exact) in [
            ("ana", Some(ana.id)),
            ("ANA", Some(ana.id)),
            ("ben@EXAMPLE.org", Some(ben.id)),
            (&ben.id.to_string(), Some(ben.id)),
            ("an", None),
            ("ben@", None),
            ("0", None),
        ] {
            assert_eq!(find(house, text).await.exact, exact, "{text}");
        }
        // A username that is the id of somebody else is exact for two users.
        let number = house.member(&ana.id.to_string()).await;
        let found = find(house, &ana.id.to_string()).await;
        assert_eq!(found.exact, None);
        let ids: Vec<i64> = found.users.iter().map(|found| found.user.id).collect();
        assert_eq!(ids[..2], [number.id, ana.id]);
    })
    .await;
}

#[rocket::async_test]
async fn each_user_has_the_live_count_of_the_rule() {
    on_each_engine(async |house| {
        let (ana, anais) = (house.member("ana").await, house.member("anais").await);
        let live = async || find(house, "ana").await.users.iter().map(|found| found.live.sessions).collect::<Vec<_>>();
        for person in [&ana, &ana, &anais] {
            house.log_in(person).await;
        }
        assert_eq!(live().await, [2, 1]);
        house.force_logout(&ana, ForceLogoutMoment::Now).await;
        assert_eq!(live().await, [0, 1]);
        house.everyone_out(ForceLogoutMoment::Now).await;
        assert_eq!(live().await, [0, 0]);
        assert_eq!(find(house, "anais").await.users[0].live, LoginCounts::default());
    })
    .await;
}

#[rocket::async_test]
async fn a_login_is_found_by_its_id_with_its_user_while_the_account_exists() {
    on_each_engine(async |house| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let of = async |text: &str| {
            find(house, text).await.login.map(|found| (found.login.ended.is_none(), found.user.map(|user| user.id)))
        };
        assert_eq!(of(login.id.as_str()).await, Some((true, Some(ana.id))));
        assert_eq!(of(&login.id.as_str().to_uppercase()).await, Some((true, Some(ana.id))));
        assert_eq!(of("aaaaaaaaaaaaaaaa").await, None);
        house.force_logout(&ana, ForceLogoutMoment::Now).await;
        assert_eq!(of(login.id.as_str()).await, Some((false, Some(ana.id))));
        house.accounts.delete_user(&operator(), &ana.target(), &reasons()).await.expect("a deletion");
        assert_eq!(of(login.id.as_str()).await, Some((false, None)));
    })
    .await;
}

/// A text in the finder may have any characters that a name may have.
#[rocket::async_test]
async fn every_user_is_found_by_every_part_of_the_name() {
    on_each_engine(async |house| {
        let people: Vec<Person> = [
            house.person("Straße.7", Role::Staff).await,
            house.person("Ωmega+x", Role::Superuser).await,
            house.person("zoë_y-z", Role::Member).await,
        ]
        .into();
        for Person { name, .. } in &people {
            let characters: Vec<char> = name.chars().collect();
            for start in 0..characters.len() {
                for end in start + 1..=characters.len() {
                    let part: String = characters[start..end].iter().collect();
                    let key = Username::parse(name).expect("a username").key().clone();
                    assert!(names(house, &part).await.contains(name), "{part} of {key}");
                }
            }
        }
    })
    .await;
}
