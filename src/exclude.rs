//! stub until the real one arrives
/// x
#[derive(Debug, Clone, Default)]
pub struct Exclude { p: Vec<Vec<u8>> }
impl Exclude {
    /// x
    pub fn new(_utf8: bool) -> Self { Self::default() }
    /// x
    pub fn is_empty(&self) -> bool { self.p.is_empty() }
    /// x
    pub fn add(&mut self, p: &[u8]) { self.p.push(p.into()); }
    /// x
    pub fn add_lines(&mut self, _t: &[u8]) {}
    /// x
    pub fn matches(&self, path: &[u8]) -> bool { self.p.iter().any(|p| path == p) }
    /// x
    pub fn needs_path(&self) -> bool { false }
}
