#!/usr/bin/env bash
# A year of a store-room, 200,000 packs, with kill -9 and power cuts inside, against a book kept by the driver; the same
# driver as in ./test, larger. Adds a line to ledger.md. Needs root for the power cuts, and a release build.
# Usage: tests/long/trace_year.sh [DAYS] [PACKS_A_DAY] [KILLS] [CUTS]     200,000 packs are 365 x 548
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${XINGLIN_BINARY:-}
if [ -z "$bin" ]; then
  cargo build --locked --release
  bin=${CARGO_TARGET_DIR:-target}/release/xinglin
fi
began=$SECONDS
out=$(mktemp)
trap 'rm -f "$out"' EXIT
days=${1:-365}
python3 tests/durability/year.py "$bin" --days "$days" --packs "${2:-548}" --kills "${3:-300}" --cuts "${4:-40}" \
  --offline $((days / 3)) $((days / 3 + 30)) 2>&1 | tee "$out"
line=$(grep -E '^[0-9]+ days, ' "$out" || true)
[ -n "$line" ] || { echo "the year did not hold; nothing is written into the ledger"; exit 1; }
printf '| %s | %s | %s s | release build: %s |\n' "$(date +%F)" "$(git rev-parse --short HEAD)" "$((SECONDS - began))" "$line" >> tests/long/ledger.md
