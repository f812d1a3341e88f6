//! The program `kfk`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    kfk::run()
}
