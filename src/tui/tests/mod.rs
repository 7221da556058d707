//! The screens as a doctor meets them; every screen, pane and overlay stands here once.
mod follow_up;
mod keys;
mod monkey;
mod pictures;
mod preview;
mod priors;
mod rx_tools;
mod search;
mod sharing;
pub(super) mod stock;
mod store_files;
mod store_room;
mod upload;
mod visit;

pub(super) use search::hits;
use search::local_hits;

use super::{effect::Answer, testing::*, testing_follow_up};
use crate::domain::visit::AlertTier;

pub(super) type Scene = (&'static str, fn((u16, u16)) -> Bench);

/// Every screen, pane and overlay once.
pub(super) const SCENES: &[Scene] = &[
    ("wizard", |size| Bench::new(size, None)),
    ("wizard-setting", |size| wizard_at(size, 1)),
    ("wizard-key", |size| {
        let mut bench = wizard_at(size, 6);
        bench.answer(Answer::SignedIn {
            me: me(),
            recovery_key: Some((0..8).map(|n| format!("7K2M{n}")).collect()),
        });
        bench
    }),
    ("sign-in", |size| Bench::new(size, Some(vec!["wang".into()]))),
    ("waiting", Bench::at_home),
    ("follow-up-due", |size| {
        let mut bench = Bench::at_home(size);
        bench.types("g");
        bench.answer(Answer::Due(testing_follow_up::due()));
        bench
    }),
    ("follow-up-by-place", |size| {
        let mut bench = Bench::at_home(size);
        bench.types("g");
        bench.answer(Answer::Due(testing_follow_up::due()));
        bench.types("o");
        bench
    }),
    ("follow-up-register", |size| {
        let mut bench = Bench::at_home(size);
        bench.types("g");
        bench.answer(Answer::Due(testing_follow_up::due()));
        bench.press("tab");
        bench.answer(Answer::FollowUpRegister(vec![testing_follow_up::enrolment()]));
        bench
    }),
    ("follow-up-counts", follow_up::in_counts),
    ("follow-up-people", |size| {
        let mut bench = follow_up::in_counts(size);
        bench.press("enter");
        bench
    }),
    ("follow-up-self-check", follow_up::in_mirror),
    ("follow-up-form", |size| {
        let mut bench = follow_up::in_form(size);
        bench.types("150/95");
        bench.judge();
        bench
    }),
    ("follow-up-trend", |size| {
        let mut bench = follow_up::in_form(size);
        bench.judge();
        bench.press("f3");
        bench
    }),
    ("follow-up-danger", |size| {
        let mut bench = follow_up::in_form(size);
        bench.types("182/95");
        bench.judge();
        bench
    }),
    ("sharing-out", |size| sharing::open(size, 0)),
    ("sharing-in", |size| sharing::open(size, 1)),
    ("sharing-referrals", |size| sharing::open(size, 2)),
    ("sharing-person", preview::of_a_person),
    ("preview", |size| preview::shown(size, Some((40.0, 400.0)))),
    ("priors", priors::at_ordering),
    ("priors-repeat", |size| {
        let mut bench = priors::at_ordering(size);
        bench.types("4");
        bench
    }),
    ("preview-busy", preview::decoding),
    ("preview-refused", |size| {
        let mut bench = preview::decoding(size);
        bench.answer(preview::refused());
        bench
    }),
    ("find", |size| {
        let mut bench = Bench::at_home(size);
        bench.types("fzg");
        bench.answer(Answer::Found(vec![line_of(7, "张桂兰"), line_of(8, "张国力")]));
        bench
    }),
    ("register", |size| {
        let mut bench = Bench::at_home(size);
        bench.types("n");
        bench.types("李小明");
        bench.press("enter");
        bench.types("110105194912310021");
        bench.press("ctrl-s");
        bench
    }),
    ("note-empty", |size| {
        let mut bench = Bench::at_home(size);
        bench.press("enter");
        bench.answer(Answer::Opened(Box::new(opened())));
        bench
    }),
    ("note", Bench::in_visit),
    ("findings", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("tab");
        bench
    }),
    ("diagnosis", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f3");
        bench
    }),
    ("diagnosis-picked", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f3");
        bench.press("down");
        bench.types("2");
        bench
    }),
    ("plan", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f3");
        bench.types("1");
        bench.press("f4");
        bench.answer(Answer::Plans(plans()));
        bench
    }),
    ("rx-preview", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f5");
        bench.types("amxl 0.5 tid");
        bench.answer(Answer::Readings(vec![reading(false), reading(true)]));
        bench
    }),
    ("rx-stop", |size| Bench::with_drug(size, &[AlertTier::Stop, AlertTier::Note])),
    ("rx-warn", |size| Bench::with_drug(size, &[AlertTier::Warn, AlertTier::Note])),
    ("sign", |size| {
        let mut bench = Bench::with_drug(size, &[]);
        bench.press("f6");
        bench
    }),
    ("sign-hindered", |size| {
        let mut bench = Bench::with_drug(size, &[AlertTier::Stop]);
        bench.press("f6");
        bench
    }),
    ("sign-second", |size| {
        let mut bench = Bench::with_drug(size, &[AlertTier::Stop]);
        bench.press("f6");
        bench.press("ctrl-b");
        bench.answer(Answer::SecondSigners(second_signers()));
        bench
    }),
    ("sign-second-nobody", |size| {
        let mut bench = Bench::with_drug(size, &[AlertTier::Stop]);
        bench.press("f6");
        bench.press("ctrl-b");
        bench.answer(Answer::SecondSigners(vec![]));
        bench
    }),
    ("sign-confirm", |size| {
        let mut bench = Bench::with_drug(size, &[]);
        bench.press("f6");
        bench.press("enter");
        bench
    }),
    ("signed", Bench::signed),
    ("history", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f8");
        bench.answer(Answer::Chart { patient: patient(), visits: visits() });
        bench
    }),
    ("past-visit", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f8");
        bench.answer(Answer::Chart { patient: patient(), visits: visits() });
        bench.press("enter");
        bench.answer(Answer::PastVisit(Box::new(past())));
        bench
    }),
    ("help", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f1");
        bench
    }),
    ("palette", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-p");
        bench.types("cf");
        bench
    }),
    ("search", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-f");
        bench.types("gxy");
        bench.answer(Answer::Hits(hits()));
        bench
    }),
    ("search-papers", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-f");
        bench.types("gxy");
        bench.answer(Answer::Hits(local_hits()));
        bench.press("tab");
        bench
    }),
    ("search-filtered", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-f");
        bench.types("gxy");
        bench.answer(Answer::Hits(local_hits()));
        bench.press("tab");
        bench.press("y");
        bench.press("a");
        bench.answer(Answer::Hits(hits()));
        bench
    }),
    ("search-support", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f3");
        bench.press("g");
        bench.answer(Answer::Hits(hits()));
        bench
    }),
    ("messages", |size| {
        let mut bench = Bench::at_home(size);
        bench.press("ctrl-l");
        bench
    }),
    ("leave-visit", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("esc");
        bench
    }),
    ("refill", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f5");
        bench.press("ctrl-r");
        let (past, templates) = rx_sources();
        bench.answer(Answer::RxSources { past, templates });
        bench
    }),
    ("refill-templates", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("f5");
        bench.press("ctrl-r");
        let (past, templates) = rx_sources();
        bench.answer(Answer::RxSources { past, templates });
        bench.press("tab");
        bench
    }),
    ("save-template", |size| {
        let mut bench = Bench::with_drug(size, &[]);
        bench.press("ctrl-t");
        bench.types("成人感冒");
        bench
    }),
    ("long-term", |size| {
        let mut bench = Bench::with_drug(size, &[]);
        bench.press("ctrl-g");
        bench.types("8 病情稳定");
        bench
    }),
    ("calculators", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-n");
        bench.types("88");
        bench
    }),
    ("calculators-drip", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-n");
        bench.press("pageup");
        bench.types("500");
        bench.press("enter");
        bench.types("4小时");
        bench
    }),
    ("own-reason", |size| {
        let mut bench = Bench::with_drug(size, &[AlertTier::Warn]);
        bench.types("9");
        bench
    }),
    ("stock", stock::store),
    ("stock-life", |size| {
        let mut bench = stock::store(size);
        bench.event(super::event::Event::Scan(stock::CODE.into()));
        bench.answer(Answer::PackLife(Box::new(stock::life())));
        bench
    }),
    ("counter", |size| stock::at_counter(size, 2)),
    ("receipt", stock::at_the_door),
    ("receipt-refusing", store_files::refusing),
    ("receipt-extra", store_files::accepting),
    ("stock-refused", store_files::refused),
    ("stock-files", |size| store_room::opened(size, "i")),
    ("stock-files-look", store_files::looked),
    ("stock-recalls", store_files::earlier),
    ("stock-acts", |size| store_room::opened(size, "a")),
    ("stock-destroy", |size| store_room::destroying(size, 2)),
    ("stock-confirm", |size| {
        let mut bench = store_room::destroying(size, 2);
        store_room::fill(&mut bench, &["过期", "", "李梅"]);
        bench.press("enter");
        bench
    }),
    ("stock-count", |size| store_room::counted(size)),
    ("stock-recall", |size| store_room::opened(size, "z")),
    ("stock-recalled", |size| store_room::recalled(size)),
    ("stock-warmth", |size| store_room::warmth(size)),
    ("stock-measure", |size| {
        let mut bench = store_room::warmth(size);
        bench.press("f6");
        bench.types("移入备用冰箱，报告乡镇药师");
        bench
    }),
    ("stock-upload", |size| store_room::uploading(size)),
    ("stock-settle", |size| {
        let mut bench = store_room::uploading(size);
        bench.types("m");
        bench.types("平台客服已补录");
        bench
    }),
    ("stock-pool", |size| store_room::pool(size)),
    ("stock-lot", |size| store_room::lot(size)),
    ("stock-code", |size| store_room::code(size)),
    ("stock-agreed", |size| store_room::agreed(size)),
    ("locked", |size| {
        let mut bench = Bench::in_visit(size);
        bench.press("ctrl-k");
        bench
    }),
];

fn wizard_at(size: (u16, u16), step: usize) -> Bench {
    let mut bench = Bench::new(size, None);
    let typed = ["柳溪村卫生室", "1", "wang", "王建国", "柳树发芽 春天来了", "柳树发芽 春天来了"];
    for text in typed.iter().take(step) {
        bench.types(text);
        bench.press("enter");
    }
    bench
}
