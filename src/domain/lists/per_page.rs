//! How many rows a page of a staff list has, and where such a list ends.

use super::{
    users_filter::InvalidQuery,
    users_query::{LAST_PAGE, PageNumber},
};

/// A list ends after this many rows. Staff narrow the search instead of paging further.
const LAST_ROW: u32 = 10_000;

/// The number of rows per page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerPage(u32);

impl Default for PerPage {
    fn default() -> Self {
        Self(Self::ALL[0])
    }
}

impl PerPage {
    /// The numbers to choose from.
    pub const ALL: [u32; 3] = [20, 50, 100];

    /// The largest of them.
    pub const LARGEST: u32 = Self::ALL[2];

    /// Parses a number. An empty text is the default.
    ///
    /// # Errors
    /// Returns an error if it is not one of [`Self::ALL`].
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::ALL.into_iter().find(|number| number.to_string() == text).map(Self).ok_or(InvalidQuery)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The last page that a list with pages of this size shows.
    #[must_use]
    pub fn last_page(self) -> u32 {
        LAST_PAGE.min(LAST_ROW / self.0)
    }

    /// Whether the page is beyond the last one that the list shows.
    #[must_use]
    pub fn is_too_far(self, page: PageNumber) -> bool {
        page.get() > self.last_page()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_sizes_are_accepted() {
        assert_eq!(
            ["", "20", "50", "100"].map(|text| PerPage::parse(text).map(PerPage::get)),
            [Ok(20), Ok(20), Ok(50), Ok(100)]
        );
        for text in ["0", "25", "020", "1000", "-20", "x"] {
            assert!(PerPage::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_ends_after_the_same_number_of_rows_or_pages() {
        let is_too_far = |page: &&str, size| {
            PerPage::parse(size).expect("a size").is_too_far(PageNumber::parse(page).expect("a page"))
        };
        assert_eq!(["400", "401"].map(|page| is_too_far(&page, "20")), [false, true]);
        assert_eq!(["200", "201"].map(|page| is_too_far(&page, "50")), [false, true]);
        assert_eq!(["100", "101", "99999999999"].map(|page| is_too_far(&page, "100")), [false, true, true]);
    }
}
