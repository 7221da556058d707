#!/usr/bin/env bash
# The thirty-day queue against a real FHIR server and Orthanc; the same test as in CI, larger. Each run adds a line to
# ledger.md. Needs XINGLIN_SHARED (public samples) and the peers that ./test installs.
# Usage: tests/long/share.sh [DOCUMENTS] [IMAGES]     a month is 1800 and 600
set -euo pipefail
cd "$(dirname "$0")/../.."
export XINGLIN_SHARE_DOCUMENTS=${1:-1800} XINGLIN_SHARE_IMAGES=${2:-600}
began=$SECONDS
out=$(mktemp)
trap 'rm -f "$out"' EXIT
cargo test --locked --test all -- --nocapture thirty_days_of_records 2>&1 | tee "$out"
line=$(grep -o '[0-9]* documents and .*' "$out" | head -1 || true)
[ -n "$line" ] || { echo "the run said nothing: were the peers there?"; exit 1; }
printf '| %s | %s | %s s | %s |\n' "$(date +%F)" "$(git rev-parse --short HEAD)" "$((SECONDS - began))" "$line" >> tests/long/ledger.md
