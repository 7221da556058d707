//! An image made small enough for a terminal: grey or coloured squares, windowed as the file asks. For a look, never for
//! a diagnosis. What cannot be shown says why. Runs in the confined child, as all parsing of strangers' files.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use serde::{Deserialize, Serialize};

use super::WireError;
use super::dicom::{parse, text, uid};

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Photometric {
    Monochrome1,
    Monochrome2,
    Rgb,
    Ybr,
}

/// How the samples lie.
struct Layout {
    rows: usize,
    columns: usize,
    samples: usize,
    allocated: usize,
    stored: u32,
    signed: bool,
    planar: bool,
    photometric: Photometric,
}

impl Layout {
    fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    fn frame_bytes(&self) -> usize {
        self.pixels() * self.samples * self.allocated / 8
    }
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
    let frame = frame(&object, &mut layout, (wanted.frame, frames))?;
    let (rgb, window) = shades(&object, &layout, (&frame, wanted.window));
    let (width, height) = fit(&layout, wanted);
    let small = shrink(&rgb, (layout.columns, layout.rows), (width, height));
    Ok(Picture {
        width,
        height,
        rgb: STANDARD.encode(small),
        source_width: layout.columns,
        source_height: layout.rows,
        frames,
        window,
    })
}

fn number(object: &DefaultDicomObject, tag: Tag) -> Option<usize> {
    text(object, tag).parse().ok()
}

fn real(object: &DefaultDicomObject, tag: Tag) -> Option<f64> {
    let text = text(object, tag);
    let first = text.split('\\').next().unwrap_or_default().trim();
    first.parse().ok().filter(|number: &f64| number.is_finite())
}

fn layout(object: &DefaultDicomObject) -> Result<Layout, WireError> {
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
        ("RGB", 3) => Photometric::Rgb,
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

const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG: [&str; 2] = ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"];

/// The bytes of one frame, little endian.
fn frame(
    object: &DefaultDicomObject,
    layout: &mut Layout,
    (at, frames): (usize, usize),
) -> Result<Vec<u8>, WireError> {
    let syntax = uid(&object.meta().transfer_syntax);
    let element = object.get(tags::PIXEL_DATA).ok_or_else(|| bad("no pixel data"))?;
    let size = layout.frame_bytes();
    if let Some(fragments) = element.fragments() {
        let whole: Vec<u8> = match (fragments.len() == frames, frames) {
            (true, _) => fragments[at].clone(),
            (false, 1) => fragments.concat(),
            _ => return Err(bad("分段的多帧压缩图不能预览 (fragmented frames)")),
        };
        let decoded = match syntax.as_str() {
            RLE => run_lengths(&whole, layout)?,
            jpeg if JPEG.contains(&jpeg) => baseline(&whole, layout)?,
            other => {
                let name = compression(other);
                return Err(bad(format!(
                    "{name} 压缩不能预览，请用阅片软件 ({name} is not shown)"
                )));
            }
        };
        return if decoded.len() >= layout.frame_bytes() {
            Ok(decoded)
        } else {
            Err(bad("the compressed image ends early"))
        };
    }
    if text(object, tags::PHOTOMETRIC_INTERPRETATION) == "YBR_FULL_422" {
        return Err(bad("未压缩的 YBR_FULL_422 不能预览 (not shown)"));
    }
    let all = element.to_bytes().map_err(|_| bad("the pixels cannot be read"))?;
    let mut bytes =
        all.get(at * size..(at + 1) * size).ok_or_else(|| bad("the pixels end early"))?.to_vec();
    // The library gives 16-bit words in this machine's order when it knows them as words, which it does for OW.
    if syntax == BIG_ENDIAN && layout.allocated == 16 && cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    }
    Ok(bytes)
}

fn compression(syntax: &str) -> &'static str {
    match syntax.trim_start_matches("1.2.840.10008.1.2.4.") {
        "57" | "70" => "无损 JPEG",
        "80" | "81" => "JPEG-LS",
        "90" | "91" => "JPEG 2000",
        "201" | "202" | "203" => "HTJ2K",
        "100" | "101" | "102" | "103" | "107" | "108" => "视频",
        _ => "这种",
    }
}

/// PS3.5 annex G: planes of single bytes, the high byte first, each packed by itself.
fn run_lengths(data: &[u8], layout: &Layout) -> Result<Vec<u8>, WireError> {
    let word = |n: usize| {
        data.get(n * 4..n * 4 + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
    };
    let deep = layout.allocated / 8;
    let planes = layout.samples * deep;
    if word(0) != Some(planes) {
        return Err(bad("the RLE header does not fit the image"));
    }
    let pixels = layout.pixels();
    let mut out = vec![0; layout.frame_bytes()];
    for plane in 0..planes {
        let start = word(1 + plane).ok_or_else(|| bad("the RLE header is cut"))?;
        let end = if plane + 1 < planes { word(2 + plane) } else { Some(data.len()) };
        let packed = end
            .and_then(|end| data.get(start..end))
            .ok_or_else(|| bad("the RLE header does not fit the image"))?;
        let bytes = unpack(packed, pixels);
        let (sample, byte) = (plane / deep, plane % deep);
        for (pixel, value) in bytes.into_iter().enumerate() {
            out[(pixel * layout.samples + sample) * deep + (deep - 1 - byte)] = value;
        }
    }
    Ok(out)
}

fn unpack(packed: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(most);
    let mut at = 0;
    while at < packed.len() && out.len() < most {
        let head = packed[at] as i8;
        at += 1;
        if head >= 0 {
            let end = (at + head as usize + 1).min(packed.len());
            out.extend_from_slice(&packed[at..end]);
            at = end;
        } else if head != -128 {
            let Some(value) = packed.get(at) else { break };
            out.extend(std::iter::repeat_n(*value, usize::from(head.unsigned_abs()) + 1));
            at += 1;
        }
    }
    out.truncate(most);
    out
}

fn baseline(data: &[u8], layout: &mut Layout) -> Result<Vec<u8>, WireError> {
    use jpeg_decoder::{Decoder, PixelFormat};
    let mut decoder = Decoder::new(data);
    decoder.set_max_decoding_buffer_size(MOST_PIXELS as usize);
    let bytes = decoder.decode().map_err(|error| bad(format!("JPEG: {error}")))?;
    let info = decoder.info().ok_or_else(|| bad("JPEG without a header"))?;
    if (usize::from(info.width), usize::from(info.height)) != (layout.columns, layout.rows) {
        return Err(bad("the JPEG image has another size than the file says"));
    }
    layout.planar = false;
    match (info.pixel_format, layout.samples) {
        (PixelFormat::L8, 1) => layout.allocated = 8,
        // The decoder gives RGB whatever was stored.
        (PixelFormat::RGB24, 3) => layout.photometric = Photometric::Rgb,
        (PixelFormat::L16, 1) if layout.allocated == 16 => {}
        _ => return Err(bad("这种 JPEG 不能预览 (this JPEG is not shown)")),
    }
    layout.stored = layout.stored.min(layout.allocated as u32);
    Ok(bytes)
}

/// Red, green and blue of every pixel.
fn shades(
    object: &DefaultDicomObject,
    layout: &Layout,
    (frame, chosen): (&[u8], Option<(f64, f64)>),
) -> (Vec<u8>, Option<(f64, f64)>) {
    let pixels = layout.pixels();
    if layout.samples == 3 {
        let sample = |pixel: usize, n: usize| {
            let at = if layout.planar { n * pixels + pixel } else { pixel * 3 + n };
            frame[at]
        };
        let mut out = Vec::with_capacity(pixels * 3);
        for pixel in 0..pixels {
            let three = [sample(pixel, 0), sample(pixel, 1), sample(pixel, 2)];
            out.extend(if layout.photometric == Photometric::Ybr { rgb(three) } else { three });
        }
        return (out, None);
    }
    let values = values(object, layout, frame);
    let window = chosen.or_else(|| file_window(object)).unwrap_or_else(|| whole_range(&values));
    let inverse = layout.photometric == Photometric::Monochrome1;
    let mut out = Vec::with_capacity(pixels * 3);
    for value in values {
        let shade = through(value, window);
        let shade = if inverse { 255 - shade } else { shade };
        out.extend([shade, shade, shade]);
    }
    (out, Some(window))
}

/// Values after the modality's own scale (HU for CT).
fn values(object: &DefaultDicomObject, layout: &Layout, frame: &[u8]) -> Vec<f64> {
    let slope = real(object, tags::RESCALE_SLOPE).filter(|slope| *slope != 0.0).unwrap_or(1.0);
    let intercept = real(object, tags::RESCALE_INTERCEPT).unwrap_or(0.0);
    let spare = 32 - layout.stored;
    let value = |raw: u32| {
        let bits = raw << spare;
        let number = if layout.signed {
            f64::from((bits as i32) >> spare)
        } else {
            f64::from(bits >> spare)
        };
        number * slope + intercept
    };
    if layout.allocated == 8 {
        frame.iter().take(layout.pixels()).map(|byte| value(u32::from(*byte))).collect()
    } else {
        frame
            .chunks_exact(2)
            .take(layout.pixels())
            .map(|b| value(u32::from(u16::from_le_bytes([b[0], b[1]]))))
            .collect()
    }
}

fn file_window(object: &DefaultDicomObject) -> Option<(f64, f64)> {
    let (centre, width) = (real(object, tags::WINDOW_CENTER)?, real(object, tags::WINDOW_WIDTH)?);
    (width >= 1.0).then_some((centre, width))
}

/// From the darkest to the brightest, as a window.
fn whole_range(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low.is_finite() && high > low {
        (f64::midpoint(low, high), high - low)
    } else {
        (low.max(0.0), 1.0)
    }
}

/// PS3.3 C.11.2.1.2, linear.
fn through(value: f64, (centre, width): (f64, f64)) -> u8 {
    let width = width.max(1.0);
    let at = if width > 1.0 {
        ((value - (centre - 0.5)) / (width - 1.0) + 0.5) * 255.0
    } else if value < centre {
        0.0
    } else {
        255.0
    };
    at.clamp(0.0, 255.0) as u8
}

fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|v| v.clamp(0.0, 255.0) as u8)
}

/// As large as the place allows, in the image's own proportions, never larger than the image.
fn fit(layout: &Layout, wanted: Wanted) -> (usize, usize) {
    let (w, h) = (layout.columns as f64, layout.rows as f64);
    let most = |n: usize| n.clamp(1, MOST_SIDE) as f64;
    let scale = (most(wanted.width) / w).min(most(wanted.height) / h).min(1.0);
    (((w * scale).round() as usize).max(1), ((h * scale).round() as usize).max(1))
}

/// The mean of what falls into each square.
fn shrink(rgb: &[u8], (w, h): (usize, usize), (width, height): (usize, usize)) -> Vec<u8> {
    let mut out = Vec::with_capacity(width * height * 3);
    for row in 0..height {
        let (top, bottom) = (row * h / height, ((row + 1) * h / height).max(row * h / height + 1));
        for column in 0..width {
            let (left, right) =
                (column * w / width, ((column + 1) * w / width).max(column * w / width + 1));
            let mut sums = [0u64; 3];
            for y in top..bottom {
                for x in left..right {
                    for (n, sum) in sums.iter_mut().enumerate() {
                        *sum += u64::from(rgb[(y * w + x) * 3 + n]);
                    }
                }
            }
            let count = ((bottom - top) * (right - left)) as u64;
            out.extend(sums.map(|sum| (sum / count) as u8));
        }
    }
    out
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
        assert_eq!(greys(&turned, ALL), [255, 128, 0, 0]);
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

    #[test]
    fn packed_runs_are_unpacked_and_a_lying_header_does_no_harm() {
        assert_eq!(unpack(&[2, 1, 2, 3, 0xFE, 9, 0x80, 0, 7], 100), [1, 2, 3, 9, 9, 9, 7]);
        assert_eq!(unpack(&[0x81, 5], 4), [5; 4]);
        let layout = Layout {
            rows: 1,
            columns: 2,
            samples: 1,
            allocated: 16,
            stored: 16,
            signed: false,
            planar: false,
            photometric: Photometric::Monochrome2,
        };
        let mut data = vec![0; 64];
        data[0] = 2;
        data[4] = 64;
        data[8] = 67;
        data.extend([1, 0x12, 0x13, 1, 0x34, 0x35]);
        assert_eq!(run_lengths(&data, &layout).unwrap(), [0x34, 0x12, 0x35, 0x13]);
        data[8] = 0xff;
        data[9] = 0xff;
        assert!(run_lengths(&data, &layout).is_err());
    }
}
