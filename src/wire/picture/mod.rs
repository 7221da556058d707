//! An image made small enough for a terminal: grey or coloured squares, windowed as the file asks. For a look, never for
//! a diagnosis. What cannot be shown says why. Runs in the confined child, as all parsing of strangers' files.
mod codecs;
mod frame;
mod layout;
mod rle;
mod shades;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use super::WireError;
use super::dicom::parse;
use layout::{layout, number};

const FORMAT: &str = "preview";
/// More than any terminal shows.
const MOST_SIDE: usize = 600;
const MOST_PIXELS: u64 = 40_000_000;

/// What is wanted: a size in squares, a frame from 0, and the window that a person chose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    pub width: usize,
    pub height: usize,
    pub frame: usize,
    pub window: Option<(f64, f64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// Red, green, blue of each square, row by row, base64.
    rgb: String,
    pub source_width: usize,
    pub source_height: usize,
    pub frames: usize,
    /// Centre and width; `None` for colour.
    pub window: Option<(f64, f64)>,
}

impl Picture {
    /// `width * height * 3` bytes.
    pub fn rgb(&self) -> Result<Vec<u8>, WireError> {
        let bytes = STANDARD.decode(&self.rgb).map_err(|_| bad("the picture is damaged"))?;
        if bytes.len() != self.width * self.height * 3
            || self.width * self.height > MOST_SIDE * MOST_SIDE
        {
            return Err(bad("the picture is damaged"));
        }
        Ok(bytes)
    }

    /// A grey ramp, for the tests of the screens.
    #[cfg(test)]
    pub fn ramp(side: usize, window: Option<(f64, f64)>) -> Self {
        let rgb: Vec<u8> =
            (0..side * side).flat_map(|n| [(n % side * 255 / side) as u8; 3]).collect();
        let (source_width, source_height) = (512, 512);
        let rgb = STANDARD.encode(rgb);
        Self { width: side, height: side, rgb, source_width, source_height, frames: 1, window }
    }

    pub fn to_line(&self) -> Result<String, WireError> {
        serde_json::to_string(self).map_err(|error| bad(error.to_string()))
    }

    pub fn from_line(line: &str) -> Result<Self, WireError> {
        serde_json::from_str(line).map_err(|error| bad(error.to_string()))
    }
}

fn bad(what: impl Into<String>) -> WireError {
    WireError::unreadable(FORMAT, what)
}

/// The picture of one frame.
pub fn of(bytes: &[u8], wanted: Wanted) -> Result<Picture, WireError> {
    let object = parse(bytes)?;
    if object.get(tags::PIXEL_DATA).is_none() {
        let what = if object.get(tags::WAVEFORM_SEQUENCE).is_some() {
            "心电等波形没有图像，不能预览 (a waveform, no image)"
        } else {
            "文件里没有图像 (no pixel data)"
        };
        return Err(bad(what));
    }
    let mut layout = layout(&object)?;
    let frames = number(&object, tags::NUMBER_OF_FRAMES).unwrap_or(1).max(1);
    if wanted.frame >= frames {
        return Err(bad(format!("只有 {frames} 帧 (only {frames} frames)")));
    }
    let source = (layout.columns, layout.rows);
    let frame = frame::frame(&object, &mut layout, (wanted, frames))?;
    let (rgb, window) = shades::shades(&object, &layout, (&frame, wanted));
    let (width, height) = shades::fit(source, wanted);
    let small = shades::shrink(&rgb, (layout.columns, layout.rows), (width, height));
    Ok(Picture {
        width,
        height,
        rgb: STANDARD.encode(small),
        source_width: source.0,
        source_height: source.1,
        frames,
        window,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, PrimitiveValue, VR, dicom_value};
    use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

    const ALL: Wanted = Wanted { width: 600, height: 600, frame: 0, window: None };

    /// 2x2, signed 12 of 16 bits: -100, 0, 100, 2000.
    fn file(photometric: &str, more: Vec<DataElement<InMemDicomObject>>) -> Vec<u8> {
        let pixels: Vec<u16> = [-100i16, 0, 100, 2000].map(|v| v as u16 & 0x0fff).to_vec();
        let us = |tag, n: u16| DataElement::new(tag, VR::US, dicom_value!(U16, [n]));
        let mut elements = vec![
            DataElement::new(tags::SOP_CLASS_UID, VR::UI, PrimitiveValue::from("1.2")),
            us(tags::SAMPLES_PER_PIXEL, 1),
            DataElement::new(
                tags::PHOTOMETRIC_INTERPRETATION,
                VR::CS,
                PrimitiveValue::from(photometric),
            ),
            us(tags::ROWS, 2),
            us(tags::COLUMNS, 2),
            us(tags::BITS_ALLOCATED, 16),
            us(tags::BITS_STORED, 12),
            us(tags::PIXEL_REPRESENTATION, 1),
            DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())),
        ];
        elements.extend(more);
        let object = InMemDicomObject::from_element_iter(elements);
        let meta = FileMetaTableBuilder::new()
            .media_storage_sop_class_uid("1.2")
            .media_storage_sop_instance_uid("1.3")
            .transfer_syntax("1.2.840.10008.1.2.1");
        let mut bytes = vec![];
        object.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
        bytes
    }

    fn greys(bytes: &[u8], wanted: Wanted) -> Vec<u8> {
        of(bytes, wanted).unwrap().rgb().unwrap().chunks(3).map(|rgb| rgb[0]).collect()
    }

    #[test]
    fn the_window_and_the_sign_are_as_the_file_says() {
        let window = |centre: &str, width: &str| {
            vec![
                DataElement::new(tags::WINDOW_CENTER, VR::DS, PrimitiveValue::from(centre)),
                DataElement::new(tags::WINDOW_WIDTH, VR::DS, PrimitiveValue::from(width)),
            ]
        };
        let soft = file("MONOCHROME2", window("0.5", "201"));
        assert_eq!(greys(&soft, ALL), [0, 127, 255, 255]);
        let turned = file("MONOCHROME1", window("0.5", "201"));
        assert_eq!(greys(&turned, ALL), [255, 127, 0, 0]);
        // A person's window goes before the file's; without both, the whole range is shown.
        assert_eq!(greys(&soft, Wanted { window: Some((2000.0, 1.0)), ..ALL }), [0, 0, 0, 255]);
        let bare = greys(&file("MONOCHROME2", vec![]), ALL);
        assert_eq!((bare[0], bare[3]), (0, 255));
    }

    #[test]
    fn it_is_made_small_by_the_mean_and_what_cannot_be_shown_says_so() {
        let bytes = file("MONOCHROME2", vec![]);
        let one = of(&bytes, Wanted { width: 1, height: 1, ..ALL }).unwrap();
        assert_eq!((one.width, one.height, one.source_width), (1, 1, 2));
        let words = of(&file("PALETTE COLOR", vec![]), ALL).unwrap_err().to_string();
        assert!(words.contains("PALETTE COLOR"), "{words}");
        assert!(of(&bytes, Wanted { frame: 1, ..ALL }).is_err());
    }
}
