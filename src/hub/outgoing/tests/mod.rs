mod addresses;
mod calls;
mod commands;
