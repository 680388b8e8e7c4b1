//! Where leads come from and dispositions go: the trait, and its implementations.
