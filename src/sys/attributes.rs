//! What a file has beside its bytes: owner, group, permissions, ACL and other extended attributes, flags of chattr(1).
//!
//! A file that is replaced loses all of it, unless the new file gets it before. Some of it no process may give, or only
//! root; so [`copy`] gives what it can, and [`are_equal`] says whether that was enough.

use std::collections::BTreeMap;
use std::fs::File;

use rustix::fs::{Gid, Mode, Uid, XattrFlags};
use rustix::io::{Errno, Result};

/// Labels of security modules and signatures of contents. The kernel gives them to a file; a copy could be wrong.
const SECURITY: &[u8] = b"security.";

/// Extended attributes, by name. ACLs are among them.
type Extended = BTreeMap<Vec<u8>, Vec<u8>>;

/// Gives `to` what `from` has, as far as the process may.
pub(super) fn copy(from: &File, to: &File) {
    let Ok(stat) = rustix::fs::fstat(from) else {
        return;
    };
    // The group first: after the owner has changed, the process may not be allowed to.
    let _ = rustix::fs::fchown(to, None, Some(Gid::from_raw(stat.st_gid)));
    let _ = rustix::fs::fchown(to, Some(Uid::from_raw(stat.st_uid)), None);
    let _ = copy_extended(from, to);
    // After the others: they change permissions.
    let _ = rustix::fs::fchmod(to, Mode::from_raw_mode(stat.st_mode & 0o7777));
}

/// True where a file has the attributes of another one, all of which could be read.
pub(super) fn are_equal(one: &File, other: &File) -> bool {
    let basic = |file| {
        let stat = rustix::fs::fstat(file)?;
        Ok::<_, Errno>((stat.st_uid, stat.st_gid, stat.st_mode))
    };
    let is_same = |one: Result<_>, other: Result<_>| one.is_ok() && one == other;
    is_same(basic(one), basic(other))
        && extended(one).is_ok_and(|attributes| extended(other) == Ok(attributes))
        // Not every file system has these flags.
        && rustix::fs::ioctl_getflags(one).ok() == rustix::fs::ioctl_getflags(other).ok()
}

fn copy_extended(from: &File, to: &File) -> Result<()> {
    let (wanted, given) = (extended(from)?, extended(to)?);
    // A directory may give an ACL to the files that are created in it.
    for name in given.keys().filter(|name| !wanted.contains_key(*name)) {
        rustix::fs::fremovexattr(to, name.as_slice())?;
    }
    for (name, value) in wanted {
        if given.get(&name) != Some(&value) && !name.starts_with(SECURITY) {
            rustix::fs::fsetxattr(to, name, &value, XattrFlags::empty())?;
        }
    }
    Ok(())
}

fn extended(file: &File) -> Result<Extended> {
    let mut names = match rustix::fs::flistxattr_query(file) {
        Ok(length) => vec![0; length],
        Err(Errno::NOTSUP) => return Ok(Extended::new()),
        Err(error) => return Err(error),
    };
    let length = rustix::fs::flistxattr(file, &mut names[..])?;
    names.truncate(length);
    let names = names
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty());
    names
        .map(|name| Ok((name.into(), value(file, name)?)))
        .collect()
}

fn value(file: &File, name: &[u8]) -> Result<Vec<u8>> {
    let mut value = vec![0; rustix::fs::fgetxattr_query(file, name)?];
    let length = rustix::fs::fgetxattr(file, name, &mut value[..])?;
    value.truncate(length);
    Ok(value)
}
