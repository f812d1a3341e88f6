//! The program `kfk`; everything is in the library.

fn main() {}
