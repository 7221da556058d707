#!/usr/bin/env bash
# The long runs of the drug ledger; the same tests as in CI, larger. Each run adds a line to ledger.md.
# Usage: tests/long/trace.sh [BURSTS] [DAYS] [PACKS_A_DAY]     200,000 packs are 365 x 548
set -euo pipefail
cd "$(dirname "$0")/../.."
export XINGLIN_BURSTS=${1:-1000000} XINGLIN_STORE_DAYS=${2:-365} XINGLIN_STORE_PACKS=${3:-548}
began=$SECONDS
out=$(mktemp)
trap 'rm -f "$out"' EXIT
cargo test --locked --test all -- --nocapture random_bursts_are_never weeks_of_a_store_room 2>&1 | tee "$out"
said() { sed -n "s/.*\\($1\\).*/\\1/p" "$out" | head -1; }
printf '| %s | %s | %s s | %s; %s |\n' "$(date +%F)" "$(git rev-parse --short HEAD)" "$((SECONDS - began))" \
  "$(said '[0-9]* of [0-9]* bursts were codes by form')" "$(said '[0-9]* days, [0-9]* packs, [0-9]* events')" >> tests/long/ledger.md
