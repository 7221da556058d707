//! Arguments -> services -> screens or commands; nothing else.
use std::process::ExitCode;

fn main() -> ExitCode {
    xinglin::cli::run(std::env::args_os())
}
