//! The list of the directories that were handed over (`--rest`): absolute paths with a NUL after each, for
//! `--files0-from`. The paths show the root of the scan: see [`scan_path`].

use super::interface::{Format, Warning};
use crate::count::record::Record;
use crate::count::scan_path;
use crate::count::visitor::Absence;
use crate::sys::failure::Failure;

/// See the module.
#[derive(Debug, Default)]
pub struct RestList {
    /// Length of the path of the current operand.
    operand: usize,
}

impl Format for RestList {
    fn enter(&mut self, record: &Record<'_>, _: Option<Failure>, _: &mut Vec<u8>) {
        if record.depth == 0 {
            self.operand = record.path.len();
        }
    }

    fn record(&mut self, _: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
        None
    }

    fn absent(&mut self, record: &Record<'_>, absence: Absence, out: &mut Vec<u8>) {
        if absence == Absence::HandedOver {
            let operand = match record.depth {
                0 => record.path.len(),
                _ => self.operand,
            };
            scan_path::push_marked(record.path, operand, out);
            out.push(0);
        }
    }
}
