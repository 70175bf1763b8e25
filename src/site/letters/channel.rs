//! The ways for letters: the mail server, or the folder of a site without one.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use rocket::tokio::task::spawn_blocking;

use super::{
    Letters, folder,
    message::{Identity, WrittenLetter},
    smtp::{Connection, Delivery, Then},
};
use crate::{
    accounts::LetterOutcome,
    settings::{BaseUrl, MailServer},
};

/// Where letters go.
#[derive(Debug, Clone)]
pub(super) enum Route {
    Server(MailServer),
    Folder(PathBuf),
}

/// An open way to the mail server or to the folder.
pub(super) enum Channel<'a> {
    Server(Box<Connection>),
    Folder(&'a Path),
}

impl Letters {
    /// Connects to the mail server.
    pub(super) async fn open(&self) -> Result<Channel<'_>, String> {
        Ok(match &self.0.route {
            Route::Server(server) => Channel::Server(Box::new(Connection::open(server, self.host()).await?)),
            Route::Folder(folder) => Channel::Folder(folder),
        })
    }

    /// The name of this host for the mail server.
    fn host(&self) -> Option<&str> {
        let host = self.0.settings.base_url.as_ref().map(BaseUrl::host)?;
        let is_name = host.is_ascii() && !host.starts_with('[') && host.parse::<IpAddr>().is_err();
        is_name.then_some(host)
    }
}

/// Writes a letter to the folder, and names its file in the log: without a mail server, that is how people find it.
pub(super) async fn put(folder: &Path, identity: Identity<'_>, letter: WrittenLetter) -> Delivery {
    let (folder, name) = (folder.to_owned(), folder::name(identity));
    let put = spawn_blocking(move || folder::put(&folder, &name, &letter)).await;
    match put {
        Ok(Ok(path)) => {
            log::warn!("a letter of kind {} is in {}", identity.kind, path.display());
            Delivery::before_data(LetterOutcome::Sent, Then::Next)
        }
        Ok(Err(error)) => Delivery::before_data(LetterOutcome::NotYet(error.to_string()), Then::Stop),
        Err(error) => Delivery::before_data(LetterOutcome::NotYet(error.to_string()), Then::Stop),
    }
}
