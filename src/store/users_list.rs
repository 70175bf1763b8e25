//! The staff's list of users.
