//! The fairing that adds Curfew to a Rocket program, and its options.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rocket::{
    Build, Rocket,
    fairing::{self, AdHoc, Fairing, Info, Kind},
    http::Status,
};
use rocket_db_pools::Database as _;

use super::{
    account, addresses, catchers, entry,
    files::SiteFiles,
    home,
    letters::Letters,
    rendering::{Layout, Sources, Templates},
    routes,
    static_files::{self, StaticFiles},
    upkeep,
};
use crate::{
    accounts::{Accounts, HookResult, HookUser, Hooks, InTransaction},
    api,
    domain::path_prefix::PathPrefix,
    gate::{self, Gate, Headers, Root, find_clash, own},
    settings::{Configuration, SecretKeys, SettingsError},
    store::{
        Db,
        fleet::{redis_link::RedisLink, shared_counters::SharedCounters, token_keys::TokenKeys},
    },
};

/// Adds Curfew to a Rocket program: its pages, its API and its guards.
///
/// It reads `[default.curfew]` and `[default.databases.curfew]` of the program's own settings, and owns nothing else: the
/// program keeps its start page, its catchers, its templates, its headers and its other databases.
///
/// ```no_run
/// use curfew::{Curfew, SignedIn};
/// use rocket::{get, launch, routes};
///
/// #[get("/garden")]
/// fn garden(me: SignedIn<'_>) -> String {
///     format!("Hello, {}", me.username())
/// }
///
/// #[launch]
/// fn rocket() -> _ {
///     rocket::build().attach(Curfew::init()).mount("/", routes![garden])
/// }
/// ```
#[derive(Debug, Default)]
#[must_use = "attach it to Rocket"]
pub struct Curfew {
    options: Options,
    /// Settings that are not in the program's own, as for the demo and the tests.
    given: Option<(Configuration, SecretKeys)>,
}

/// What a program decides about Curfew.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    at: String,
    overrides: Option<PathBuf>,
    layout: Option<String>,
    has_catchers: bool,
    headers: Headers,
    /// More sources for the `Content-Security-Policy`.
    sources: Vec<String>,
    pub(crate) hooks: Hooks,
}

impl Curfew {
    /// Curfew with its default options.
    pub fn init() -> Self {
        Self::default()
    }

    /// Curfew with these settings instead of the program's.
    #[cfg(any(feature = "demo", feature = "internals"))]
    pub(crate) fn with(configuration: Configuration, keys: SecretKeys) -> Self {
        Self { given: Some((configuration, keys)), ..Self::default() }
    }

    /// Puts the pages, the API and the static files below a path, such as `/auth`. Every link and redirect follows. The
    /// session cookie is for the whole host all the same, because the program's own pages need it.
    pub fn at(self, path: impl Into<String>) -> Self {
        self.change(|options| options.at = path.into())
    }

    /// Replaces embedded templates and static files by those of a folder, and adds others from there. Debug builds load
    /// a template again when it changes. The command `eject` writes embedded files there to start from.
    pub fn overrides(self, folder: impl Into<PathBuf>) -> Self {
        self.change(|options| options.overrides = Some(folder.into()))
    }

    /// Puts the pages into a layout of the program: a Tera template in its `template_dir` with the blocks `title`, `head`
    /// and `content`. It may use what Tera itself has, and other templates of that folder.
    pub fn layout(self, template: impl Into<String>) -> Self {
        self.change(|options| options.layout = Some(template.into()))
    }

    /// Shows Curfew's error pages for the program's own errors too: 401, 403, 404, 503 and all others.
    pub fn catchers(self) -> Self {
        self.change(|options| options.has_catchers = true)
    }

    /// Decides which responses get the strict security headers. By default, those of Curfew's own pages.
    pub fn headers(self, headers: Headers) -> Self {
        self.change(|options| options.headers = headers)
    }

    /// Allows more sources in the `Content-Security-Policy`, such as `img-src https://cdn.example.org`.
    pub fn csp(self, directives: impl Into<String>) -> Self {
        self.change(|options| options.sources.push(directives.into()))
    }

    /// Calls a hook in the transaction that creates an account: at the registration, at the setup and from the command
    /// line. If the hook fails, there is no account.
    ///
    /// ```
    /// # use curfew::Curfew;
    /// Curfew::init().on_registered(|user, mut tx| {
    ///     Box::pin(async move { tx.execute("INSERT INTO gardens (owner) VALUES ($1)", &[user.id.into()]).await })
    /// });
    /// ```
    pub fn on_registered(
        self,
        hook: impl for<'h> Fn(HookUser<'h>, InTransaction<'h>) -> HookResult<'h> + Send + Sync + 'static,
    ) -> Self {
        self.change(|options| options.hooks.on_registered(hook))
    }

    /// Calls a hook in the transaction that deletes an account, before its row is deleted. If the hook fails, the account
    /// stays.
    pub fn on_deleted(
        self,
        hook: impl for<'h> Fn(HookUser<'h>, InTransaction<'h>) -> HookResult<'h> + Send + Sync + 'static,
    ) -> Self {
        self.change(|options| options.hooks.on_deleted(hook))
    }

    fn change(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// Prepares everything that may be refused. The key comes last, because it may be created.
    fn prepare(&self, rocket: &Rocket<Build>) -> Result<Site, SettingsError> {
        let configuration = match &self.given {
            Some((configuration, _)) => configuration.clone(),
            None => Configuration::read(rocket.figment().clone())?,
        };
        let parts = self.options.parts(&configuration)?;
        let (keys, keys_are_given) = match &self.given {
            Some((_, keys)) => (keys.clone(), true),
            None => (configuration.secret_keys()?, false),
        };
        Ok(Site { configuration, keys, keys_are_given, parts })
    }
}

#[rocket::async_trait]
impl Fairing for Curfew {
    fn info(&self) -> Info {
        attached::note(&self.options);
        Info { name: "Curfew", kind: Kind::Ignite | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        match self.prepare(&rocket) {
            Ok(site) => site.attach_to(rocket, &self.options).await,
            Err(error) => {
                log::error!("{error}");
                Err(rocket)
            }
        }
    }
}

/// The options of the [`Curfew`] that a program attaches, for the commands: they build the program without igniting it.
pub(crate) mod attached {
    use std::cell::RefCell;

    use super::Options;

    thread_local! {
        static LATEST: RefCell<Option<Options>> = const { RefCell::new(None) };
    }

    /// Rocket asks a fairing for its name and kind when it is attached. There is no other sign of that.
    pub(super) fn note(options: &Options) {
        LATEST.set(Some(options.clone()));
    }

    /// The options of the fairing that this thread attached last.
    pub(crate) fn take() -> Option<Options> {
        LATEST.take()
    }
}

/// What the options make of the settings.
struct Parts {
    root: Root,
    headers: Headers,
    assets: StaticFiles,
    templates: Templates,
}

impl Options {
    /// The folder of the files that replace embedded ones.
    pub(crate) fn overrides(&self) -> Option<&Path> {
        self.overrides.as_deref()
    }

    /// The root of the pages.
    pub(crate) fn root(&self, configuration: &Configuration) -> Result<Root, SettingsError> {
        let at = PathPrefix::parse(&self.at)
            .ok_or_else(|| SettingsError::new("Curfew::at", format!("{:?}", self.at), "a path such as \"/auth\""))?;
        let proxy = configuration.settings.base_url.as_ref().map(|address| address.path().clone());
        Ok(Root::new(at, proxy.unwrap_or_default()))
    }

    /// The templates, with what they need.
    pub(crate) fn templates(&self, configuration: &Configuration) -> Result<Templates, SettingsError> {
        let files = SiteFiles::new(self.overrides.clone());
        let root = self.root(configuration)?;
        let assets = StaticFiles::load(&files, &root)?;
        let layout = self.layout.as_ref().map(|name| Layout::new(name, &configuration.figment));
        Templates::load(Sources { files, assets, root, layout })
    }

    /// Refuses templates of the program that are malformed. The embedded ones are not, and parsing all takes time.
    pub(crate) fn check_own_templates(&self, configuration: &Configuration) -> Result<(), SettingsError> {
        let has_own = self.layout.is_some() || self.overrides().is_some_and(Path::exists);
        if has_own { self.templates(configuration).map(drop) } else { Ok(()) }
    }

    fn parts(&self, configuration: &Configuration) -> Result<Parts, SettingsError> {
        configuration.must_have_origin()?;
        let mut headers = self.headers.clone();
        for directives in &self.sources {
            headers.allow(directives).map_err(|refused| {
                SettingsError::new("Curfew::csp", format!("{refused:?}"), "a directive of the policy, and sources")
            })?;
        }
        let templates = self.templates(configuration)?;
        let (root, assets) = (templates.root().clone(), templates.assets().clone());
        Ok(Parts { root, headers, assets, templates })
    }
}

struct Site {
    configuration: Configuration,
    keys: SecretKeys,
    /// Whether the keys are not those of the program.
    keys_are_given: bool,
    parts: Parts,
}

impl Site {
    async fn attach_to(self, rocket: Rocket<Build>, options: &Options) -> fairing::Result {
        let Self { configuration, keys, keys_are_given, parts: Parts { root, headers, assets, templates } } = self;
        let settings = Arc::new(configuration.settings.clone());
        if settings.base_url.is_none() && !settings.trusted_proxies.is_empty() {
            log::warn!(
                "base_url is not set: behind a trusted proxy, its X-Forwarded-Proto decides whether cookies are Secure; \
                 set base_url to the address that users open"
            );
        }
        let mut figment = rocket.figment().clone().merge(("databases.curfew.url", configuration.database.reveal()));
        if keys_are_given || !configuration.has_secret_key() {
            figment = figment.merge(("secret_key", keys.current.reveal()));
        }
        let letters = Letters::new(&configuration, templates.clone());
        let mount_point = root.mount_point().to_owned();
        let is_apart = root.is_apart();
        // Here and not in a fairing of its own, which Rocket would run after all that the program has attached. The
        // tables of the program may refer to Curfew's.
        let rocket = Db::init().on_ignite(rocket.configure(figment)).await?;
        let rocket = rocket
            .attach(upkeep::stage(&keys))
            .attach(use_cases(Arc::clone(&settings), keys.clone(), (configuration.redis, options.hooks.clone())))
            .attach(watch_connections())
            .manage(addresses::ADDRESSES)
            .manage(templates)
            .manage(letters)
            .attach(catchers::LeadToLogin)
            .attach(gate::stage(Gate::new(settings, &keys, root, headers)))
            .attach(entry::setup_code::printer())
            .attach(static_files::stage(assets))
            .attach(home::stage())
            .attach(api::stage())
            .mount(mount_point.as_str(), own(routes(), catchers::answer_error, Status::NotFound))
            .mount("/", own(account::password::well_known_route(), catchers::answer_error, Status::NotFound))
            .mount(mount_point.as_str(), own(api::routes(), api::answer_error, Status::BadRequest));
        if let Some(route) = find_clash(&rocket) {
            log::error!(
                "{} {} is an address of Curfew and of this program; use another, or `.at(\"/auth\")` for Curfew's",
                route.method,
                route.uri.path()
            );
            return Err(rocket);
        }
        if is_apart || options.has_catchers {
            let api_base = format!("{}{}", mount_point.trim_end_matches('/'), api::BASE);
            let base = if options.has_catchers { "/" } else { mount_point.as_str() };
            let own = catchers::catchers(|code| {
                rocket.catchers().any(|catcher| catcher.code == code && catcher.base.path().as_str() == base)
            });
            return Ok(rocket.register(base, own).register(api_base, api::catchers()));
        }
        Ok(rocket)
    }
}

/// Manages the use cases: all for guards and Curfew's own handlers, and those of a host.
fn use_cases(
    settings: Arc<crate::settings::Settings>,
    keys: SecretKeys,
    (redis, hooks): (Option<crate::settings::RedisAddress>, Hooks),
) -> AdHoc {
    AdHoc::try_on_ignite("Use cases", |rocket| async move {
        let Some(db) = Db::fetch(&rocket) else { return Err(rocket) };
        let redis = match redis.as_ref().map(RedisLink::to).transpose() {
            Ok(redis) => redis,
            Err(error) => {
                log::error!("{error}");
                return Err(rocket);
            }
        };
        if let Some(redis) = &redis {
            redis.warn_of_lossy_settings().await;
        }
        let counters = SharedCounters::of(db, redis.clone());
        let token_keys = TokenKeys::of((**db).clone(), redis);
        let accounts =
            Accounts::new((**db).clone(), settings).hashing_with(&keys).counting_with(counters).calling(hooks);
        Ok(rocket.manage(super::Accounts::new(accounts.clone())).manage(accounts).manage(token_keys))
    })
}

/// Lets waiting logins notice that their client has hung up.
fn watch_connections() -> AdHoc {
    AdHoc::on_liftoff("Connections", |rocket| {
        Box::pin(async {
            if let Some(accounts) = rocket.state::<Accounts>() {
                accounts.watch_connections(rocket.config().port).await;
            }
        })
    })
}
