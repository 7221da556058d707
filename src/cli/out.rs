//! Standard output and standard error of the commands; a closed pipe ends the program quietly.
use std::io::Write;

/// One line on standard output.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").is_err() {
        std::process::exit(0);
    }
}

/// One line on standard error.
pub fn note(text: &str) {
    let _nobody_reads = writeln!(std::io::stderr().lock(), "{text}");
}

/// One JSON value as a line.
pub fn json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(error) => note(&format!("JSON: {error}")),
    }
}
