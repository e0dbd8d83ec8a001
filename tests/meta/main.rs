//! Is the repository in order? Imports, names and length of the sources, the documents, the dependencies, the packages.

#![allow(clippy::disallowed_methods, reason = "these rules are for src")]

#[path = "../support/mod.rs"]
mod support;

mod dependencies;
#[cfg(feature = "explore")] // the manual has its keys
mod documents;
mod packages;
mod tidy;
