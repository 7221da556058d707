//! From values to shades: the modality's scale, the window, fewer squares.
use dicom_core::{DataElement, Tag};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use super::layout::{Layout, Photometric, first_number, real};
use super::{MOST_SIDE, Wanted};

/// Red, green and blue of every pixel.
pub(super) fn shades(
    object: &DefaultDicomObject,
    layout: &Layout,
    (frame, wanted): (&[u8], Wanted),
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
    let values = values(object, layout, (frame, wanted.frame));
    let window = wanted
        .window
        .or_else(|| file_window(object, wanted.frame))
        .unwrap_or_else(|| whole_range(&values));
    let inverse = layout.photometric == Photometric::Monochrome1;
    let mut out = Vec::with_capacity(pixels * 3);
    for value in values {
        let shade = through(value, window);
        let shade = if inverse { 255.0 - shade } else { shade } as u8;
        out.extend([shade, shade, shade]);
    }
    (out, Some(window))
}

/// A number of the whole object, or of one frame's functional groups (PS3.3 C.7.6.16), or of those all frames share.
fn of_frame(object: &DefaultDicomObject, tag: Tag, at: usize) -> Option<f64> {
    let in_groups = |sequence: Tag, at: usize| {
        let groups = object.get(sequence)?.items()?.get(at)?;
        let inner = |element: &DataElement<InMemDicomObject>| {
            let macros = element.items()?.first()?;
            macros.get(tag)?.to_str().ok().and_then(|text| first_number(&text))
        };
        groups.iter().find_map(inner)
    };
    real(object, tag)
        .or_else(|| in_groups(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, at))
        .or_else(|| in_groups(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, 0))
}

/// Values after the modality's own scale (HU for CT).
fn values(object: &DefaultDicomObject, layout: &Layout, (frame, at): (&[u8], usize)) -> Vec<f64> {
    let own = |tag| of_frame(object, tag, at);
    let slope = own(tags::RESCALE_SLOPE).filter(|slope| *slope != 0.0).unwrap_or(1.0);
    let intercept = own(tags::RESCALE_INTERCEPT).unwrap_or(0.0);
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

fn file_window(object: &DefaultDicomObject, at: usize) -> Option<(f64, f64)> {
    let own = |tag| of_frame(object, tag, at);
    let (centre, width) = (own(tags::WINDOW_CENTER)?, own(tags::WINDOW_WIDTH)?);
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
fn through(value: f64, (centre, width): (f64, f64)) -> f64 {
    let width = width.max(1.0);
    let at = if width > 1.0 {
        ((value - (centre - 0.5)) / (width - 1.0) + 0.5) * 255.0
    } else if value < centre {
        0.0
    } else {
        255.0
    };
    at.clamp(0.0, 255.0)
}

fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|v| v.clamp(0.0, 255.0) as u8)
}

/// As large as the place allows, in the image's own proportions, never larger than the image.
pub(super) fn fit((columns, rows): (usize, usize), wanted: Wanted) -> (usize, usize) {
    let (w, h) = (columns as f64, rows as f64);
    let most = |n: usize| n.clamp(1, MOST_SIDE) as f64;
    let scale = (most(wanted.width) / w).min(most(wanted.height) / h).min(1.0);
    (((w * scale).round() as usize).max(1), ((h * scale).round() as usize).max(1))
}

/// The mean of what falls into each square.
pub(super) fn shrink(
    rgb: &[u8],
    (w, h): (usize, usize),
    (width, height): (usize, usize),
) -> Vec<u8> {
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
