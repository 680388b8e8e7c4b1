mod chain;
mod properties;
mod rig;
mod watch;
