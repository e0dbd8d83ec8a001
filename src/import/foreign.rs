//! Files that are no export but may hold one: each is told apart by its first bytes.

/// A kind of file, and how its content becomes an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// The first bytes.
    magic: &'static [u8],
    /// What a file with these bytes is, after `FILE is `.
    what: &'static str,
    /// What to do.
    remedy: Remedy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// The output of this command, with the file at its end, is an export.
    Pipe(&'static str),
    /// These words, with the file between them.
    Convert(&'static str, &'static str),
    /// Nothing.
    None,
}

/// The greatest length of the first bytes that are looked at.
pub(super) const LONGEST: usize = 16;

const fn pipe(magic: &'static [u8], what: &'static str, command: &'static str) -> Foreign {
    Foreign {
        magic,
        what,
        remedy: Remedy::Pipe(command),
    }
}

const fn useless(magic: &'static [u8], what: &'static str) -> Foreign {
    Foreign {
        magic,
        what,
        remedy: Remedy::None,
    }
}

const ZSTD: &str = "compressed with zstd";
const UTF_16: &str = "text in UTF-16";
const FROM_UTF_16: &str = "iconv -f UTF-16 -t UTF-8";
const NO_EXPORT: &str = "--from reads the JSON export of ncdu and gdu (their option -o)";

const KINDS: &[Foreign] = &[
    // ncdu 2.7 and later (`-c`).
    pipe(b"\x28\xb5\x2f\xfd", ZSTD, "zstdcat"),
    // Skippable frames of zstd; seekable files and those of pzstd begin with one.
    pipe(b"\x50\x2a\x4d\x18", ZSTD, "zstdcat"),
    pipe(b"\x1f\x8b", "compressed with gzip", "zcat"),
    pipe(b"\xfd7zXZ\0", "compressed with xz", "xzcat"),
    pipe(b"BZh", "compressed with bzip2", "bzcat"),
    pipe(b"\x04\x22\x4d\x18", "compressed with lz4", "lz4cat"),
    pipe(b"LZIP", "compressed with lzip", "lzip -dc"),
    pipe(b"\x5d\0\0", "compressed with lzma", "xzcat"),
    pipe(b"\x89LZO\0", "compressed with lzop", "lzop -dc"),
    pipe(b"\x1f\x9d", "compressed with compress", "zcat"),
    pipe(b"PK\x03\x04", "a zip archive", "unzip -p"),
    pipe(b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so"),
    pipe(b"\xff\xfe", UTF_16, FROM_UTF_16),
    pipe(b"\xfe\xff", UTF_16, FROM_UTF_16),
    // ncdu 2.6 and later (`-O`).
    Foreign {
        magic: b"\xbfncduEX1",
        what: "ncdu's binary export",
        remedy: Remedy::Convert("ncdu -f ", " -o- converts it"),
    },
    // gdu and duc can keep their results in such a file.
    useless(b"SQLite format 3\0", "an SQLite database"),
    useless(b"ToKyO CaBiNeT", "a database of Tokyo Cabinet"),
    useless(b"PAR1", "a Parquet file"),
];

impl Foreign {
    /// The kind of a file that begins with these bytes.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        let mut kinds = KINDS.iter();
        kinds.find(|kind| start.starts_with(kind.magic)).copied()
    }

    /// The message about a file of this name, which is quoted for the shell; none is standard input.
    pub(super) fn message(&self, name: Option<&[u8]>) -> Vec<u8> {
        let subject = name.unwrap_or(b"standard input");
        let mut line = [subject, b" is ", self.what.as_bytes(), b": "].concat();
        match self.remedy {
            Remedy::Pipe(command) => {
                line.extend_from_slice(command.as_bytes());
                if let Some(name) = name {
                    line.push(b' ');
                    push_operand(name, &mut line);
                }
                line.extend_from_slice(b" | pdu --from=-");
            }
            Remedy::Convert(before, after) => {
                line.extend_from_slice(before.as_bytes());
                push_operand(name.unwrap_or(b"FILE"), &mut line);
                line.extend_from_slice(after.as_bytes());
            }
            Remedy::None => line.extend_from_slice(NO_EXPORT.as_bytes()),
        }
        line
    }
}

/// Appends a name of a file so that no command takes it for an option.
fn push_operand(name: &[u8], line: &mut Vec<u8>) {
    if name.starts_with(b"-") {
        line.extend_from_slice(b"./");
    }
    line.extend_from_slice(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_by_bytes_that_no_export_begins_with() {
        for kind in KINDS {
            assert!(kind.magic.len() <= LONGEST, "{kind:?}");
            let found = Foreign::of(kind.magic);
            assert_eq!(found, Some(*kind));
            assert!(!matches!(
                kind.magic[0],
                b'[' | b' ' | b'\t' | b'\r' | b'\n' | 0xef
            ));
        }
        assert_eq!(Foreign::of(b"[1,2,"), None);
        assert_eq!(Foreign::of(b""), None);
    }
}
