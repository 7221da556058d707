//! JPEG in its four kinds. The decoders are pure Rust without unsafe code; what they refuse is refused here in words.
use super::super::WireError;
use super::layout::{Layout, Photometric};
use super::{MOST_PIXELS, Wanted, bad};

fn same_size(layout: &Layout, (width, height): (usize, usize)) -> Result<(), WireError> {
    if (width, height) == (layout.columns, layout.rows) {
        return Ok(());
    }
    Err(bad("the compressed image has another size than the file says"))
}

/// Baseline and extended: eight bits.
pub(super) fn jpeg(data: &[u8], layout: &mut Layout) -> Result<Vec<u8>, WireError> {
    by_jpeg_decoder(jpeg_decoder::Decoder::new(data), layout)
}

/// Process 14: the samples are what the file calls them, whatever the stream's own marks say.
pub(super) fn lossless_jpeg(data: &[u8], layout: &mut Layout) -> Result<Vec<u8>, WireError> {
    let mut decoder = jpeg_decoder::Decoder::new(data);
    if layout.samples == 3 {
        decoder.set_color_transform(if layout.photometric == Photometric::Ybr {
            jpeg_decoder::ColorTransform::YCbCr
        } else {
            jpeg_decoder::ColorTransform::RGB
        });
    }
    by_jpeg_decoder(decoder, layout)
}

fn by_jpeg_decoder(
    mut decoder: jpeg_decoder::Decoder<&[u8]>,
    layout: &mut Layout,
) -> Result<Vec<u8>, WireError> {
    use jpeg_decoder::PixelFormat;
    let failed = |error| bad(format!("JPEG: {error}"));
    decoder.read_info().map_err(failed)?;
    let info = decoder.info().ok_or_else(|| bad("JPEG without a header"))?;
    same_size(layout, (usize::from(info.width), usize::from(info.height)))?;
    decoder.set_max_decoding_buffer_size(MOST_PIXELS as usize * 3);
    let bytes = decoder.decode().map_err(failed)?;
    layout.planar = false;
    match (info.pixel_format, layout.samples) {
        (PixelFormat::L8, 1) => layout.allocated = 8,
        // The decoder gives RGB whatever was stored.
        (PixelFormat::RGB24, 3) => layout.photometric = Photometric::Rgb,
        // Words come in this machine's order.
        (PixelFormat::L16, 1) if layout.allocated == 16 => {
            layout.stored = layout.stored.min(16);
            let words = bytes.chunks_exact(2).map(|b| u16::from_ne_bytes([b[0], b[1]]));
            return Ok(words.flat_map(u16::to_le_bytes).collect());
        }
        _ => return Err(bad("这种 JPEG 不能预览 (this JPEG is not shown)")),
    }
    layout.stored = layout.stored.min(layout.allocated as u32);
    Ok(bytes)
}

/// One component, without restart marks; colour is refused by the decoder.
pub(super) fn jpeg_ls(data: &[u8], layout: &mut Layout) -> Result<Vec<u8>, WireError> {
    let (columns, rows) = (layout.columns as u32, layout.rows as u32);
    // A fill byte behind the end mark makes the length even.
    let (words, _, _) = jpegls::decode(data, columns, rows)
        .map_err(|error| bad(format!("JPEG-LS 不能预览 (JPEG-LS: {error})")))?;
    if layout.samples != 1 || words.len() != layout.pixels() {
        return Err(bad("the compressed image has another size than the file says"));
    }
    if layout.allocated == 16 {
        return Ok(words.into_iter().flat_map(u16::to_le_bytes).collect());
    }
    words
        .into_iter()
        .map(|word| u8::try_from(word).map_err(|_| bad("JPEG-LS: more bits than the file says")))
        .collect()
}

/// What the stream says about itself: size, and for each component its bits and whether they have a sign.
struct Siz {
    width: usize,
    height: usize,
    components: Vec<(u32, bool)>,
}

fn siz(data: &[u8]) -> Option<Siz> {
    // A raw stream begins with it; inside JP2 boxes it comes later.
    let at = data.windows(4).position(|w| w == [0xFF, 0x4F, 0xFF, 0x51])?;
    let word = |n: usize| {
        let b = data.get(at + n..at + n + 4)?;
        Some(u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
    };
    let count = usize::from(u16::from_be_bytes([*data.get(at + 40)?, *data.get(at + 41)?]));
    let components = (0..count.min(4))
        .map(|n| data.get(at + 42 + n * 3).map(|s| (u32::from(s & 0x7f) + 1, s & 0x80 != 0)))
        .collect::<Option<Vec<_>>>()?;
    (count == components.len()).then_some(())?;
    Some(Siz {
        width: word(8)?.checked_sub(word(16)?)?,
        height: word(12)?.checked_sub(word(20)?)?,
        components,
    })
}

/// Decoded no finer than it is shown: each level left out takes a quarter of the time.
pub(super) fn jpeg_2000(
    data: &[u8],
    layout: &mut Layout,
    wanted: Wanted,
) -> Result<Vec<u8>, WireError> {
    use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
    let failed = |error: &dyn std::fmt::Display| bad(format!("JPEG 2000: {error}"));
    let head = siz(data).ok_or_else(|| bad("JPEG 2000 without a header"))?;
    same_size(layout, (head.width, head.height))?;
    if head.components.len() != layout.samples {
        return Err(bad("JPEG 2000: other components than the file says"));
    }
    let least = |n: usize| n.clamp(1, super::MOST_SIDE) as u32;
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        strict: true,
        target_resolution: Some((least(wanted.width), least(wanted.height))),
    };
    let image = Image::new(data, &settings).map_err(|error| failed(&error))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut room = DecoderContext::default();
    let decoded = image.decode(&mut room).map_err(|error| failed(&error))?;
    let planes = decoded.components();
    if planes.len() < layout.samples
        || planes.iter().take(layout.samples).any(|plane| plane.samples().len() < width * height)
    {
        return Err(bad("the compressed image ends early"));
    }
    (layout.columns, layout.rows, layout.planar) = (width, height, false);
    let pixels = width * height;
    if layout.samples == 3 {
        let shade = |plane: usize, at: usize| {
            let (bits, signed) = head.components[plane];
            let low = if signed { 2f32.powi(bits as i32 - 1) } else { 0.0 };
            let top = 2f32.powi(bits as i32) - 1.0;
            ((planes[plane].samples()[at] - low) * 255.0 / top).round().clamp(0.0, 255.0) as u8
        };
        return Ok((0..pixels).flat_map(|at| [0, 1, 2].map(|plane| shade(plane, at))).collect());
    }
    let (bits, signed) = head.components[0];
    if bits > 16 {
        return Err(bad(format!("每点 {bits} 位不能预览 ({bits} bits are not shown)")));
    }
    // The decoder lifts every sample by half the range, signed ones too.
    let half = 2f32.powi(bits as i32 - 1);
    let (lift, low, high) = if signed { (half, -half, half) } else { (0.0, 0.0, 2.0 * half) };
    let mask = if bits == 16 { u16::MAX } else { (1u16 << bits) - 1 };
    layout.signed |= signed;
    (layout.allocated, layout.stored) = (16, bits);
    let raw = |sample: &f32| ((sample - lift).round().clamp(low, high - 1.0) as i32) as u16 & mask;
    Ok(planes[0].samples().iter().take(pixels).map(raw).flat_map(u16::to_le_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(rows: usize, columns: usize) -> Layout {
        Layout {
            rows,
            columns,
            samples: 1,
            allocated: 16,
            stored: 12,
            signed: false,
            planar: false,
            photometric: Photometric::Monochrome2,
        }
    }

    #[test]
    fn a_stream_that_speaks_of_another_size_is_refused_before_it_is_decoded() {
        let mut head = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
        for n in [60_000u32, 60_000, 0, 0, 1, 1, 0, 0] {
            head.extend(n.to_be_bytes());
        }
        head.extend([0, 1, 11, 1, 1]);
        let words = jpeg_2000(
            &head,
            &mut layout(512, 512),
            Wanted { width: 80, height: 48, frame: 0, window: None },
        )
        .unwrap_err()
        .to_string();
        assert!(words.contains("another size"), "{words}");
    }

    #[test]
    fn what_is_no_stream_at_all_is_refused_by_each_decoder() {
        let noise: Vec<u8> =
            (0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let wanted = Wanted { width: 80, height: 48, frame: 0, window: None };
        for data in [&[][..], &[0xFF, 0xD8], &[0xFF, 0x4F, 0xFF, 0x51], &noise] {
            assert!(jpeg(data, &mut layout(8, 8)).is_err());
            assert!(lossless_jpeg(data, &mut layout(8, 8)).is_err());
            assert!(jpeg_ls(data, &mut layout(8, 8)).is_err());
            assert!(jpeg_2000(data, &mut layout(8, 8), wanted).is_err());
        }
    }
}
