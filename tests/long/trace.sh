#!/usr/bin/env bash
# Bursts at the scanner against two readings of the rules; the same tests as in CI, larger. Adds a line to ledger.md.
# Usage: tests/long/trace.sh [BURSTS]     The year of the store-room is trace_year.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
export XINGLIN_BURSTS=${1:-1000000}
began=$SECONDS
out=$(mktemp)
trap 'rm -f "$out"' EXIT
cargo test --locked --test all -- --nocapture random_bursts_are_never symbols_and_damaged_symbols a_damaged_epcis 2>&1 | tee "$out"
said() { grep -oE "$1" "$out" | head -1; }
printf '| %s | %s | %s s | %s; %s; %s |\n' "$(date +%F)" "$(git rev-parse --short HEAD)" "$((SECONDS - began))" \
  "$(said '[0-9]+ of [0-9]+ bursts were codes by form')" "$(said 'second reading: .* were taken')" \
  "$(said '[0-9]+ documents, .* none invented')" >> tests/long/ledger.md
