//! Databases and disks that fail, and servers that are killed.

mod bulk;
mod failover;
mod full_disk;
