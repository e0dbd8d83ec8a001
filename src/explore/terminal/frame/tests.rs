//! What a terminal shows after frames.

use proptest::prelude::*;
use vt100::Parser;

use super::*;
use crate::explore::terminal::{Color as GridColor, Palette, Style, Weight};

const SIZE: (u16, u16) = (12, 3);

/// Texts at places, of a style.
type Drawing = Vec<(CellPlace, String, Style)>;

fn canvas(drawing: &Drawing) -> Canvas {
    let mut canvas = Canvas::new(SIZE, Palette::Everything);
    let mut grid = canvas.grid();
    for (place, text, style) in drawing {
        grid.put(*place, text, *style);
    }
    canvas
}

fn terminal() -> Parser {
    let number = |number| std::num::NonZeroU16::new(number).expect("not zero");
    Parser::new(number(SIZE.1), number(SIZE.0), 0)
}

/// The rows of a terminal, without spaces at their ends.
fn rows(terminal: &Parser) -> Vec<String> {
    let rows = terminal.screen().rows(0, SIZE.0);
    rows.map(|row| row.trim_end().to_owned()).collect()
}

/// The character, the weight, and the colours of each cell, as the terminal shows them.
fn looks(terminal: &Parser) -> Vec<String> {
    let places = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |column| (row, column)));
    let cell = |(row, column)| terminal.screen().cell(row, column).expect("on the screen");
    let look = |cell: &vt100::Cell| {
        format!(
            "{:?} {} {} {} {} {:?} {:?}",
            // A cell that was never written has no character.
            cell.contents().trim_end(),
            cell.bold(),
            cell.dim(),
            cell.underline(),
            cell.inverse(),
            cell.fgcolor(),
            cell.bgcolor()
        )
    };
    places.map(|place| look(cell(place))).collect()
}

fn plain(text: &str) -> Drawing {
    vec![((0, 0), text.to_owned(), Style::default())]
}

#[test]
fn only_what_has_changed_is_written_in_one_synchronised_update() {
    let (old, new) = (canvas(&plain("size 10")), canvas(&plain("size 20")));
    let bytes = update((&old, None, Before::Frame), (&new, None));
    assert_eq!(bytes, "\x1b[?2026h\x1b[?25l\x1b[1;6H2\x1b[?2026l");
    assert_eq!(update((&new, None, Before::Frame), (&new, None)), "");
    // The cursor alone.
    let bytes = update((&new, None, Before::Frame), (&new, Some((2, 1))));
    assert_eq!(bytes, "\x1b[?2026h\x1b[?25l\x1b[2;3H\x1b[?25h\x1b[?2026l");
}

#[test]
fn an_unknown_screen_is_cleared_even_by_an_empty_frame() {
    let empty = canvas(&vec![]);
    let bytes = update((&empty, None, Before::Unknown), (&empty, None));
    assert_eq!(bytes, "\x1b[?2026h\x1b[?25l\x1b[m\x1b[2J\x1b[?2026l");
}

#[test]
fn sixteen_colours_have_their_own_codes() {
    let look = |color, background| Look {
        modifier: Modifier::BOLD | Modifier::REVERSED,
        color,
        background,
    };
    let codes = |color, background| look(color, background).sequence();
    assert_eq!(codes(Color::Indexed(4), Color::Reset), "\x1b[0;1;7;34m");
    assert_eq!(
        codes(Color::Indexed(12), Color::Indexed(9)),
        "\x1b[0;1;7;94;101m"
    );
    assert_eq!(
        codes(Color::Indexed(200), Color::Reset),
        "\x1b[0;1;7;38;5;200m"
    );
    assert_eq!(
        codes(Color::Reset, Color::Rgb(1, 2, 3)),
        "\x1b[0;1;7;48;2;1;2;3m"
    );
}

fn styles() -> impl Strategy<Value = Style> {
    let color = || prop::option::of((0..20_u8).prop_map(GridColor::Palette));
    let weight = prop::sample::select(vec![Weight::Normal, Weight::Bold, Weight::Dim]);
    (weight, any::<bool>(), color(), color()).prop_map(
        |(weight, is_reversed, color, background)| Style {
            weight,
            is_reversed,
            is_underlined: false,
            color,
            background,
        },
    )
}

/// Characters of one and of two columns, combining ones, and blocks; no character about whose width terminals disagree.
fn drawings() -> impl Strategy<Value = Drawing> {
    let text = "([a-z #\u{2588}\u{258F}]|é|e\u{301}|世|界){0,9}";
    let place = (0..SIZE.0, 0..SIZE.1);
    prop::collection::vec((place, text, styles()), 0..4)
}

proptest! {
    /// The judge is the terminal: frames one after the other show what each of them shows on an empty screen.
    #[test]
    fn frames_one_after_the_other_show_what_each_shows_alone(
        drawings in prop::collection::vec(drawings(), 1..6)
    ) {
        let mut terminal_of_all = terminal();
        let empty = canvas(&vec![]);
        let mut before = (canvas(&vec![]), Before::Unknown);
        for drawing in &drawings {
            let next = canvas(drawing);
            let bytes = update((&before.0, None, before.1), (&next, None));
            terminal_of_all.process(bytes.as_bytes());
            let mut alone = terminal();
            let bytes = update((&empty, None, Before::Unknown), (&next, None));
            alone.process(bytes.as_bytes());
            prop_assert_eq!(looks(&terminal_of_all), looks(&alone));
            prop_assert_eq!(rows(&alone), next.rows());
            before = (next, Before::Frame);
        }
    }
}
