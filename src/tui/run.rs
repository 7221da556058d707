//! The terminal: set up, one loop, and given back as it was however the program ends.
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use crossterm::{
    cursor::Show,
    event::{self, DisableBracketedPaste, EnableBracketedPaste},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Terminal, backend::CrosstermBackend};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{
    effect::{Answer, Effect, Question, Topic},
    event::{BURST_GAP, Burst, END_GAP, Event, from_terminal},
    keys::Keymap,
    state::{Start, State},
    text::{Lang, frame as words},
    theme::{Depth, Role, Theme},
    update::update,
    view::view,
    work::Workers,
};
use crate::services::{
    clock::Clock,
    failure::{Failure, Kind},
    session::Station,
};

/// How the program was called.
#[derive(Debug)]
pub struct Options {
    pub data_dir: PathBuf,
    pub lang: Option<Lang>,
    pub theme: Option<String>,
    pub knowledge: Option<PathBuf>,
    pub model: Option<PathBuf>,
    /// User and passphrase of the demo clinic, printed on the sign-in screen.
    pub demo: Option<(String, String)>,
}

/// Why the screens could not be opened, or had to close.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    #[error("终端打不开（{0}）。没有改动任何记录；请在终端窗口里运行 xinglin。")]
    Terminal(#[source] io::Error),
    #[error("读不出登录名单：{0}")]
    Station(String),
}

const TICK: Duration = Duration::from_millis(500);
const QUEUE: usize = 2048;
/// Events taken together before the picture is drawn once.
const BATCH: usize = 512;

/// Opens the screens and stays until the user leaves.
pub fn run(options: Options, station: Station, clock: &dyn Clock) -> Result<(), ScreenError> {
    let _log = open_log(&options.data_dir);
    let users = if station.is_set_up() {
        let names = station.user_names();
        Some(names.map_err(|failure| ScreenError::Station(failure.sentence(Lang::Zh)))?)
    } else {
        None
    };
    let console = std::env::var("TERM").is_ok_and(|term| term == "linux");
    let lang = options.lang.unwrap_or(if console { Lang::En } else { Lang::Zh });
    let (keymap, key_fault) = keymap(&options.data_dir);
    let theme = Theme::named(options.theme.as_deref().unwrap_or("dark"), depth());

    let mut screen = Screen::open().map_err(ScreenError::Terminal)?;
    let size = screen.terminal.size().map_err(ScreenError::Terminal)?;
    let mut state = State::new(Start {
        lang,
        now: clock.now(),
        size: (size.width, size.height),
        keymap,
        demo: options.demo,
        users,
    });
    if let Some(what) = key_fault {
        state.shared.say(Role::Warning, words::KEYS_FILE_BAD.with(lang, &[&what]));
    }
    if console {
        state.shared.say(Role::Warning, words::LINUX_CONSOLE.get(lang));
    }
    screen.draw(&state, &theme)?;

    let (events, incoming) = sync_channel(QUEUE);
    let workers = Workers::start(station, (options.knowledge, options.model), &events)
        .map_err(ScreenError::Terminal)?;
    listen(&events).map_err(ScreenError::Terminal)?;
    drop(events);

    let mut next_tick = Instant::now() + TICK;
    loop {
        let wait = next_tick.saturating_duration_since(Instant::now());
        let mut batch: Vec<Event> = match incoming.recv_timeout(wait) {
            Ok(event) => vec![event],
            Err(RecvTimeoutError::Timeout) => vec![],
            Err(RecvTimeoutError::Disconnected) => break,
        };
        batch.extend(incoming.try_iter().take(BATCH));
        if Instant::now() >= next_tick {
            next_tick = Instant::now() + TICK;
            batch.push(Event::Tick(clock.now()));
        }
        if act(&mut state, &workers, batch) {
            break;
        }
        screen.draw(&state, &theme)?;
    }
    // Whatever was asked of the records before the end is done before the end.
    let _ended = workers.finish(&incoming);
    tracing::info!("closed");
    Ok(())
}

/// Updates the state with every event, hands its questions to the workers; `true` = leave.
fn act(state: &mut State, workers: &Workers, batch: Vec<Event>) -> bool {
    let mut leave = false;
    let mut events = batch;
    // Twice: a refused question becomes an event of its own.
    for _ in 0..2 {
        let mut questions: Vec<(u64, Question)> = vec![];
        for event in events.drain(..) {
            for effect in update(state, event) {
                match effect {
                    Effect::Quit => leave = true,
                    Effect::Bell(times) => ring(times),
                    Effect::Ask(number, question) => {
                        // Many letters in one batch make one question, not many.
                        if question.needs_knowledge() {
                            questions.retain(|(_, q)| q.topic() != question.topic());
                        }
                        questions.push((number, question));
                    }
                }
            }
        }
        for (number, question) in questions {
            if let Err(refused) = workers.ask(number, question) {
                let (topic, busy) = *refused;
                let answer = Answer::Failed(topic, not_asked(topic, busy));
                events.push(Event::Done(number, Box::new(answer)));
            }
        }
    }
    leave
}

/// The terminal's bell, so often as the stop's own number says.
fn ring(times: u8) {
    let mut out = io::stdout();
    let _heard = out.write_all(&vec![7; usize::from(times)]);
    let _heard = out.flush();
}

fn not_asked(topic: Topic, busy: bool) -> Failure {
    tracing::warn!(?topic, busy, "question not taken");
    let t = if busy { words::BUSY } else { words::WORKER_GONE };
    Failure::new(Kind::Bug, t.zh, t.en).kept("", "")
}

/// Keys and signals, each on a thread of its own, into the one channel.
fn listen(events: &SyncSender<Event>) -> io::Result<()> {
    let to = events.clone();
    thread::Builder::new().name("keys".into()).spawn(move || read_keys(&to))?;
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    let to = events.clone();
    thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            if to.send(Event::Hangup).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

fn read_keys(to: &SyncSender<Event>) {
    let mut burst = Burst::default();
    let mut last_key = Instant::now();
    loop {
        let quiet = burst.is_open() && !event::poll(BURST_GAP).unwrap_or(false);
        let ready = if quiet {
            burst.quiet()
        } else if let Ok(raw) = event::read() {
            match from_terminal(raw) {
                Some(Event::Key(key)) => {
                    if last_key.elapsed() > END_GAP {
                        burst.no_end_due();
                    }
                    last_key = Instant::now();
                    burst.push(key)
                }
                Some(other) => {
                    let mut events = burst.quiet();
                    events.push(other);
                    events
                }
                None => continue,
            }
        } else {
            // The terminal is gone: say so, and let the drafts be kept.
            vec![Event::Hangup]
        };
        for event in ready {
            let last = matches!(event, Event::Hangup);
            if to.send(event).is_err() || last {
                return;
            }
        }
    }
}

/// The terminal while it is ours. Dropping gives it back; so does a panic of the drawing thread.
struct Screen {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
}

impl Screen {
    fn open() -> io::Result<Self> {
        give_back_on_panic();
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(Self { terminal })
    }

    fn draw(&mut self, state: &State, theme: &Theme) -> Result<(), ScreenError> {
        self.terminal
            .draw(|frame| view(state, theme, frame))
            .map(|_| ())
            .map_err(ScreenError::Terminal)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Raw mode, other screen, paste marks and cursor as they were. Errors are of no use here: the terminal may be gone.
fn give_back() {
    let _raw = disable_raw_mode();
    let _rest = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _out = io::stdout().flush();
}

fn give_back_on_panic() {
    let before = std::panic::take_hook();
    let drawing = thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        // Only the place goes into the log: the words of a panic may quote a note.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
        if thread::current().id() == drawing {
            give_back();
            before(info);
        }
    }));
}

/// What the terminal says it can show; `NO_COLOR` is obeyed.
fn depth() -> Depth {
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    let (term, colour) = (set("TERM"), set("COLORTERM"));
    if !set("NO_COLOR").is_empty() || term == "dumb" || term.is_empty() {
        Depth::None
    } else if colour == "truecolor" || colour == "24bit" {
        Depth::True
    } else if few_colours(&term) {
        Depth::Sixteen
    } else {
        Depth::Palette256
    }
}

/// The bare console and old terminals: sixteen colours or eight.
fn few_colours(term: &str) -> bool {
    const OLD: [&str; 8] =
        ["linux", "ansi", "cygwin", "cons25", "vt100", "vt220", "rxvt", "xterm-color"];
    OLD.contains(&term) || term.ends_with("-16color") || term.ends_with("-8color")
}

fn keymap(data_dir: &Path) -> (Keymap, Option<String>) {
    match std::fs::read_to_string(data_dir.join("keys.toml")) {
        Ok(text) => Keymap::with_file(&text),
        Err(_) => (Keymap::default(), None),
    }
}

/// Logs go to a file, never to the terminal; they hold no words of patients.
fn open_log(data_dir: &Path) -> Option<tracing_appender::non_blocking::WorkerGuard> {
    let folder = data_dir.join("logs");
    std::fs::create_dir_all(&folder).ok()?;
    let file = tracing_appender::rolling::never(folder, "xinglin.log");
    let (writer, guard) = tracing_appender::non_blocking(file);
    let set = tracing_subscriber::fmt().with_writer(writer).with_ansi(false).try_init();
    set.ok()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "opened");
    Some(guard)
}
