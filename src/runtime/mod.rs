//! The edge: terminal, event loop, effect runner, signals, clipboard, opening links.
