#!/usr/bin/env bash
# Makes the ranking model anew: simulate -> train -> export -> check. About ten minutes on two cores.
# Usage: models/ranker/train/run.sh [CASES] [REAL.ndjson]     REAL: training cases of real patients whose licence allows it (see card.md); needs cargo and PyPI numpy onnx onnxruntime matplotlib (requirements.txt)
set -euo pipefail
cd "$(dirname "$0")/../../.."
cases=${1:-240000}
real=()
[ -n "${2:-}" ] && real=(--real "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target=${CARGO_TARGET_DIR:-target}
cargo build --locked --release
"$target/release/xinglin" model simulate --cases "$cases" --out "$work" "${real[@]}"
"${PYTHON:-python3}" models/ranker/train/train.py "$work" models/ranker
cargo build --locked --release
"$target/release/xinglin" model show
