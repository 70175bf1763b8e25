//! A shell that is rendered once and used for many requests.
//!
//! It contains no personal value: it has a gap for each one, and every page fills the gaps with the values of its own
//! request.

use std::borrow::Cow;

use serde_json::{Value, json};
use tera::{Context, Tera, escape_html};

use super::shell::{Shell, ShellUser};

/// The block that contains a page's own content.
const CONTENT: &str = "content";
/// How the debug output of Tera's syntax tree shows a use of the view, or of the whole context.
const VIEW: [&str; 5] = ["\"view\"", "\"view.", "\"view[", "[view", "\"__tera_context\""];
/// A placeholder for the content. Unicode reserves this character and the marks of the gaps for use inside a program, so
/// they do not occur in text.
const CONTENT_MARK: char = '\u{fdd0}';

/// A personal value. The shell only prints it, and uses it in no filter and no condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Username,
    LoginUs,
    NowMs,
    CsrfToken,
}

impl Gap {
    const ALL: [Self; 4] = [Self::Username, Self::LoginUs, Self::NowMs, Self::CsrfToken];

    /// The placeholder that the shell is rendered with.
    const fn mark(self) -> char {
        match self {
            Self::Username => '\u{fdd1}',
            Self::LoginUs => '\u{fdd2}',
            Self::NowMs => '\u{fdd3}',
            Self::CsrfToken => '\u{fdd4}',
        }
    }

    fn value<'a>(self, shell: &Shell<'a>) -> Cow<'a, str> {
        let user = shell.user.as_ref();
        match self {
            Self::Username => user.map(|user| user.username.into()).unwrap_or_default(),
            Self::LoginUs => user.map(|user| user.login_us.to_string().into()).unwrap_or_default(),
            Self::NowMs => user.map(|user| user.now_ms.to_string().into()).unwrap_or_default(),
            Self::CsrfToken => shell.csrf_token.unwrap_or_default().into(),
        }
    }
}

/// The parts of a shell before and after the content.
#[derive(Debug)]
pub(super) struct KeptShell {
    before: Gapped,
    after: Gapped,
}

impl KeptShell {
    /// Renders the shell of a template. Returns `None` if a block other than the content uses the view, or if the base
    /// template has no gap for the content. Tera must then render the whole page each time.
    pub(super) fn render(tera: &Tera, template: &str, shell: &Shell<'_>) -> Option<Self> {
        if uses_view(tera, template).ok()? {
            return None;
        }
        let context = Context::from_value(json!({ "shell": with_marks(shell), "gap": CONTENT_MARK })).ok()?;
        let text = tera.render(template, &context).ok()?;
        let (before, after) = text.split_once(CONTENT_MARK)?;
        Some(Self { before: Gapped::split(before), after: Gapped::split(after) })
    }

    /// Writes a page: the shell with the personal values of this request, around the content.
    pub(super) fn write_around(
        &self,
        shell: &Shell<'_>,
        body: &mut Vec<u8>,
        content: impl FnOnce(&mut Vec<u8>) -> tera::Result<()>,
    ) -> tera::Result<()> {
        self.before.write(shell, body);
        content(body)?;
        self.after.write(shell, body);
        Ok(())
    }
}

/// A text with gaps.
#[derive(Debug)]
struct Gapped {
    /// Each text with the gap that follows it.
    parts: Vec<(String, Gap)>,
    end: String,
}

impl Gapped {
    fn split(mut text: &str) -> Self {
        let next = |text: &str| {
            text.char_indices().find_map(|(at, c)| Some((at, Gap::ALL.into_iter().find(|gap| gap.mark() == c)?)))
        };
        let mut parts = Vec::new();
        while let Some((at, gap)) = next(text) {
            parts.push((text[..at].to_owned(), gap));
            text = &text[at + gap.mark().len_utf8()..];
        }
        Self { parts, end: text.to_owned() }
    }

    fn write(&self, shell: &Shell<'_>, body: &mut Vec<u8>) {
        for (text, gap) in &self.parts {
            body.extend_from_slice(text.as_bytes());
            body.extend_from_slice(escape_html(&gap.value(shell)).as_bytes());
        }
        body.extend_from_slice(self.end.as_bytes());
    }
}

/// The context for rendering a shell with gaps: every personal value is replaced by its mark.
fn with_marks(shell: &Shell<'_>) -> Value {
    let user = |user: &ShellUser<'_>| {
        json!({
            "username": Gap::Username.mark(),
            "is_staff": user.is_staff,
            "is_superuser": user.is_superuser,
            "login_us": Gap::LoginUs.mark(),
            "now_ms": Gap::NowMs.mark(),
            "ends": null,
        })
    };
    json!({
        "site_name": shell.site_name,
        "path": shell.path,
        "address": shell.address,
        "is_error": shell.is_error,
        "user": shell.user.as_ref().map(user),
        "csrf_token": shell.csrf_token.map(|_| Gap::CsrfToken.mark()),
        "registration_open": shell.registration_open,
        "notice": null,
    })
}

/// Whether a block other than the content uses the view, in the template or in one that it extends.
fn uses_view(tera: &Tera, template: &str) -> tera::Result<bool> {
    let page = tera.get_template(template)?;
    for name in page.parents.iter().chain([&page.name]) {
        let template = tera.get_template(name)?;
        let blocks = template.blocks.iter().filter(|(name, _)| *name != CONTENT).map(|(_, block)| &block.body);
        let root = template.parent.is_none().then_some(&template.ast);
        if blocks.chain(root).map(|nodes| format!("{nodes:?}")).any(|tree| VIEW.iter().any(|name| tree.contains(name)))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
