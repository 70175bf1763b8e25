//! The cookie that binds the forms of a visitor.

#![no_main]

curfew_fuzz::target!(VisitorCookie);
