//! The terminal: taken over on start, given back whatever happens.

use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::app::model::Notify;

/// Room for a whole frame, so that it reaches the terminal in one write.
const FRAME_BYTES: usize = 1 << 16;

/// The window's title is ours, and is to be given back.
static HAS_TITLE: AtomicBool = AtomicBool::new(false);

/// The terminal is ours. It is given back once: another "leave the alternate screen" puts the cursor of some terminals
/// back to where it stood before the app, over what was said since.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The screen in raw mode. Dropping it gives the terminal back.
pub struct Screen {
    /// Never dropped: it would print on a terminal that is gone that it could not show the cursor, and panic.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
    mouse: bool,
    title: Option<String>,
}

impl Screen {
    /// Takes the terminal over.
    pub fn take(mouse: bool) -> io::Result<Self> {
        enter(mouse).inspect_err(|_| restore())?;
        let out = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        let terminal = Terminal::new(CrosstermBackend::new(out)).inspect_err(|_| restore())?;
        Ok(Self { terminal: ManuallyDrop::new(terminal), mouse, title: None })
    }

    /// Draws one frame.
    pub fn draw(&mut self, paint: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(paint).map(|_| ())
    }

    /// Columns and lines.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Forgets what stands on the screen, so that the next frame paints all of it.
    pub fn forget(&mut self) -> io::Result<()> {
        // Not `clear`, which asks the terminal for the cursor's place and fights with our reader for the answer.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Gives the terminal back, for a while or for good.
    pub fn release(&mut self) {
        restore();
        self.title = None;
    }

    /// Takes it over again.
    pub fn resume(&mut self) -> io::Result<()> {
        enter(self.mouse)?;
        self.forget()
    }

    /// Copies text to the clipboard by OSC 52, which also works over ssh. The text was made inert before.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Sets the window's title, where it differs. The text was made inert before. What it was is kept by the terminal
    /// and given back by [`restore`], where the terminal can.
    pub fn title(&mut self, text: String) -> io::Result<()> {
        if self.title.as_ref() == Some(&text) {
            return Ok(());
        }
        let out = self.terminal.backend_mut();
        if self.title.is_none() {
            HAS_TITLE.store(true, Ordering::Relaxed);
            out.write_all(b"\x1b[22;2t")?;
        }
        execute!(out, SetTitle(&text))?;
        self.title = Some(text);
        Ok(())
    }

    /// Shows a notice outside of the window. The text was made inert before.
    pub fn notify(&mut self, how: Notify, text: &str) -> io::Result<()> {
        let sequence = match how {
            // The desktop is told beside the terminal.
            Notify::Off | Notify::Desktop => return Ok(()),
            Notify::Osc9 => format!("\x1b]9;leadbox: {text}\x1b\\"),
            Notify::Osc777 => format!("\x1b]777;notify;leadbox;{text}\x1b\\"),
        };
        let out = self.terminal.backend_mut();
        out.write_all(sequence.as_bytes())?;
        Write::flush(out)
    }

    /// Rings the bell.
    pub fn bell(&mut self) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(b"\x07")?;
        Write::flush(out)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.release();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut out = io::stdout();
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// Gives the terminal back as it was, if it was taken. There is nobody to tell if that fails: the terminal is gone then.
pub(super) fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if HAS_TITLE.swap(false, Ordering::Relaxed) {
        let _ = out.write_all(b"\x1b[23;2t");
    }
    let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}
