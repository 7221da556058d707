//! The confined reader: started by this program for one file that came from outside, never by a person.
#[derive(Debug, clap::Args)]
pub struct Args {
    size: u64,
    /// Also a picture of this size.
    picture: Option<String>,
}

pub fn run(args: &Args) -> u8 {
    let wanted = (args.size, args.picture.as_deref());
    crate::services::share::reader::child(wanted, &mut std::io::stdout().lock())
}
