//! The way of a line to the sink.

use super::change::{Change, Sink};

/// See the module.
pub(super) struct Output {
    pub(super) sink: Box<dyn Sink>,
    /// The path of the root in the output.
    pub(super) root: Vec<u8>,
}

impl Output {
    /// Gives a line to the sink. Its paths are those below the root.
    pub(super) fn write(&mut self, mut line: Change, out: &mut Vec<u8>) {
        line.path = self.whole(&line.path);
        line.from = line.from.map(|path| self.whole(&path));
        self.sink.change(&line, out);
    }

    fn whole(&self, path: &[u8]) -> Vec<u8> {
        match path {
            b"" => self.root.clone(),
            path => {
                let root = self.root.strip_suffix(b"/").unwrap_or(&self.root);
                [root, path].concat()
            }
        }
    }
}
