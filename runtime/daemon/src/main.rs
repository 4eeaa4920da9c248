//! The kamjit server.

fn main() {}
