//! Templates for reasons: superusers write them, staff choose from them.

mod add_template;
mod delete_template;
mod read_templates;
