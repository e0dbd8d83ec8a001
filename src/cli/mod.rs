//! From the command line and the environment to a [`Plan`]. Only this room sees all options.
//!
//! ```text
//! words ─getopt_errors─► clap (command ◄─ option_id) ─occurrences─► settings ─► input, reports ─► plan ─► Request
//!                        └─error─► getopt_errors ─► UsageError
//! ```
//!
//! An option is declared once, in `option_id`. `parse` takes the options in the order in which they were typed, as
//! getopt does; of contradicting options the last one wins. It returns the first error only, with GNU du's message
//! byte for byte where GNU du has the option. It reads the files of `--exclude-from`, the time zone and, for an
//! export, the type of the operand; it walks nothing.

mod command;
mod diff;
mod environment;
mod excluded_types;
mod explore;
mod getopt_errors;
mod growth_limit;
mod history;
mod input;
mod local_zone;
mod old_snapshot;
mod option_id;
mod parse;
mod part;
mod plan;
mod reports;
mod role;
mod settings;
mod show_options;
mod snapshot;
mod terminal_options;
mod time_style;
mod usage_error;
mod values;

pub use self::command::command;
pub use self::diff::{DiffPlan, EarlierState, NewState};
pub use self::environment::Environment;
pub use self::explore::{Access, ExplorePlan, ExploreVariables, may_explore};
pub use self::growth_limit::GrowthLimit;
pub use self::input::InputSource;
pub use self::parse::{Request, parse, program_name};
pub use self::plan::Plan;
pub use self::snapshot::store_that_may_be_opened;
pub use self::usage_error::UsageError;
