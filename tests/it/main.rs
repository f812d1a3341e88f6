//! Tests of the program as a whole; what can be shown on a lower level is tested there.

mod arrows;
mod compile;
mod golden;
mod harness;
mod help;
mod init;
mod readme;
mod ui;
