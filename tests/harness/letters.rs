//! The letters that a site has sent into its folder.

use std::{collections::BTreeSet, fs, path::PathBuf};

use curfew::{
    accounts::{Accounts, Client, Node},
    domain::letters::link::{LinkPurpose, LinkToken},
    site::Letters,
    store::links::{NewLink, insert_link, insert_link_token},
};

use super::site::Site;

/// A letter, as text.
#[derive(Debug, Clone)]
pub struct Letter {
    pub file: PathBuf,
    pub text: String,
}

impl Letter {
    /// The value of a header.
    pub fn header(&self, name: &str) -> &str {
        let line = self.text.lines().find(|line| line.starts_with(&format!("{name}: ")));
        line.and_then(|line| line.split_once(": ")).map_or("", |(_, value)| value)
    }

    /// The path of the link in the letter, such as `/not-me/…`.
    pub fn link(&self) -> String {
        // Quoted-printable breaks long lines.
        let text = self.text.replace("=\r\n", "").replace("=3D", "=");
        let (at, path) = ["/password/reset/", "/email/verify/", "/not-me/"]
            .into_iter()
            .find_map(|path| text.find(path).map(|at| (at, path)))
            .expect("a letter has a link");
        let token: String = text[at + path.len()..].chars().take_while(char::is_ascii_alphanumeric).collect();
        assert_eq!(token.len(), 32, "{text}");
        format!("{path}{token}")
    }

    /// Where the link leads, such as `http://curfew.test`.
    pub fn origin(&self) -> String {
        let text = self.text.replace("=\r\n", "");
        let (before, _) = text.split_once(&self.link()).expect("a link");
        before[before.rfind("http").expect("an origin")..].to_owned()
    }
}

impl Site {
    /// Sends the letters that are due, and returns those that were sent, oldest first.
    pub async fn sends_letters(&self) -> Vec<Letter> {
        let before = self.letter_files();
        let state = self.rocket();
        let (letters, accounts, node) = (state.state::<Letters>(), state.state::<Accounts>(), state.state::<Node>());
        let (letters, accounts, node) = (letters.expect("state"), accounts.expect("state"), node.expect("state"));
        letters.send_due(accounts, node).await.expect("the database responds");
        let new = self.letter_files().into_iter().filter(|file| !before.contains(file));
        new.map(|file| Letter { text: fs::read_to_string(&file).expect("a letter"), file }).collect()
    }

    /// Sends the letters that are due: only one.
    pub async fn sends_letter(&self) -> Letter {
        let mut sent = self.sends_letters().await;
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    fn letter_files(&self) -> BTreeSet<PathBuf> {
        let folder = self.database.folder.path().join("mail");
        let files = fs::read_dir(folder).into_iter().flatten().map(|file| file.expect("a file").path());
        files.filter(|file| file.extension().is_some_and(|extension| extension == "eml")).collect()
    }
}

impl Site {
    /// A link to this address, as a letter that is sent now holds it.
    pub async fn link(&self, purpose: LinkPurpose, user_id: i64, address: &str) -> LinkToken {
        let accounts = self.accounts();
        let now = accounts.store().clock().process_now();
        let mut tx = accounts.store().begin().await.expect("a transaction");
        let link = NewLink { purpose, user_id, address, login_date: now, issued_at: now };
        let id = insert_link(&mut tx, &link).await.expect("a link");
        let token = LinkToken::from_random(rand::random());
        insert_link_token(&mut tx, id, &token).await.expect("a token");
        tx.commit().await.expect("a commit");
        token
    }

    /// Takes an account back as its owner does with a link of a letter.
    pub async fn takes_back(&self, user_id: i64, address: &str) {
        let token = self.link(LinkPurpose::NotMe, user_id, address).await;
        let client = Client::new("192.0.2.77".to_owned(), "a phone");
        self.accounts().take_account_back(&client, &token).await.expect("it is taken back");
    }
}
