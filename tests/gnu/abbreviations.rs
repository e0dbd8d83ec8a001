//! Options that GNU du does not have change no abbreviation of those that it has.

use crate::differential::known::without_own_options;
use crate::support::gnu_du::{GnuDu, LONG_OPTIONS};
use crate::support::run::{PDU, du, output, text};
use crate::support::tree::Tree;

/// Each beginning of each of GNU's long options, with an empty value: its message names the option that it stands for.
#[test]
fn every_beginning_of_an_option_of_gnu_du_stands_for_the_same_option() {
    let Some(gnu) = GnuDu::same_messages() else {
        return;
    };
    let tree = Tree::of("t/");
    let mut words: Vec<String> = LONG_OPTIONS
        .iter()
        .flat_map(|option| (1..=option.len()).map(|length| format!("--{}=", &option[..length])))
        // Alone, it is `--bytes`; with a value, an option of pdu.
        .filter(|word| word != "--by=")
        .collect();
    words.sort();
    words.dedup();
    assert!(words.len() > 100, "{}", words.len());
    for word in words {
        let [theirs, ours] = [gnu.path.as_os_str(), PDU.as_ref()]
            .map(|program| output(du(program, tree.root(), &format!("{word} t"))));
        let ours_errors = text(&without_own_options(&ours.stderr));
        assert_eq!(ours_errors, text(&theirs.stderr), "{word}");
        assert_eq!(ours.status, theirs.status, "{word}");
        assert_eq!(text(&ours.stdout), text(&theirs.stdout), "{word}");
    }
}
