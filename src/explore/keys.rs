//! The keys: one table of keys, actions and words. The help panel is made from it; the manual and the README are checked
//! against it.

use super::terminal::{Key, KeyCode};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The row above.
    Up,
    /// The row below.
    Down,
    /// The rows of one page above.
    PageUp,
    /// The rows of one page below.
    PageDown,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// Enters the directory, or shows the information of another entry.
    Enter,
    /// The directory above.
    Parent,
    /// Sort by the shown measure.
    SortSize,
    /// Sort by name.
    SortName,
    /// Sort by the number of entries.
    SortCount,
    /// Sort by time.
    SortTime,
    /// The column of the number of entries.
    ToggleCount,
    /// The column of the time.
    ToggleTime,
    /// The column of the owner.
    ToggleOwner,
    /// Directories before other entries.
    ToggleDirectoriesFirst,
    /// Hides entries whose name begins with a dot, and excluded ones.
    ToggleHidden,
    /// The next measure.
    NextMeasure,
    /// The column of shared or unique sizes.
    NextShared,
    /// Bar and per cent.
    NextGraph,
    /// All about one entry.
    Information,
    /// What could not be read or removed.
    Errors,
    /// This table.
    Help,
    /// Reads the shown directory again.
    ReadShown,
    /// Reads the selected directory again.
    ReadSelected,
    /// Marks the entry, or removes its mark, and moves down.
    Mark,
    /// Inverts the marks of the shown rows.
    InvertMarks,
    /// All marks.
    Marks,
    /// Asks for the removal of the marks, or of the selected entry.
    Remove,
    /// Shows only the rows with matching names.
    Filter,
    /// Finds entries below.
    Find,
    /// The largest files below.
    Largest,
    /// A shell in the shown directory.
    Shell,
    /// The selected file in a pager.
    Pager,
    /// The selected entry in its program.
    Open,
    /// Writes an export.
    Export,
    /// Copies the path.
    Copy,
    /// Ends the explorer.
    Quit,
    /// Ends the explorer and prints the marks, or the path.
    QuitAndPrint,
    /// Closes what is open.
    Close,
    /// Stops the walk; ends the explorer if there is none.
    Interrupt,
    /// Stops the process, as Ctrl-Z does.
    Suspend,
    /// Draws the whole screen anew.
    Redraw,
}

/// A part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The cursor.
    Move,
    /// What the rows show, and in which order.
    Show,
    /// More about an entry.
    Inform,
    /// Names.
    Find,
    /// Marks and what they are for.
    Remove,
    /// Other programs and files.
    Run,
    /// The end.
    Leave,
}

impl Topic {
    /// The topics in their order.
    pub const ALL: [Self; 7] = [
        Self::Move,
        Self::Find,
        Self::Run,
        Self::Inform,
        Self::Show,
        Self::Remove,
        Self::Leave,
    ];

    /// The heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Show => "Order (again: reverse), columns",
            Self::Inform => "Information",
            Self::Find => "Find",
            Self::Remove => "Mark and remove",
            Self::Run => "Other programs",
            Self::Leave => "Leave",
        }
    }
}

/// A line of the table.
#[derive(Debug)]
pub struct KeyHelp {
    /// Its part.
    pub topic: Topic,
    /// Each key of the line, and its action.
    pub keys: &'static [(Key, Action)],
    /// What the keys do, in the order of the keys.
    pub text: &'static str,
}

const fn char(char: char) -> Key {
    code(KeyCode::Char(char))
}

const fn control(char: char) -> Key {
    Key {
        code: KeyCode::Char(char),
        control: true,
    }
}

const fn code(code: KeyCode) -> Key {
    Key {
        code,
        control: false,
    }
}

const fn line(topic: Topic, keys: &'static [(Key, Action)], text: &'static str) -> KeyHelp {
    KeyHelp { topic, keys, text }
}

/// The mouse has no keys, but a line of the help.
pub const MOUSE: (&str, &str) = ("mouse", "wheel; 2 clicks enter");

/// See the module. A test holds that no key stands in it twice.
pub const KEYS: &[KeyHelp] = &[
    line(
        Topic::Move,
        &[
            (code(KeyCode::Up), Action::Up),
            (code(KeyCode::Down), Action::Down),
            (char('k'), Action::Up),
            (char('j'), Action::Down),
        ],
        "one row",
    ),
    line(
        Topic::Move,
        &[
            (code(KeyCode::PageUp), Action::PageUp),
            (code(KeyCode::PageDown), Action::PageDown),
            (control('b'), Action::PageUp),
            (control('f'), Action::PageDown),
            (control('u'), Action::HalfUp),
            (control('d'), Action::HalfDown),
        ],
        "page, half page",
    ),
    line(
        Topic::Move,
        &[
            (code(KeyCode::Home), Action::First),
            (code(KeyCode::End), Action::Last),
            (char('H'), Action::First),
            (char('G'), Action::Last),
        ],
        "first, last row",
    ),
    line(
        Topic::Move,
        &[
            (code(KeyCode::Right), Action::Enter),
            (char('l'), Action::Enter),
            (code(KeyCode::Enter), Action::Enter),
        ],
        "enter directory",
    ),
    line(
        Topic::Move,
        &[
            (code(KeyCode::Left), Action::Parent),
            (char('h'), Action::Parent),
            (char('<'), Action::Parent),
            (code(KeyCode::Backspace), Action::Parent),
        ],
        "back to parent",
    ),
    line(
        Topic::Show,
        &[
            (char('s'), Action::SortSize),
            (char('n'), Action::SortName),
            (char('C'), Action::SortCount),
            (char('M'), Action::SortTime),
        ],
        "sort: size, name, count, time",
    ),
    line(
        Topic::Show,
        &[
            (char('c'), Action::ToggleCount),
            (char('m'), Action::ToggleTime),
            (char('O'), Action::ToggleOwner),
        ],
        "column: count, time, owner",
    ),
    line(
        Topic::Show,
        &[(char('t'), Action::ToggleDirectoriesFirst)],
        "directories first",
    ),
    line(
        Topic::Show,
        &[(char('e'), Action::ToggleHidden)],
        "hide .names and excluded ones",
    ),
    line(
        Topic::Show,
        &[(char('a'), Action::NextMeasure)],
        "allocated, apparent, inodes",
    ),
    line(
        Topic::Show,
        &[(char('u'), Action::NextShared)],
        "column: shared, unique, off",
    ),
    line(
        Topic::Show,
        &[(char('g'), Action::NextGraph)],
        "bar, per cent, both, none",
    ),
    line(
        Topic::Inform,
        &[
            (char('i'), Action::Information),
            (char('!'), Action::Errors),
        ],
        "about this row, errors",
    ),
    line(
        Topic::Inform,
        &[
            (char('?'), Action::Help),
            (code(KeyCode::Function(1)), Action::Help),
        ],
        "this help",
    ),
    line(
        Topic::Inform,
        &[
            (char('r'), Action::ReadShown),
            (char('R'), Action::ReadSelected),
        ],
        "read again: here, row",
    ),
    line(
        Topic::Find,
        &[(char('/'), Action::Filter)],
        "show only matching rows",
    ),
    line(
        Topic::Find,
        &[(char('f'), Action::Find)],
        "find names below here",
    ),
    line(
        Topic::Find,
        &[(char('F'), Action::Largest)],
        "largest files below here",
    ),
    line(
        Topic::Remove,
        &[(char(' '), Action::Mark)],
        "mark, move down",
    ),
    line(
        Topic::Remove,
        &[
            (char('*'), Action::InvertMarks),
            (code(KeyCode::Tab), Action::Marks),
        ],
        "invert marks here, list marks",
    ),
    line(
        Topic::Remove,
        &[(char('d'), Action::Remove)],
        "remove marks or row (asks)",
    ),
    line(
        Topic::Run,
        &[
            (char('b'), Action::Shell),
            (char('v'), Action::Pager),
            (char('o'), Action::Open),
        ],
        "shell here, pager, open",
    ),
    line(
        Topic::Run,
        &[(char('E'), Action::Export), (char('y'), Action::Copy)],
        "export, copy the path",
    ),
    line(
        Topic::Leave,
        &[(char('q'), Action::Quit), (char('Q'), Action::QuitAndPrint)],
        "quit, quit and print the path",
    ),
    line(
        Topic::Leave,
        &[(code(KeyCode::Escape), Action::Close)],
        "close a panel or filter",
    ),
    line(
        Topic::Leave,
        &[(control('c'), Action::Interrupt)],
        "stop reading; then: quit",
    ),
    line(
        Topic::Leave,
        &[
            (control('z'), Action::Suspend),
            (control('l'), Action::Redraw),
        ],
        "suspend, redraw",
    ),
];

/// The action of a key.
#[must_use]
pub fn action(key: Key) -> Option<Action> {
    let mut keys = KEYS.iter().flat_map(|line| line.keys);
    keys.find_map(|(known, action)| (*known == key).then_some(*action))
}

/// The keys of a line, as they are shown.
#[must_use]
pub fn names(line: &KeyHelp, is_ascii: bool) -> String {
    let names: Vec<_> = line
        .keys
        .iter()
        .map(|(key, _)| name(*key, is_ascii))
        .collect();
    names.join(" ")
}

/// The name of a key.
#[must_use]
pub fn name(key: Key, is_ascii: bool) -> String {
    let arrow = |arrow: &'static str, word: &'static str| if is_ascii { word } else { arrow };
    let name = match key.code {
        KeyCode::Char(' ') => "Space",
        KeyCode::Char(char) if key.control => return format!("^{}", char.to_ascii_uppercase()),
        KeyCode::Char(char) => return char.into(),
        KeyCode::Up => arrow("↑", "Up"),
        KeyCode::Down => arrow("↓", "Down"),
        KeyCode::Left => arrow("←", "Left"),
        KeyCode::Right => arrow("→", "Right"),
        KeyCode::PageUp => "PgUp",
        KeyCode::PageDown => "PgDn",
        KeyCode::Home => "Home",
        KeyCode::End => "End",
        KeyCode::Enter => "Enter",
        KeyCode::Escape => "Esc",
        KeyCode::Tab => "Tab",
        KeyCode::Backspace => "Bksp",
        KeyCode::Function(1) => "F1",
        _ => "",
    };
    name.into()
}
