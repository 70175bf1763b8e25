//! A template for reasons, which superusers write and staff choose from.

use super::{
    people::text::{comparison_key, is_forbidden},
    reason_text::Reasons,
};

/// The maximum length of a title, in characters.
pub const TITLE_CHARACTERS: usize = 60;
/// The maximum number of templates: a page with a form has them all.
pub const MOST_TEMPLATES: u16 = 20;

/// The title of a template, by which staff choose it. Each belongs to one template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonTitle(String);

/// Why a title is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonTitleError {
    /// Empty.
    Empty,
    /// More than 60 characters.
    TooLong,
    /// Control or invisible characters.
    Characters,
}

/// A new template.
#[derive(Debug, Clone)]
pub struct NewReasonTemplate {
    /// The title.
    pub title: ReasonTitle,
    /// The texts. At least one is given.
    pub reasons: Reasons,
}

/// A template without a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoReason;

impl ReasonTitle {
    /// Parses a title.
    ///
    /// # Errors
    /// Returns an error if the text is empty or too long, or contains control or bidirectional characters.
    pub fn parse(text: &str) -> Result<Self, ReasonTitleError> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(ReasonTitleError::Empty),
            n if n > TITLE_CHARACTERS => Err(ReasonTitleError::TooLong),
            _ if text.chars().any(is_forbidden) => Err(ReasonTitleError::Characters),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The title.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which it is unique.
    #[must_use]
    pub fn key(&self) -> String {
        comparison_key(&self.0)
    }
}

impl NewReasonTemplate {
    /// A template with at least one text.
    ///
    /// # Errors
    /// Returns an error if both reasons are empty.
    pub fn new(title: ReasonTitle, reasons: Reasons) -> Result<Self, NoReason> {
        let has_text = reasons.for_staff.as_deref().is_some() || reasons.for_user.as_deref().is_some();
        has_text.then_some(Self { title, reasons }).ok_or(NoReason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason_text::ReasonText;

    #[test]
    fn a_title_is_one_short_line_of_visible_text() {
        let title = |text: &str| ReasonTitle::parse(text).map(|title| title.as_str().to_owned());
        assert_eq!(title(" Lost laptop "), Ok("Lost laptop".to_owned()));
        assert_eq!(title(&"é".repeat(60)).map(|title| title.chars().count()), Ok(60));
        assert_eq!(title("  "), Err(ReasonTitleError::Empty));
        assert_eq!(title(&"é".repeat(61)), Err(ReasonTitleError::TooLong));
        for text in ["a\nb", "a\0b", "a\u{202e}b"] {
            assert_eq!(title(text), Err(ReasonTitleError::Characters), "{text:?}");
        }
        let key = |text| ReasonTitle::parse(text).map(|title| title.key());
        assert_eq!(key("LOST laptop"), key("lost Laptop"));
    }

    #[test]
    fn a_template_has_at_least_one_text() {
        let title = ReasonTitle::parse("Lost").expect("a title");
        let text = |text| ReasonText::parse(text).expect("a reason");
        let new = |staff, user| {
            NewReasonTemplate::new(title.clone(), Reasons { for_staff: text(staff), for_user: text(user) }).map(drop)
        };
        assert_eq!((new("a", ""), new("", "b"), new("", " ")), (Ok(()), Ok(()), Err(NoReason)));
    }
}
