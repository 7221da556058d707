//! `share preview`: an image in half blocks, for a look only.
use std::fmt::Write as _;
use std::io::IsTerminal;

use super::import;
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::share::ItemId;
use crate::domain::words::Lang;
use crate::services::clinic::Clinic;
use crate::services::failure::{Failure, Kind};
use crate::services::share::reader::{Picture, Wanted};

#[derive(Debug, clap::Args)]
pub struct Args {
    item: i64,
    /// 第几幅
    #[arg(long, value_name = "N", default_value_t = 1)]
    image: usize,
    /// 第几帧
    #[arg(long, value_name = "N", default_value_t = 1)]
    frame: usize,
    /// 窗位,窗宽；不写 = 按文件
    #[arg(long, value_name = "C,W")]
    window: Option<String>,
    /// 多少列
    #[arg(long, value_name = "N", default_value_t = 78)]
    width: usize,
    /// 多少行
    #[arg(long, value_name = "N", default_value_t = 36)]
    height: usize,
    /// 只用普通字符（黑白终端、存文件）
    #[arg(long)]
    plain: bool,
}

pub fn run(args: &Args, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    let window = args.window.as_deref().map(window).transpose()?;
    let wanted = Wanted {
        width: args.width,
        height: args.height.saturating_mul(2),
        frame: args.frame.saturating_sub(1),
        window,
    };
    let reader = import::reader()?;
    let (picture, images) = clinic.picture((ItemId(args.item), args.image), (wanted, &reader))?;
    let plain = args.plain || !std::io::stdout().is_terminal();
    let rgb = picture.rgb()?;
    for row in 0..picture.height.div_ceil(2) {
        out::line(&line(&picture, &rgb, (row, plain)));
    }
    let shown = picture
        .window
        .map(|(centre, width)| format!("  窗 {centre:.0}/{width:.0}"))
        .unwrap_or_default();
    let size = format!("{}x{}", picture.source_width, picture.source_height);
    out::line(&match place.lang() {
        Lang::Zh => format!(
            "仅供预览，不能用于诊断  第 {}/{images} 幅  第 {}/{} 帧  {size}{shown}",
            args.image, args.frame, picture.frames
        ),
        Lang::En => format!(
            "PREVIEW ONLY, NOT FOR DIAGNOSIS 仅供预览  image {}/{images}  frame {}/{}  {size}{}",
            args.image,
            args.frame,
            picture.frames,
            shown.replace('窗', "window")
        ),
    });
    Ok(exit::DONE)
}

fn window(text: &str) -> Result<(f64, f64), Failure> {
    let parsed = text.split_once(',').and_then(|(centre, width)| {
        let (centre, width): (f64, f64) = (centre.trim().parse().ok()?, width.trim().parse().ok()?);
        (centre.is_finite() && width.is_finite() && width >= 1.0).then_some((centre, width))
    });
    parsed.ok_or_else(|| {
        Failure::new(
            Kind::Config,
            format!("窗位窗宽 {text:?} 不对，例如 40,400。"),
            format!("{text:?} is no window, as in 40,400."),
        )
    })
}

/// Two rows of squares in one line of text: the upper half block has the upper one's colour on the lower one's ground.
fn line(picture: &Picture, rgb: &[u8], (row, plain): (usize, bool)) -> String {
    const SHADES: &[u8] = b" .:-=+*#%@";
    let at = |x: usize, y: usize| -> [u8; 3] {
        if y >= picture.height {
            return [0; 3];
        }
        let from = (y * picture.width + x) * 3;
        [rgb[from], rgb[from + 1], rgb[from + 2]]
    };
    let mut text = String::new();
    for x in 0..picture.width {
        let (upper, lower) = (at(x, row * 2), at(x, row * 2 + 1));
        if plain {
            let sum: usize = upper.iter().chain(&lower).map(|v| usize::from(*v)).sum();
            text.push(char::from(SHADES[sum * (SHADES.len() - 1) / (255 * 6)]));
        } else {
            let ([r, g, b], [lr, lg, lb]) = (upper, lower);
            let _written = write!(text, "\x1b[38;2;{r};{g};{b}m\x1b[48;2;{lr};{lg};{lb}m▀");
        }
    }
    if !plain {
        text.push_str("\x1b[0m");
    }
    text
}
