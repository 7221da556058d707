//! One page to read: the whole life of a code or of a lot, the report of a recall, the agreed purchases. It can be
//! printed where an inspector may ask for it; a scanned box turns to its own page.
use ratatui::{layout::Rect, text::Line};

use super::{say_stop, state_name};
use crate::{
    domain::trace::{pack::Pack, product::Product, product::Progress},
    services::clinic::trace::{Dispensed, LotLife, PackLife, RecallReport},
    tui::{
        action::Action,
        draw::{Ui, wrapped},
        effect::{Answer, Paper, Question},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::{Lang, chart, stock as words},
        theme::Role,
    },
};

#[derive(Debug)]
pub struct Leaf {
    title: String,
    lines: Vec<(Role, String)>,
    paper: Option<Paper>,
    top: usize,
}

impl From<Leaf> for Screen {
    fn from(screen: Leaf) -> Self {
        Self::Leaf(Box::new(screen))
    }
}

impl Leaf {
    fn new(title: String, lines: Vec<(Role, String)>, paper: Option<Paper>) -> Self {
        Self { title, lines, paper, top: 0 }
    }

    pub fn of_code(shared: &Shared, life: &PackLife) -> Self {
        let lang = shared.lang;
        let code = life.events.first().map_or("", |event| event.event.code.as_str()).to_owned();
        let mut lines = vec![];
        if let Some(product) = &life.product {
            let text = format!("{}  {}  {}", product.label(), product.maker, product.approval);
            lines.push((Role::Heading, text));
        }
        if let Some(pack) = &life.pack {
            lines.push((Role::Base, life_line(shared, pack)));
            let t = &pack.tally;
            lines.push((
                Role::Base,
                words::LIFE_TALLY.with(
                    lang,
                    &[
                        &t.received,
                        &t.dispensed,
                        &t.back,
                        &t.sent_back,
                        &t.destroyed,
                        &t.lost,
                        &t.found,
                    ],
                ),
            ));
            if let Some(recall) = &pack.recall {
                lines.push((Role::Danger, words::LIFE_RECALL.with(lang, &[recall])));
            }
        }
        lines.push((Role::Heading, words::LIFE_EVENTS.with(lang, &[&life.events.len()])));
        lines.extend(life.events.iter().map(|event| {
            let context = &event.event.context;
            let text = format!(
                "{}  {}  {}  {} {}",
                event.at,
                event.event.what.told().pick(lang),
                event.actor,
                context.bill,
                context.partner
            );
            (Role::Base, text.trim_end().to_owned())
        }));
        if !life.children.is_empty() {
            lines.push((Role::Heading, words::LIFE_CHILDREN.with(lang, &[&life.children.len()])));
            lines.extend(life.children.iter().map(|pack| pack_line(shared, pack)));
        }
        push_patients(shared, &mut lines, &life.patients);
        let title = words::LIFE_TITLE.with(lang, &[&code]);
        Self::new(title, lines, Some(Paper::Code(code)))
    }

    pub fn of_lot(shared: &Shared, of: (&str, &str, &str), life: &LotLife) -> Self {
        let (product, lot, label) = of;
        let lang = shared.lang;
        let mut lines = vec![(Role::Heading, label.to_owned())];
        lines.extend(life.lots.iter().map(|l| {
            let expiry =
                l.expiry.map_or_else(|| shared.t(words::UNDATED).to_owned(), |day| day.to_string());
            (
                Role::Base,
                words::LOT_SUM.with(
                    lang,
                    &[
                        &expiry,
                        &l.received,
                        &l.dispensed,
                        &l.back,
                        &l.sent_back,
                        &l.destroyed,
                        &l.lost,
                        &l.found,
                        &l.shelf,
                        &l.held,
                        &l.expected,
                    ],
                ),
            )
        }));
        lines.push((Role::Heading, words::LOT_PACKS.with(lang, &[&life.packs.len()])));
        lines.extend(life.packs.iter().map(|pack| pack_line(shared, pack)));
        push_patients(shared, &mut lines, &life.patients);
        let paper = Paper::Lot { product: product.to_owned(), lot: lot.to_owned() };
        Self::new(words::LOT_TITLE.with(lang, &[&lot]), lines, Some(paper))
    }

    pub fn of_recall(shared: &Shared, report: &RecallReport) -> Self {
        let lang = shared.lang;
        let recall = &report.recall;
        let nature = shared.t(match recall.nature {
            crate::domain::trace::recall::Nature::Drill => words::RECALL_DRILL,
            crate::domain::trace::recall::Nature::Real => words::RECALL_REAL,
        });
        let in_house: Vec<&Pack> = report.packs.iter().filter(|pack| pack.in_house() > 0).collect();
        let mut lines = vec![(
            Role::Heading,
            words::RECALL_SUM.with(
                lang,
                &[&nature, &report.packs.len(), &in_house.len(), &report.patients.len()],
            ),
        )];
        // Who must be called comes first; boxes do not run away.
        push_patients(shared, &mut lines, &report.patients);
        lines.push((Role::Heading, words::RECALL_PLACES.with(lang, &[&in_house.len()])));
        lines.extend(in_house.into_iter().map(|pack| pack_line(shared, pack)));
        let title = words::RECALL_TITLE.with(lang, &[&recall.id]);
        Self::new(title, lines, Some(Paper::Recall(recall.id.clone())))
    }

    pub fn of_agreements(shared: &Shared, agreements: &[Progress], products: &[Product]) -> Self {
        let lang = shared.lang;
        let mut lines = vec![];
        for progress in agreements {
            let a = &progress.agreement;
            let name = products
                .iter()
                .find(|product| product.id == a.product)
                .map_or_else(|| a.product.clone(), Product::label);
            let behind = progress.is_behind(shared.today());
            let late = if behind { shared.t(words::AGREED_BEHIND) } else { "" };
            let percent = progress.permille() / 10;
            let price = format!("{}.{:02}", a.price_fen / 100, a.price_fen % 100);
            let text = words::AGREED_LINE.with(
                lang,
                &[
                    &a.batch,
                    &name,
                    &progress.bought,
                    &a.agreed,
                    &percent,
                    &price,
                    &a.from,
                    &a.to,
                    &late,
                ],
            );
            lines.push((if behind { Role::Warning } else { Role::Base }, text));
        }
        if lines.is_empty() {
            lines.push((Role::Muted, shared.t(words::AGREED_NONE).to_owned()));
        }
        Self::new(shared.t(words::AGREED_TITLE).to_owned(), lines, None)
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions = vec![];
        if self.paper.is_some() {
            actions.push(Action::Print);
        }
        actions.extend([Action::PageDown, Action::PageUp, Action::Next, Action::Previous]);
        actions
    }

    pub const fn has_field(&self) -> bool {
        false
    }

    pub const fn field(&mut self) -> Option<&mut Field> {
        None
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        shared.ask(Question::PackLife(code.to_owned()));
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match (action, &self.paper) {
            (Action::Print, Some(paper)) => shared.ask(Question::PrintPaper(paper.clone())),
            _ => self.top = stepped(self.top, action, self.lines.len()),
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::PackLife(life) => *self = Self::of_code(shared, &life),
            Answer::PaperPrinted(path) => {
                let text = chart::PRINT_DONE.with(shared.lang, &[&path.display()]);
                shared.say(Role::Good, text);
            }
            Answer::Stopped(stop) => say_stop(shared, &stop),
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, _shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, &self.title, true);
        let wide = usize::from(inner.width);
        let lines = self
            .lines
            .iter()
            .skip(self.top)
            .flat_map(|(role, text)| wrapped(text, wide).into_iter().map(|row| (*role, row)))
            .take(inner.height.into())
            .map(|(role, row)| Line::from(ui.span(role, row)))
            .collect();
        ui.lines(inner, lines);
    }
}

pub(super) fn life_line(shared: &Shared, pack: &Pack) -> String {
    let expiry =
        pack.expiry.map_or_else(|| shared.t(words::UNDATED).to_owned(), |day| day.to_string());
    let state = state_name(pack.state, shared.lang);
    words::LIFE_LINE.with(shared.lang, &[&pack.lot, &expiry, &state, &pack.shelf, &pack.held])
}

fn pack_line(shared: &Shared, pack: &Pack) -> (Role, String) {
    let state = state_name(pack.state, shared.lang);
    let place = if pack.place.is_empty() { shared.t(words::NO_PLACE) } else { &pack.place };
    let text =
        words::PACK_LINE.with(shared.lang, &[&pack.code, &state, &place, &pack.shelf, &pack.held]);
    (if pack.in_house() > 0 { Role::Base } else { Role::Muted }, text)
}

fn push_patients(shared: &Shared, lines: &mut Vec<(Role, String)>, patients: &[Dispensed]) {
    lines.push((Role::Heading, words::LIFE_PATIENTS.with(shared.lang, &[&patients.len()])));
    lines.extend(patients.iter().map(|one| (Role::Accent, patient_line(shared.lang, one))));
}

pub(super) fn patient_line(lang: Lang, one: &Dispensed) -> String {
    words::LIFE_PATIENT.with(lang, &[&one.name, &one.phone, &one.at, &one.units])
}
