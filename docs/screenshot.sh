#!/usr/bin/env bash
# Pictures of the real program in a real terminal (Xvfb + xterm + a CJK font): docs/screen-*.png
# Usage: docs/screenshot.sh [BINARY]        Debian: xvfb xterm xdotool imagemagick fonts-wqy-zenhei fonts-dejavu-core
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/xinglin}")
work=$(mktemp -d)
display=:$((90 + RANDOM % 900))
export LC_ALL=C.UTF-8 LANG=C.UTF-8
Xvfb "$display" -screen 0 1000x620x24 >/dev/null 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export DISPLAY=$display
for _ in $(seq 50); do xdotool getdisplaygeometry >/dev/null 2>&1 && break; sleep 0.1; done
xterm -fa 'DejaVu Sans Mono' -fd 'WenQuanYi Zen Hei Mono' -fs 14 -geometry 80x24+0+0 -bg '#101418' -fg '#d8dee9' -e "$bin" --demo --data-dir "$work/demo" &
for _ in $(seq 100); do xdotool search --class xterm >/dev/null 2>&1 && break; sleep 0.1; done
window=$(xdotool search --class xterm | head -1)
xdotool windowfocus "$window" || true
shoot() { sleep "${2:-1.2}"; import -window "$window" "docs/screen-$1.png"; }
key() { xdotool key --clearmodifiers "$@"; sleep 0.3; }
# xterm takes UTF-8 pasted through the selection; typed text goes in as keysyms.
text() { xdotool type --clearmodifiers --delay 25 "$1"; }
shoot sign-in 4
text 'demo clinic 2026'
key Return
shoot waiting 2
key Down Return
sleep 1.5
text '主诉：胸骨后压榨样疼痛1小时，出冷汗，向左臂放射。无发热、咳嗽。既往高血压10年，吸烟。BP 160/95mmHg'
shoot note 2.5
key F3
shoot diagnosis 1.5
key F5
text 'aspl 300mg once po 1d'
shoot prescription 2
