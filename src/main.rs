//! Arguments -> services -> screens or commands; nothing else.
use std::{io::IsTerminal, process::ExitCode};

use xinglin::{
    cli::{self, Screens, exit, out},
    services::{clock::SystemClock, demo},
    tui,
};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), screens)
}

/// Opens the full-screen program on the station that the arguments name.
fn screens(start: Screens) -> u8 {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        out::note("界面要在终端里打开；脚本请用子命令，见 xinglin --help。");
        return exit::USAGE;
    }
    let station = match start.place.station() {
        Ok(station) => station,
        Err(failure) => return start.place.fail(&failure),
    };
    let console = std::env::var("TERM").is_ok_and(|term| term == "linux");
    let options = tui::Options {
        data_dir: start.place.data_dir(),
        // A Linux console cannot show Chinese: there only an explicit wish counts.
        lang: start.place.lang.or_else(|| (!console).then(|| start.place.lang())),
        theme: start.theme,
        knowledge: start.kb,
        model: start.model,
        demo: start.place.demo.then(|| (demo::USER.to_owned(), demo::PASSPHRASE.to_owned())),
    };
    match tui::run(options, station, &SystemClock) {
        Ok(()) => exit::DONE,
        Err(error) => {
            out::note(&error.to_string());
            exit::BUG
        }
    }
}
