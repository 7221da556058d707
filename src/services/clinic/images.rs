//! The images of a study: which there are, their bytes, one of them as a picture. Every look is logged.
use super::Clinic;
use crate::domain::patient::PatientId;
use crate::domain::role::Action;
use crate::domain::share::ItemId;
use crate::services::clinic::SharingBoard;
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::outgoing;
use crate::services::share::reader::{Picture, Reader, Wanted};

/// An image with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptImage {
    pub sop_uid: String,
    pub bytes: Vec<u8>,
}

/// One image of a study, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyImage {
    /// By which it is asked for: from 1, in the order in which they came in.
    pub image: usize,
    pub series_uid: String,
    /// `3 肺窗`
    pub series: String,
    pub modality: String,
    pub body_part: String,
    pub frames: u32,
}

impl Clinic {
    /// The images of a study by series and number.
    pub fn study_images(&mut self, item: ItemId) -> Result<Vec<StudyImage>, Failure> {
        self.read(Action::SeeShare, format!("item:{} list of images", item.0))?;
        let kept = outgoing::kept(self.store.instances(item)?)?;
        let mut order: Vec<usize> = (0..kept.len()).collect();
        let number = |text: &str| text.trim().parse::<i64>().unwrap_or(i64::MAX);
        order.sort_by_key(|at| {
            let i = &kept[*at].instance;
            (number(&i.series_number), i.series_uid.clone(), number(&i.instance_number))
        });
        let line = |at: usize| {
            let i = &kept[at].instance;
            StudyImage {
                image: at + 1,
                series_uid: i.series_uid.clone(),
                series: format!("{} {}", i.series_number, i.series_description).trim().to_owned(),
                modality: i.modality.clone(),
                body_part: i.body_part.clone(),
                frames: i.frames.max(1),
            }
        };
        Ok(order.into_iter().map(line).collect())
    }

    /// The images of a study, as they came in.
    pub fn images(&mut self, item: ItemId) -> Result<Vec<KeptImage>, Failure> {
        self.read(Action::SeeShare, format!("item:{} images", item.0))?;
        let rows = self.store.instances(item)?;
        rows.into_iter()
            .map(|row| Ok(KeptImage { bytes: self.store.blob(row.sha256)?, sop_uid: row.sop_uid }))
            .collect()
    }

    /// The bytes of one image, by its number from 1; with how many there are.
    pub fn image_bytes(
        &mut self,
        (item, image): (ItemId, usize),
    ) -> Result<(Vec<u8>, usize), Failure> {
        self.read(Action::SeeShare, format!("item:{} picture:{image}", item.0))?;
        let rows = self.store.instances(item)?;
        let Some(row) = image.checked_sub(1).and_then(|at| rows.get(at)) else {
            return Err(Failure::new(
                Fault::User,
                format!("记录 {} 没有第 {image} 幅影像（共 {} 幅）。", item.0, rows.len()),
                format!("Record {} has no image {image} ({} in all).", item.0, rows.len()),
            ));
        };
        Ok((self.store.blob(row.sha256)?, rows.len()))
    }

    /// The picture of one image of a study; with how many images there are.
    pub fn picture(
        &mut self,
        which: (ItemId, usize),
        (wanted, reader): (Wanted, &Reader),
    ) -> Result<(Picture, usize), Failure> {
        let (bytes, images) = self.image_bytes(which)?;
        Ok((reader.picture(&bytes, wanted)?, images))
    }

    /// What is shared of one person.
    pub fn sharing_of(&mut self, patient: PatientId) -> Result<SharingBoard, Failure> {
        self.read(Action::SeeShare, format!("patient:{} board", patient.0))?;
        let board = self.sharing_board()?;
        let mut came_in = self.store.items_of(patient)?;
        came_in.retain(|item| item.source != super::referrals::WRITTEN_HERE);
        came_in.reverse();
        let mut deliveries = board.deliveries;
        deliveries.retain(|line| line.delivery.patient == Some(patient));
        let mut referrals = board.referrals;
        referrals.retain(|line| line.item.patient == Some(patient));
        Ok(SharingBoard { came_in, deliveries, referrals })
    }
}
