//! What questions and answers carry that nothing below the screens needs.
use std::sync::Arc;

use crate::{
    domain::{
        followup::{
            due::DuePerson,
            indicators::{Period, Row},
            register::OpenTask,
        },
        patient::PatientId,
        role::Roles,
        share::recognition::Repeat,
        visit::Setting,
    },
    services::{
        library::{Filter, Support},
        share::reader::{Unless, Wanted},
    },
};

/// Earlier results that are looked for; empty = any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorWish {
    pub patient: PatientId,
    pub modality: String,
    pub body_part: String,
}

/// A result that is recognised, or a test that is repeated all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub patient: PatientId,
    /// Its code on the list.
    pub item: String,
    pub prior: String,
    pub issuer: String,
    pub repeat: Option<(Repeat, String)>,
}

/// A picture to be made of an image, unless whoever asked has gone on.
#[derive(Clone, Debug)]
pub struct Decoding {
    pub bytes: Arc<Vec<u8>>,
    pub wanted: Wanted,
    pub unless: Unless,
}

/// What is asked of the guideline base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuideQuestion {
    Words {
        typed: String,
        filter: Filter,
    },
    /// All paragraphs of one entry.
    Entry(String),
    Support(Support),
}

/// The person at the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    pub user: String,
    pub name: String,
    pub roles: Roles,
    pub clinic: String,
    pub setting: Setting,
    pub id: crate::domain::role::UserId,
    pub today: crate::domain::age::Day,
}

/// What the status bar shows of the station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Station {
    pub read_only: bool,
    pub clock_suspect: bool,
    pub disk_low: bool,
    pub outbox: u64,
}

/// How far the knowledge is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knowledge {
    pub version: String,
    pub model: Option<String>,
    pub notices: Vec<crate::services::advisor::Notice>,
}

/// Who is due, and what must be done by a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DueList {
    pub people: Vec<DuePerson>,
    pub tasks: Vec<OpenTask>,
}

/// The counts of one programme in one period.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsPage {
    pub programme: String,
    pub period: Period,
    /// All programmes that can be counted, with their short names.
    pub programmes: Vec<(String, String)>,
    pub rows: Vec<Row>,
}
