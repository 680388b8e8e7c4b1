//! Notices on the desktop, by its own service: on a thread of their own, since that may hang.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::{io, thread};

use tokio::sync::mpsc::UnboundedSender;

use super::Happening;

type Tell = UnboundedSender<Happening>;

/// So many notices may wait for a desktop that hangs; what comes beyond is on the screen only.
const WAITING: usize = 8;

/// The way to the desktop; its thread begins with the first notice.
#[derive(Default)]
pub(super) struct Desktop(Option<SyncSender<(String, Tell)>>);

impl Desktop {
    /// Shows a notice, without waiting for it. The text was made inert before. That it cannot be shown is told once.
    pub(super) fn show(&mut self, text: String, tell: Tell) -> io::Result<()> {
        let to = match &self.0 {
            Some(to) => to,
            None => {
                let (to, notices) = sync_channel(WAITING);
                thread::Builder::new().name("desktop".into()).spawn(move || work(&notices))?;
                self.0.insert(to)
            }
        };
        // Too many wait, and nobody misses one more.
        let _ = to.try_send((text, tell));
        Ok(())
    }
}

fn work(notices: &Receiver<(String, Tell)>) {
    let mut is_told = false;
    for (text, tell) in notices {
        if let Err(why) = shown(&text)
            && !std::mem::replace(&mut is_told, true)
        {
            let text = format!("the desktop shows no notices: {why}; see ui.notify in the configuration");
            let _ = tell.send(Happening::Report { problem: true, text });
        }
    }
}

/// As a headline: in what stands below it, a desktop may see markup.
#[cfg(feature = "desktop")]
fn shown(text: &str) -> Result<(), String> {
    let mut notice = notify_rust::Notification::new();
    notice.appname("leadbox").summary(&format!("leadbox: {text}"));
    notice.show().map(drop).map_err(|error| error.to_string())
}

#[cfg(not(feature = "desktop"))]
fn shown(_text: &str) -> Result<(), String> {
    Err("this leadbox was built without them".into())
}

#[cfg(all(test, not(feature = "desktop")))]
mod tests {
    use super::*;

    #[test]
    fn that_no_notice_can_be_shown_is_told_once() {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut desktop = Desktop::default();
        for _ in 0..3 {
            desktop.show("L-1 is due at 14:04, to answer".into(), tell.clone()).unwrap();
        }
        drop((desktop, tell));
        let reports: Vec<Happening> = std::iter::from_fn(|| told.blocking_recv()).collect();
        let [Happening::Report { problem: true, text }] = &reports[..] else { panic!("{}", reports.len()) };
        assert!(text.contains("built without") && text.contains("ui.notify") && !text.contains("L-1"), "{text}");
    }
}
