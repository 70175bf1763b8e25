//! The console of staff.

mod bulk;
mod bulk_result;
mod end_logins;
mod events;
mod events_csv;
mod finder;
mod fresh;
mod mail;
mod overview;
mod page_sizes;
mod paste;
mod people;
mod reason_templates;
mod site_logins;
mod user_page;
