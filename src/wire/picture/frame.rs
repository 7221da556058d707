//! The bytes of one frame, little endian, unpacked if they were packed.
use dicom_core::value::Value;
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;

use super::super::WireError;
use super::super::dicom::{text, uid};
use super::layout::Layout;
use super::{Wanted, bad, codecs, rle};

const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG: [&str; 2] = ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"];
const LOSSLESS_JPEG: [&str; 2] = ["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"];
const JPEG_LS: [&str; 2] = ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"];
const JPEG_2000: [&str; 2] = ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"];

/// The layout becomes that of the bytes: a decoder may give fewer pixels, other samples, other bits.
pub(super) fn frame(
    object: &DefaultDicomObject,
    layout: &mut Layout,
    (wanted, frames): (Wanted, usize),
) -> Result<Vec<u8>, WireError> {
    let syntax = uid(&object.meta().transfer_syntax);
    let element = object.get(tags::PIXEL_DATA).ok_or_else(|| bad("no pixel data"))?;
    if let Value::PixelSequence(sequence) = element.value() {
        let packed = whole(sequence.fragments(), sequence.offset_table(), (wanted.frame, frames))?;
        let decoded = unpacked(&packed, layout, (&syntax, wanted))?;
        return if decoded.len() >= layout.frame_bytes() {
            Ok(decoded)
        } else {
            Err(bad("the compressed image ends early"))
        };
    }
    if text(object, tags::PHOTOMETRIC_INTERPRETATION) == "YBR_FULL_422" {
        return Err(bad("未压缩的 YBR_FULL_422 不能预览 (not shown)"));
    }
    let size = layout.frame_bytes();
    let all = element.to_bytes().map_err(|_| bad("the pixels cannot be read"))?;
    let from = wanted.frame.checked_mul(size).ok_or_else(|| bad("the pixels end early"))?;
    let mut bytes = all.get(from..from + size).ok_or_else(|| bad("the pixels end early"))?.to_vec();
    // The library gives 16-bit words in this machine's order when it knows them as words, which it does for OW.
    if syntax == BIG_ENDIAN && layout.allocated == 16 && cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    }
    Ok(bytes)
}

fn unpacked(
    packed: &[u8],
    layout: &mut Layout,
    (syntax, wanted): (&str, Wanted),
) -> Result<Vec<u8>, WireError> {
    match syntax {
        RLE => rle::run_lengths(packed, layout),
        jpeg if JPEG.contains(&jpeg) => codecs::jpeg(packed, layout),
        jpeg if LOSSLESS_JPEG.contains(&jpeg) => codecs::lossless_jpeg(packed, layout),
        jpeg if JPEG_LS.contains(&jpeg) => codecs::jpeg_ls(packed, layout),
        jpeg if JPEG_2000.contains(&jpeg) => codecs::jpeg_2000(packed, layout, wanted),
        other => {
            let name = compression(other);
            Err(bad(format!("{name} 压缩不能预览，请用阅片软件 ({name} is not shown)")))
        }
    }
}

fn compression(syntax: &str) -> &'static str {
    match syntax.trim_start_matches("1.2.840.10008.1.2.4.") {
        "201" | "202" | "203" => "HTJ2K",
        "110" | "111" | "112" => "JPEG XL",
        "100" | "101" | "102" | "103" | "104" | "105" | "106" | "107" | "108" => "视频",
        _ => "这种",
    }
}

/// The fragments of one frame together: one each, all of a single frame, or as the offset table says.
fn whole(
    fragments: &[Vec<u8>],
    offsets: &[u32],
    (at, frames): (usize, usize),
) -> Result<Vec<u8>, WireError> {
    const ITEM_HEADER: usize = 8;
    if fragments.len() == frames {
        return Ok(fragments[at].clone());
    }
    if frames == 1 {
        return Ok(fragments.concat());
    }
    if offsets.len() != frames {
        return Err(bad("分段的多帧压缩图没有帧索引，不能预览 (fragments without an index)"));
    }
    let (from, to) =
        (offsets[at] as usize, offsets.get(at + 1).map_or(usize::MAX, |n| *n as usize));
    let mut place = 0;
    let mut bytes = vec![];
    for fragment in fragments {
        if (from..to).contains(&place) {
            bytes.extend_from_slice(fragment);
        }
        place += ITEM_HEADER + fragment.len();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_put_together_by_the_index_of_the_frames() {
        let fragments = [vec![1, 1], vec![2, 2], vec![3, 3, 3, 3]];
        assert_eq!(whole(&fragments, &[], (2, 3)).unwrap(), [3; 4]);
        assert_eq!(whole(&fragments, &[], (0, 1)).unwrap(), [1, 1, 2, 2, 3, 3, 3, 3]);
        assert_eq!(whole(&fragments, &[0, 20], (0, 2)).unwrap(), [1, 1, 2, 2]);
        assert_eq!(whole(&fragments, &[0, 20], (1, 2)).unwrap(), [3; 4]);
        assert!(whole(&fragments, &[], (0, 2)).is_err());
    }
}
