//! 看图: a study's images one by one in half blocks. Read by the records' worker, decoded by a child of its own; a picture
//! is never shown under the caption of another.
use std::sync::Arc;

use ratatui::{layout::Rect, text::Line};

use crate::{
    domain::{instant::Instant, share::ItemId},
    services::{
        clinic::StudyImage,
        share::reader::{Picture, Waiting, Wanted, waiting},
    },
    tui::{
        action::Action,
        draw::{Ui, clip, wrapped},
        effect::{Answer, Decoding, Question, Topic},
        field::Field,
        half_blocks::{self, Squares},
        overlays::stepped,
        state::{Go, Shared},
        text::{T, pictures as words},
        theme::Role,
    },
};

/// A name, and centre and width in Hounsfield units; `None` = what the file asks for.
type Preset = (T, Option<(f64, f64)>);

const PRESETS: [Preset; 5] = [
    (words::FILE, None),
    (words::BRAIN, Some((40.0, 80.0))),
    (words::LUNG, Some((-600.0, 1500.0))),
    (words::BONE, Some((480.0, 2500.0))),
    (words::SOFT, Some((40.0, 400.0))),
];

/// Which picture: the image's place in the list, its frame, the window and its name.
#[derive(Clone, Copy, Debug, PartialEq)]
struct View {
    at: usize,
    frame: usize,
    window: Preset,
}

#[derive(Debug)]
struct Shown {
    view: View,
    picture: Picture,
    squares: Squares,
}

/// What is waited for; let go, the child is stopped.
#[derive(Debug)]
struct Busy {
    since: Instant,
    decoding: Option<Waiting>,
}

#[derive(Debug)]
pub struct Preview {
    item: ItemId,
    title: String,
    images: Vec<StudyImage>,
    view: View,
    /// The bytes of one image, by its place in the list.
    bytes: Option<(usize, Arc<Vec<u8>>)>,
    shown: Option<Shown>,
    busy: Option<Busy>,
    problem: Option<String>,
}

impl Preview {
    /// `title` names the person and the study.
    pub fn open(item: ItemId, title: String, shared: &mut Shared) -> Self {
        shared.ask(Question::StudyImages(item));
        let busy = Some(Busy { since: shared.now, decoding: None });
        let view = View { at: 0, frame: 0, window: PRESETS[0] };
        Self { item, title, images: vec![], view, bytes: None, shown: None, busy, problem: None }
    }

    fn image(&self) -> Option<&StudyImage> {
        self.images.get(self.view.at)
    }

    fn frames(&self) -> usize {
        self.image().map_or(1, |image| image.frames as usize)
    }

    fn is_ct(&self) -> bool {
        self.image().is_some_and(|image| image.modality == "CT")
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if self.images.is_empty() {
            return actions;
        }
        actions.push(Action::Window);
        if self.images.len() > 1 {
            actions.extend([Action::Next, Action::Previous, Action::PageDown, Action::PageUp]);
            actions.push(Action::SwitchFocus);
        }
        if self.frames() > 1 {
            actions.extend([Action::NextFrame, Action::PreviousFrame]);
        }
        actions.extend([Action::Contrast, Action::Brightness]);
        actions
    }

    pub const fn has_field(&self) -> bool {
        false
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        None
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        // Esc first lets go of what is waited for.
        if action == Action::Back && self.busy.take().is_some() {
            self.problem = self.shown.is_none().then(|| shared.t(words::CANCELLED).to_owned());
            if let Some(shown) = &self.shown {
                self.view = shown.view;
            }
            return Some(Go::Stay);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        let before = self.view;
        match action {
            Action::Window => {
                let preset = *PRESETS.get(nth)?;
                if preset.1.is_some() && !self.is_ct() {
                    let text = shared.t(words::CT_ONLY);
                    shared.say(Role::Caution, text);
                    return Some(Go::Stay);
                }
                self.view.window = preset;
            }
            Action::Contrast | Action::Brightness => self.turn(shared, (action, nth)),
            Action::NextFrame => self.view.frame = (self.view.frame + 1).min(self.frames() - 1),
            Action::PreviousFrame => self.view.frame = self.view.frame.saturating_sub(1),
            Action::SwitchFocus => self.view.at = self.next_series(),
            _ => self.view.at = stepped(self.view.at, action, self.images.len()),
        }
        if self.view.at != before.at {
            self.view.frame = 0;
            self.shown = None;
            // Hounsfield units mean nothing on another kind of image.
            if self.view.window.1.is_some() && !self.is_ct() {
                self.view.window = PRESETS[0];
            }
        }
        if self.view != before || self.problem.is_some() {
            self.want(shared);
        }
        Some(Go::Stay)
    }

    /// Wider or narrower, darker or brighter than what is shown.
    fn turn(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) {
        let Some(shown) = &self.shown else { return };
        let Some((centre, width)) = shown.picture.window else {
            let text = shared.t(words::NO_COLOUR_WINDOW);
            shared.say(Role::Caution, text);
            return;
        };
        let window = match (action, nth) {
            (Action::Contrast, 0) => (centre, (width / 1.25).max(1.0)),
            (Action::Contrast, _) => (centre, width * 1.25),
            // A lower centre makes everything brighter.
            (_, 0) => (centre - width / 10.0, width),
            (_, _) => (centre + width / 10.0, width),
        };
        self.view.window = (words::BY_HAND, Some(window));
    }

    /// The first image of the next series, or of the first one again.
    fn next_series(&self) -> usize {
        let here = self.image().map(|image| &image.series_uid);
        let behind = self.images.iter().enumerate().skip(self.view.at);
        behind.filter(|(_, one)| Some(&one.series_uid) != here).map(|(n, _)| n).next().unwrap_or(0)
    }

    /// Asks for the picture of what is chosen now; whatever was waited for is let go.
    fn want(&mut self, shared: &mut Shared) {
        self.problem = None;
        self.busy = None;
        let Some(image) = self.image() else {
            self.problem = Some(shared.t(words::NO_IMAGES).to_owned());
            return;
        };
        match &self.bytes {
            Some((at, bytes)) if *at == self.view.at => {
                let (held, unless) = waiting();
                let wanted = wanted(shared.size, self.view);
                let bytes = Arc::clone(bytes);
                shared.ask(Question::Decode(Box::new(Decoding { bytes, wanted, unless })));
                self.busy = Some(Busy { since: shared.now, decoding: Some(held) });
            }
            _ => {
                shared.ask(Question::ReadImage(self.item, image.image));
                self.busy = Some(Busy { since: shared.now, decoding: None });
            }
        }
    }

    /// The terminal has another size.
    pub fn refit(&mut self, shared: &mut Shared) {
        if !self.images.is_empty() && self.problem.is_none() {
            self.want(shared);
        }
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::StudyImages(item, images) if item == self.item => {
                self.images = images;
                self.want(shared);
            }
            // What was cancelled meanwhile is not gone on with.
            Answer::ImageRead { image, bytes } if self.busy.is_some() => {
                if self.image().is_some_and(|chosen| chosen.image == image) {
                    self.bytes = Some((self.view.at, bytes));
                    self.want(shared);
                }
            }
            Answer::Pictured(picture) if self.busy.is_some() => {
                self.busy = None;
                match picture.rgb() {
                    Ok(rgb) => {
                        let squares = Squares { width: picture.width, height: picture.height, rgb };
                        self.shown = Some(Shown { view: self.view, picture: *picture, squares });
                    }
                    Err(error) => self.problem = Some(error.to_string()),
                }
            }
            Answer::ImageRead { .. } | Answer::Pictured(_) => {}
            Answer::Failed(Topic::StudyImages | Topic::ReadImage | Topic::Decode, failure) => {
                self.busy = None;
                self.shown = None;
                self.problem = Some(failure.sentence(shared.lang));
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let title = format!("{} {}", shared.t(words::TITLE), self.title);
        let inner = ui.boxed(area, &title, true);
        let row = |y: u16| Rect { y: inner.y + y, height: 1, ..inner };
        let wide = usize::from(inner.width);
        let banner = clip(&format!(" {} ", shared.t(words::ONLY_A_LOOK)), wide);
        ui.line(row(0), Line::from(ui.span(Role::Banner, banner)));
        let picture =
            Rect { y: inner.y + 1, height: inner.height.saturating_sub(CAPTION_ROWS), ..inner };
        if let Some(shown) = &self.shown {
            half_blocks::draw(ui, picture, &shown.squares);
        }
        if let Some(problem) = &self.problem {
            let lines = wrapped(problem, wide);
            let lines = lines.into_iter().map(|text| Line::from(ui.span(Role::Warning, text)));
            let lines = lines.collect();
            ui.lines(picture, lines);
        }
        let last = row(inner.height.saturating_sub(1));
        let (role, text) = match &self.busy {
            Some(busy) => {
                let text = if busy.decoding.is_some() {
                    let seconds = shared.now.millis_since(busy.since).max(0) / 1000;
                    words::DECODING.with(shared.lang, &[&seconds])
                } else {
                    shared.t(words::READING).to_owned()
                };
                (Role::Caution, text)
            }
            None => (Role::Base, self.caption(shared)),
        };
        ui.line(last, Line::from(ui.span(role, clip(&text, wide))));
    }

    /// `CT HEAD  序列 3 平扫  第2/30幅  帧1/8  512x512  脑窗 40/80`
    fn caption(&self, shared: &Shared) -> String {
        let lang = shared.lang;
        let view = self.shown.as_ref().map_or(self.view, |shown| shown.view);
        let Some(image) = self.images.get(view.at) else { return String::new() };
        let mut parts = vec![format!("{} {}", image.modality, image.body_part).trim().to_owned()];
        if !image.series.is_empty() {
            parts.push(words::SERIES.with(lang, &[&image.series]));
        }
        parts.push(words::IMAGE_OF.with(lang, &[&(view.at + 1), &self.images.len()]));
        if image.frames > 1 {
            parts.push(words::FRAME_OF.with(lang, &[&(view.frame + 1), &image.frames]));
        }
        if let Some(Shown { picture, .. }) = &self.shown {
            parts.push(format!("{}x{}", picture.source_width, picture.source_height));
            if let Some((centre, width)) = picture.window {
                let (centre, width) = (format!("{centre:.0}"), format!("{width:.0}"));
                let name = shared.t(view.window.0);
                parts.push(words::WINDOW.with(lang, &[&name, &centre, &width]));
            }
        }
        parts.join("  ")
    }
}

/// The warning above the picture, the caption below.
const CAPTION_ROWS: u16 = 2;

/// The squares that the terminal has room for: frame, status bar, message and hints taken off.
fn wanted((width, height): (u16, u16), view: View) -> Wanted {
    const FRAME: (u16, u16) = (2, 5);
    Wanted {
        width: usize::from(width.saturating_sub(FRAME.0)).max(1),
        height: usize::from(height.saturating_sub(FRAME.1 + CAPTION_ROWS)).max(1) * 2,
        frame: view.frame,
        window: view.window.1,
    }
}
