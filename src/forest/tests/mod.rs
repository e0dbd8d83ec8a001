//! Tests of the tree as a whole.

mod listings;
mod live;
mod model;
mod walk;
