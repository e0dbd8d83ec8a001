//! The names of error numbers in errno(3).

use rustix::io::Errno;

/// Numbers whose name is that of rustix with an E before it.
macro_rules! regular {
    ($($name:ident)*) => {
        &[$((Errno::$name, concat!("E", stringify!($name)))),*]
    };
}

/// Of two names for one number, the list has one: EAGAIN, EDEADLK, EOPNOTSUPP.
const REGULAR: &[(Errno, &str)] = regular! {
    ADDRINUSE ADDRNOTAVAIL ADV AFNOSUPPORT AGAIN ALREADY BADE BADF BADFD BADMSG BADR BADRQC
    BADSLT BFONT BUSY CANCELED CHILD CHRNG COMM CONNABORTED CONNREFUSED CONNRESET DEADLK
    DESTADDRREQ DOM DOTDOT DQUOT EXIST FAULT FBIG HOSTDOWN HOSTUNREACH HWPOISON IDRM ILSEQ
    INPROGRESS INTR INVAL IO ISCONN ISDIR ISNAM KEYEXPIRED KEYREJECTED KEYREVOKED L2HLT
    L2NSYNC L3HLT L3RST LIBACC LIBBAD LIBEXEC LIBMAX LIBSCN LNRNG LOOP MEDIUMTYPE MFILE
    MLINK MSGSIZE MULTIHOP NAMETOOLONG NAVAIL NETDOWN NETRESET NETUNREACH NFILE NOANO NOBUFS
    NOCSI NODATA NODEV NOENT NOEXEC NOKEY NOLCK NOLINK NOMEDIUM NOMEM NOMSG NONET NOPKG
    NOPROTOOPT NOSPC NOSR NOSTR NOSYS NOTBLK NOTCONN NOTDIR NOTEMPTY NOTNAM NOTRECOVERABLE
    NOTSOCK NOTTY NOTUNIQ NXIO OPNOTSUPP OVERFLOW OWNERDEAD PERM PFNOSUPPORT PIPE PROTO
    PROTONOSUPPORT PROTOTYPE RANGE REMCHG REMOTE REMOTEIO RESTART RFKILL ROFS SHUTDOWN
    SOCKTNOSUPPORT SPIPE SRCH SRMNT STALE STRPIPE TIME TIMEDOUT TOOMANYREFS TXTBSY UCLEAN
    UNATCH USERS XDEV XFULL
};

const IRREGULAR: &[(Errno, &str)] = &[(Errno::ACCESS, "EACCES"), (Errno::TOOBIG, "E2BIG")];

/// The number of a name, or 0.
#[must_use]
pub fn number(name: &[u8]) -> i32 {
    let mut names = REGULAR.iter().chain(IRREGULAR);
    let known = names.find(|(_, known)| known.as_bytes() == name);
    let numbered = || {
        std::str::from_utf8(name)
            .ok()?
            .strip_prefix("errno ")?
            .parse()
            .ok()
    };
    known.map_or_else(
        || numbered().unwrap_or(0),
        |(errno, _)| errno.raw_os_error(),
    )
}

/// Appends the name of an error number, or `errno 999` for a number without a name.
pub(super) fn write_name(errno: i32, out: &mut Vec<u8>) {
    let mut names = REGULAR.iter().chain(IRREGULAR);
    match names.find(|(known, _)| known.raw_os_error() == errno) {
        Some((_, name)) => out.extend_from_slice(name.as_bytes()),
        None => out.extend_from_slice(format!("errno {errno}").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_names_of_the_manual() {
        for (errno, expected) in [
            (1, "EPERM"),
            (5, "EIO"),
            (7, "E2BIG"),
            (11, "EAGAIN"),
            (13, "EACCES"),
            (35, "EDEADLK"),
            (95, "EOPNOTSUPP"),
            (116, "ESTALE"),
            (133, "EHWPOISON"),
            (0, "errno 0"),
            (999, "errno 999"),
            (-1, "errno -1"),
        ] {
            let mut out = Vec::new();
            write_name(errno, &mut out);
            assert_eq!(number(&out), errno);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
