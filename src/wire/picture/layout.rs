//! What the file says about its samples: how many, how wide, how they lie.
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;

use super::super::WireError;
use super::super::dicom::text;
use super::{MOST_PIXELS, bad};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Photometric {
    Monochrome1,
    Monochrome2,
    Rgb,
    Ybr,
}

/// How the samples lie.
#[derive(Clone)]
pub(super) struct Layout {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) samples: usize,
    pub(super) allocated: usize,
    pub(super) stored: u32,
    pub(super) signed: bool,
    pub(super) planar: bool,
    pub(super) photometric: Photometric,
}

impl Layout {
    pub(super) fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    pub(super) fn frame_bytes(&self) -> usize {
        self.pixels() * self.samples * self.allocated / 8
    }
}

pub(super) fn number(object: &DefaultDicomObject, tag: Tag) -> Option<usize> {
    text(object, tag).parse().ok()
}

pub(super) fn real(object: &DefaultDicomObject, tag: Tag) -> Option<f64> {
    first_number(&text(object, tag))
}

/// The first of several values, if it is a number.
pub(super) fn first_number(text: &str) -> Option<f64> {
    let first = text.split('\\').next().unwrap_or_default().trim();
    first.parse().ok().filter(|number: &f64| number.is_finite())
}

pub(super) fn layout(object: &DefaultDicomObject) -> Result<Layout, WireError> {
    let need =
        |tag, name: &str| number(object, tag).ok_or_else(|| bad(format!("{name} is missing")));
    let (rows, columns) = (need(tags::ROWS, "Rows")?, need(tags::COLUMNS, "Columns")?);
    if rows == 0 || columns == 0 || (rows as u64) * (columns as u64) > MOST_PIXELS {
        return Err(bad(format!("{columns}x{rows} cannot be shown")));
    }
    let samples = number(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let name = text(object, tags::PHOTOMETRIC_INTERPRETATION);
    let photometric = match (name.as_str(), samples) {
        ("MONOCHROME1", 1) => Photometric::Monochrome1,
        ("MONOCHROME2" | "", 1) => Photometric::Monochrome2,
        // A JPEG 2000 decoder gives red, green and blue back.
        ("RGB" | "YBR_RCT" | "YBR_ICT", 3) => Photometric::Rgb,
        ("YBR_FULL" | "YBR_FULL_422", 3) => Photometric::Ybr,
        _ => return Err(bad(format!("颜色方式 {name} 不能预览 ({name} is not shown)"))),
    };
    let allocated = need(tags::BITS_ALLOCATED, "BitsAllocated")?;
    if !matches!((allocated, samples), (8 | 16, 1) | (8, 3)) {
        return Err(bad(format!("每点 {allocated} 位不能预览 ({allocated} bits are not shown)")));
    }
    let stored = number(object, tags::BITS_STORED).unwrap_or(allocated).clamp(1, allocated);
    Ok(Layout {
        rows,
        columns,
        samples,
        allocated,
        stored: stored as u32,
        signed: number(object, tags::PIXEL_REPRESENTATION) == Some(1),
        planar: number(object, tags::PLANAR_CONFIGURATION) == Some(1),
        photometric,
    })
}
