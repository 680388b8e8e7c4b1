//! What to copy: e-mail, telephone, a summary.

/// The state of the copy menu.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyDialog {
    /// What there is.
    pub items: Vec<CopyItem>,
    /// The highlighted one.
    pub at: usize,
}

/// One thing to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyItem {
    /// The key that copies it at once.
    pub key: char,
    /// What it is.
    pub label: &'static str,
    /// The text.
    pub text: String,
}
