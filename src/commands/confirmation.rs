//! Asking at the terminal before something is done that cannot be taken back.

use crate::exit;
use crate::launch::error::Failure;
use crate::system::terminal::Terminal;

/// What to do where no one can be asked.
pub const HINT: &str = "check with `--dry-run`, then use `--yes`";

/// Shows a text, asks a question about it, and returns whether the user agrees.
///
/// # Errors
///
/// If the terminal cannot be used.
pub fn asked(shown: &str, question: &str) -> Result<bool, Failure> {
    let cannot = |error| {
        Failure::new(exit::USAGE, "cannot use the terminal")
            .because(error)
            .hint(HINT)
    };
    let mut terminal = Terminal::open().map_err(cannot)?;
    terminal.show(shown).map_err(cannot)?;
    terminal.confirm(question).map_err(cannot)
}
