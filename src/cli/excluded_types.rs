//! The types of file systems that `--exclude-fs` and `--exclude-kernfs` leave out.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::option_id::OptionId;
use super::settings::Settings;
use super::usage_error::UsageError;
use crate::gnu::quote;
use crate::sys::mounts;
use crate::sys::status::reason_of;
use crate::walk::{ExcludedTypes, KERNEL_TYPES};

/// The types of all options together; none where nothing is left out.
///
/// A type that does not exist is an error: a misspelled one would leave out nothing, without a message.
pub(super) fn excluded_types(settings: &Settings<'_>) -> Result<Option<ExcludedTypes>, UsageError> {
    let mut types = Vec::new();
    if settings.has(OptionId::ExcludeKernfs) {
        types.extend(KERNEL_TYPES.map(|name| name.as_bytes().to_vec()));
    }
    let values = settings.values(OptionId::ExcludeFs);
    let names: Vec<&[u8]> = values
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .collect();
    if types.is_empty() && names.is_empty() {
        return Ok(None);
    }
    let list = mounts::list().map_err(|error| no_list(&error, settings))?;
    for name in names {
        if !mounts::is_type(name, &list) {
            let name = OsStr::from_bytes(name);
            let what = "unknown type of file system";
            return Err(UsageError::about(what, name, settings.charset));
        }
        types.push(name.to_vec());
    }
    Ok(Some(ExcludedTypes::new(types, &list)))
}

fn no_list(error: &std::io::Error, settings: &Settings<'_>) -> UsageError {
    let list = quote::quoteaf(mounts::LIST.as_bytes(), settings.charset);
    let reason = reason_of(error);
    let after = format!(", the list of mounts: {reason}");
    UsageError::plain([b"cannot read ", &*list, after.as_bytes()].concat())
}
