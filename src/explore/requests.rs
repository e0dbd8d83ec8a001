//! What the keys ask for beyond the browser.

use super::browser::request::{Message, Request};
use super::session::{Ending, Session};

impl Session<'_> {
    pub(super) fn request(&mut self, request: Request) {
        match request {
            Request::Quit => self.ending = Some(Ending::Quit),
            Request::QuitAndPrint(paths) => self.ending = Some(Ending::Print(paths)),
            Request::StopWalk => self.stop_reading(),
            Request::Suspend => self.suspend(),
            Request::Redraw => self.terminal.redraw(),
            Request::CopyText(text) => {
                let copied = self.terminal.copy(&String::from_utf8_lossy(&text));
                self.check(copied);
            }
            Request::ReadAgain(_)
            | Request::Shell(_)
            | Request::Pager(_)
            | Request::Open(_)
            | Request::Export(_)
            | Request::ExportOver(_)
            | Request::Delete(_)
            | Request::MoveToTrash(_)
            | Request::StopRemoval(_) => self.browser.say(Message::warning("not yet")),
        }
    }
}
