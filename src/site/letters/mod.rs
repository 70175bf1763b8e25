//! Sends the letters that wait in the outbox: to the mail server, or into a folder on a site without one.
//!
//! One node at a time sends a letter. Nothing here may hold up a request: sending runs in a task of its own, and holds
//! no transaction while it waits for the mail server.

mod channel;
mod folder;
mod harmless;
mod message;
mod secrets;
mod sending;
mod smtp;
mod test_letter;

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rocket::{
    Config,
    tokio::{
        sync::{Mutex as AsyncMutex, Notify, RwLock},
        time::timeout,
    },
};

use self::{
    channel::Route,
    message::{Identity, WriteError, WrittenLetter},
};
use super::{addresses::link_path, rendering::Templates};
use crate::{
    accounts::LetterToSend,
    settings::{Configuration, MailSender, Settings},
    words::letters::{Around, LetterWords},
};
pub use test_letter::TestLetter;
pub(crate) use test_letter::send_test_letter;

/// The sender of the site's letters. Clones share it.
#[derive(Debug, Clone)]
pub struct Letters(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    route: Route,
    sender: MailSender,
    settings: Settings,
    /// Where the site is, by its settings and in fact: the system may choose the port.
    configured_origin: String,
    origin: OnceLock<String>,
    templates: Templates,
    is_stopping: AtomicBool,
    stopped: Notify,
    /// Read while letters are sent.
    sending: RwLock<()>,
    /// Held while a connection is opened.
    opening: AsyncMutex<()>,
    /// What last kept letters from being sent.
    trouble: Mutex<Option<String>>,
}

impl Letters {
    pub(super) fn new(configuration: &Configuration, templates: Templates) -> Self {
        Self(Arc::new(Inner {
            route: match &configuration.mail_server {
                Some(server) => Route::Server(server.clone()),
                None => Route::Folder(configuration.mail_folder()),
            },
            sender: configuration.mail_sender(),
            settings: configuration.settings.clone(),
            configured_origin: configuration.origin(),
            origin: OnceLock::new(),
            templates,
            is_stopping: AtomicBool::new(false),
            stopped: Notify::new(),
            sending: RwLock::default(),
            opening: AsyncMutex::default(),
            trouble: Mutex::default(),
        }))
    }

    /// Notes where the server listens, for the links of a site without `base_url`.
    pub(super) fn listen_at(&self, config: &Config) {
        self.0.origin.get_or_init(|| self.0.settings.origin(config));
    }

    /// Stops after the current letters.
    pub(super) fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::SeqCst);
        self.0.stopped.notify_one();
    }

    /// Waits until no letter is being sent, at most for a while: one that is interrupted may be sent twice.
    pub(super) async fn finish(&self, limit: Duration) {
        if timeout(limit, self.0.sending.write()).await.is_err() {
            log::warn!("stopping while a letter is being sent; it may be sent once more");
        }
    }

    fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::SeqCst)
    }

    fn write(&self, letter: &LetterToSend) -> Result<WrittenLetter, WriteError> {
        let origin = self.origin(letter.origin.as_deref());
        let Inner { templates, sender, settings, .. } = &*self.0;
        let (purpose, token) = &letter.link;
        let root = templates.root().seen();
        let link = format!("{origin}{root}{}{}", link_path(*purpose), token.reveal());
        let lifetimes = (settings.reset_link_lifetime, settings.verification_link_lifetime);
        let words = LetterWords::of(letter, Around { site_name: &settings.site_name, link: &link, lifetimes });
        message::write(templates, sender, identity(letter), (words, &settings.site_name, origin))
    }

    /// Where the links in a letter lead. Only a site without `base_url` believes the request.
    fn origin<'a>(&'a self, of_request: Option<&'a str>) -> &'a str {
        let Inner { settings, configured_origin, origin, .. } = &*self.0;
        let of_request = of_request.filter(|_| settings.base_url.is_none());
        of_request.unwrap_or_else(|| origin.get().unwrap_or(configured_origin))
    }

    /// Logs what keeps letters from being sent once, and its end.
    fn report(&self, trouble: Option<&str>) {
        let mut known = self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_deref() == trouble {
            return;
        }
        match (trouble, &self.0.route) {
            (Some(error), Route::Server(server)) => {
                log::warn!("letters wait, will retry: the mail server {server:?}: {error}");
            }
            (Some(error), Route::Folder(folder)) => {
                log::warn!("letters wait, will retry: the folder {}: {error}", folder.display());
            }
            (None, _) => log::warn!("letters are sent again"),
        }
        *known = trouble.map(str::to_owned);
    }
}

fn identity(letter: &LetterToSend) -> Identity<'_> {
    Identity { id: letter.id, queued_at: letter.queued_at, kind: letter.kind.code(), recipient: &letter.address }
}
