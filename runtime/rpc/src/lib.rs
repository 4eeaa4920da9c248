//! See docs/src/architecture.md.
