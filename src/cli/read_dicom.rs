//! The confined reader: started by this program for one file that came from outside, never by a person.
#[derive(Debug, clap::Args)]
pub struct Args {
    size: u64,
}

pub fn run(args: &Args) -> u8 {
    crate::services::share::reader::child(args.size, &mut std::io::stdout().lock())
}
