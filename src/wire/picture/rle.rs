//! Run lengths (PS3.5 annex G).
use super::super::WireError;
use super::bad;
use super::layout::Layout;

/// PS3.5 annex G: planes of single bytes, the high byte first, each packed by itself.
pub(super) fn run_lengths(data: &[u8], layout: &Layout) -> Result<Vec<u8>, WireError> {
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

#[cfg(test)]
mod tests {
    use super::super::layout::Photometric;
    use super::*;

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
