//! Which input bytes stand for.

use proptest::prelude::*;

use super::*;

/// The inputs that bytes stand for; a pause is a byte that is missing.
fn inputs(bytes: &[Option<u8>]) -> Vec<Input> {
    let mut decoder = Decoder::default();
    let step = |byte: &Option<u8>| match byte {
        Some(byte) => decoder.take(*byte),
        None => decoder.pause(),
    };
    bytes.iter().filter_map(step).collect()
}

fn of(text: &str) -> Vec<Input> {
    let bytes = text.bytes().map(Some).chain([None]);
    inputs(&bytes.collect::<Vec<_>>())
}

fn key(code: KeyCode) -> Input {
    let control = false;
    Input::Key(KeyPress { code, control })
}

fn with_control(character: char) -> Input {
    let (code, control) = (KeyCode::Char(character), true);
    Input::Key(KeyPress { code, control })
}

#[test]
fn keys_are_those_of_terminals() {
    for (bytes, expected) in [
        ("q", KeyCode::Char('q')),
        ("G", KeyCode::Char('G')),
        ("é", KeyCode::Char('é')),
        ("世", KeyCode::Char('世')),
        ("\r", KeyCode::Enter),
        ("\n", KeyCode::Enter),
        ("\t", KeyCode::Tab),
        ("\x7f", KeyCode::Backspace),
        ("\x1b", KeyCode::Escape),
        // xterm, its application mode, and the Linux console.
        ("\x1b[A", KeyCode::Up),
        ("\x1bOA", KeyCode::Up),
        ("\x1b[6~", KeyCode::PageDown),
        ("\x1b[H", KeyCode::Home),
        ("\x1b[1~", KeyCode::Home),
        ("\x1b[4~", KeyCode::End),
        ("\x1bOP", KeyCode::Function(1)),
        ("\x1b[[A", KeyCode::Function(1)),
        ("\x1b[11~", KeyCode::Function(1)),
        ("\x1b[Z", KeyCode::BackTab),
    ] {
        assert_eq!(of(bytes), [key(expected)], "{bytes:?}");
    }
    assert_eq!(of("\x03"), [with_control('c')]);
    assert_eq!(of("\x1a"), [with_control('z')]);
}

#[test]
fn wheel_and_left_button_are_known_and_nothing_else_of_the_mouse() {
    let mouse = |column, row, action| {
        Input::Mouse(Mouse {
            column,
            row,
            action,
        })
    };
    assert_eq!(of("\x1b[<0;3;5M"), [mouse(2, 4, MouseAction::Click)]);
    assert_eq!(of("\x1b[<64;300;1M"), [mouse(299, 0, MouseAction::WheelUp)]);
    assert_eq!(of("\x1b[<65;1;1M"), [mouse(0, 0, MouseAction::WheelDown)]);
    // The button is released; another button; a move.
    assert_eq!(of("\x1b[<0;3;5m\x1b[<2;3;5M\x1b[<32;3;5M"), []);
}

#[test]
fn pasted_text_is_no_keys_however_slowly_it_comes() {
    let pasted = "\x1b[200~dY\nthe end\x1b[A\x1b[201";
    assert_eq!(of(&format!("{pasted}~q")), [key(KeyCode::Char('q'))]);
    let slow = pasted.bytes().flat_map(|byte| [Some(byte), None]);
    let all: Vec<_> = slow.skip(12).collect();
    let begin = "\x1b[200~".bytes().map(Some);
    assert_eq!(inputs(&begin.chain(all).collect::<Vec<_>>()), []);
}

#[test]
fn a_key_with_alt_is_escape() {
    assert_eq!(of("\x1bd"), [key(KeyCode::Escape)]);
    // Escape, j and t, which came together.
    let expected = [key(KeyCode::Escape), key(KeyCode::Char('t'))];
    assert_eq!(of("\x1bjt"), expected);
    assert_eq!(of("d"), [key(KeyCode::Char('d'))]);
}

#[test]
fn a_sequence_that_does_not_end_is_forgotten_after_a_pause() {
    for beginning in ["\x1b[", "\x1b]", "\x1bP", "\x1bO", "\x1b[<0;3", "\u{e4b8}"] {
        let mut bytes: Vec<_> = beginning.bytes().map(Some).collect();
        bytes.extend([None, Some(b'j')]);
        let seen = inputs(&bytes);
        assert_eq!(seen.last(), Some(&key(KeyCode::Char('j'))), "{beginning:?}");
        // It has closed a question, which the rest of it, that came late, could answer.
        assert!(seen.len() >= 2, "{beginning:?}: {seen:?}");
    }
}

#[test]
fn a_paste_whose_end_is_lost_ends_after_a_while() {
    let mut bytes: Vec<_> = b"\x1b[200~dY".iter().copied().map(Some).collect();
    bytes.extend([None; 39]);
    bytes.extend([Some(b'q'), None]);
    assert_eq!(inputs(&bytes), []);
    bytes.extend([None; 40]);
    bytes.push(Some(b'q'));
    assert_eq!(inputs(&bytes), [key(KeyCode::Char('q'))]);
}

#[test]
fn escape_twice_is_escape_twice() {
    let escape = key(KeyCode::Escape);
    assert_eq!(inputs(&[Some(27), None, Some(27), None]), [escape, escape]);
}

proptest! {
    #[test]
    fn no_bytes_end_the_thread_and_a_pause_ends_each_sequence(
        bytes in prop::collection::vec(prop_oneof![
            3 => prop::sample::select(&b"\x1b[<;0123456789MmuOPR~?"[..]),
            1 => any::<u8>(),
        ], 0..40)
    ) {
        let mut all: Vec<_> = bytes.into_iter().map(Some).collect();
        all.extend([None, Some(b'k')]);
        prop_assert_eq!(inputs(&all).pop(), Some(key(KeyCode::Char('k'))));
    }
}
