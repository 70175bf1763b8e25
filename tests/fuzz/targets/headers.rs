//! The headers by which a form says where it comes from, and the browser what it is.

#![no_main]

curfew_fuzz::target!(Headers);
