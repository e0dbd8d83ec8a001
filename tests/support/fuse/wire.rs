//! Messages of the FUSE protocol (`linux/fuse.h`, version 7.31), parsed and built by hand; numbers are in native byte order.

use rustix::io::Errno;

use super::tree::Attr;

pub(super) const LOOKUP: u32 = 1;
pub(super) const FORGET: u32 = 2;
pub(super) const GETATTR: u32 = 3;
pub(super) const STATFS: u32 = 17;
pub(super) const INIT: u32 = 26;
pub(super) const OPENDIR: u32 = 27;
pub(super) const READDIR: u32 = 28;
pub(super) const RELEASEDIR: u32 = 29;
pub(super) const ACCESS: u32 = 34;
pub(super) const INTERRUPT: u32 = 36;
pub(super) const DESTROY: u32 = 38;
pub(super) const BATCH_FORGET: u32 = 42;

/// Lets lookups in one directory go on at the same time; without it the kernel takes them one by one.
const PARALLEL_DIROPS: u32 = 1 << 18;
/// The reply has the maximum size of a request.
const MAX_PAGES: u32 = 1 << 22;

/// A request from the kernel.
pub(super) struct Request<'a> {
    /// The operation.
    pub(super) opcode: u32,
    /// Its number, which the reply repeats.
    pub(super) unique: u64,
    /// The number of the node.
    pub(super) node: u64,
    /// The arguments.
    pub(super) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Takes the header (40 bytes) off; `None` if there is less.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, body) = bytes.split_at_checked(40)?;
        let (opcode, unique, node) = (u32_at(header, 4)?, u64_at(header, 8)?, u64_at(header, 16)?);
        Some(Self {
            opcode,
            unique,
            node,
            body,
        })
    }

    /// The body as a name that ends with NUL.
    pub(super) fn name(&self) -> Option<&'a str> {
        let end = self.body.iter().position(|&byte| byte == 0)?;
        std::str::from_utf8(&self.body[..end]).ok()
    }

    /// The `u64` at an offset of the body.
    pub(super) fn u64_at(&self, at: usize) -> u64 {
        u64_at(self.body, at).unwrap_or(0)
    }

    /// The `u32` at an offset of the body.
    pub(super) fn u32_at(&self, at: usize) -> u32 {
        u32_at(self.body, at).unwrap_or(0)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_ne_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u64::from_ne_bytes)
}

/// An answer that is being written.
pub(super) struct Answer(Vec<u8>);

impl Answer {
    /// An answer without data.
    pub(super) fn empty(unique: u64) -> Self {
        Self::with_error(unique, 0)
    }

    /// An error.
    pub(super) fn error(unique: u64, errno: Errno) -> Self {
        Self::with_error(unique, -errno.raw_os_error())
    }

    fn with_error(unique: u64, error: i32) -> Self {
        let mut answer = Self(Vec::with_capacity(160));
        answer.u32(0).u32(error.cast_unsigned()).u64(unique);
        answer
    }

    /// The bytes, their number in front.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let length = self.0.len() as u32;
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0
    }

    /// Appends a number.
    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    /// Appends a number.
    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    fn zeros(&mut self, count: usize) -> &mut Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    /// `fuse_init_out`: no READDIRPLUS, many requests at a time.
    pub(super) fn init(&mut self, offered: u32) {
        let flags = offered & (PARALLEL_DIROPS | MAX_PAGES);
        self.u32(7).u32(31).u32(0).u32(flags);
        // max_background, congestion_threshold, max_write, time_gran, max_pages
        self.u16(u16::MAX)
            .u16(u16::MAX)
            .u32(4096)
            .u32(1)
            .u16(32)
            .zeros(34);
    }

    /// `fuse_attr`.
    pub(super) fn attr(&mut self, ino: u64, mode: u32, attr: &Attr) {
        let (seconds, nanoseconds) = attr.time;
        self.u64(ino).u64(attr.size).u64(attr.blocks);
        self.u64(seconds).u64(seconds).u64(seconds);
        self.u32(nanoseconds).u32(nanoseconds).u32(nanoseconds);
        // owner, group, rdev, block size, flags
        self.u32(mode)
            .u32(attr.nlink)
            .u32(0)
            .u32(0)
            .u32(0)
            .u32(4096)
            .u32(0);
    }

    /// `fuse_statfs_out`: an empty file system of blocks of 4 KiB and names of 255 bytes.
    pub(super) fn statfs(&mut self) {
        self.zeros(40).u32(4096).u32(255).u32(4096).zeros(28);
    }

    /// A `fuse_dirent`, unless more than `room` bytes would then follow the header.
    pub(super) fn dirent(
        &mut self,
        room: usize,
        ino: u64,
        next: u64,
        d_type: u8,
        name: &str,
    ) -> bool {
        let length = (24 + name.len()).next_multiple_of(8);
        let fits = self.0.len() - 16 + length <= room;
        if fits {
            let padding = length - 24 - name.len();
            self.u64(ino)
                .u64(next)
                .u32(name.len() as u32)
                .u32(u32::from(d_type));
            self.0.extend(name.as_bytes());
            self.zeros(padding);
        }
        fits
    }
}
