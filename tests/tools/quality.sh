#!/usr/bin/env bash
# Writes docs/quality.md from the dev sets beside the checkout. Usage: tests/tools/quality.sh DEV_DIR [BINARY]
set -euo pipefail
cd "$(dirname "$0")/../.."
dev=${1:?folder with the dev sets}
bin=${2:-${CARGO_TARGET_DIR:-target}/release/xinglin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
conv() { python3 tests/tools/dev_cases.py "$1" "$2" > "$work/$3.ndjson"; }
conv dxbench "$dev/dxbench-dev/dxbench-dev.zh.json" dxbench
conv msdiagnosis "$dev/msdiagnosis-val/records.zh.json" records
conv dialmed "$dev/dialmed/dev.txt" dialmed
for s in dxy mz4 mz10; do
  conv dxformer "$dev/dxformer-dialogue/$s/test_set.json" "$s-test"
  conv dxformer "$dev/dxformer-dialogue/$s/train_set.json" "$s-train"
done
python3 tests/tools/notes_medbox.py "$dev/medbox-dialogue/dxy_train.txt" > "$work/medbox.ndjson"
cat tests/fixtures/typical/*.ndjson > "$work/typical.ndjson"
cat tests/fixtures/vignettes-own/*.ndjson > "$work/own.ndjson"
own=()
[ -f tests/fixtures/notes/labelled.ndjson ] && own=(--notes "the project's own labelled sentences=tests/fixtures/notes/labelled.ndjson")
"$bin" bench quality --date "$(date +%F)" --out docs/quality.md \
  --cases "85 reviewed vignettes in Chinese=$dev/vignettes-dev.zh.jsonl" \
  --cases "387 consultations as symptom lists (no age, sex or examination)=$work/dxbench.ndjson" \
  --cases "223 inpatient records=$work/records.ndjson" \
  --cases "1,192 online consultations, patient turns only, 17 diseases=$work/dialmed.ndjson" \
  --cases "785 typical notes by the authors of the knowledge, who mended it from them (a regression net, not a score)=$work/typical.ndjson" \
  --cases "1,472 own vignettes, mended from (a regression net; their first sight stands in tests/fixtures/vignettes-own/README.md)=$work/own.ndjson" \
  --closed "Children, 5 diseases (dxy)=$work/dxy-test.ndjson:$work/dxy-train.ndjson" \
  --closed "Children, 4 diseases (mz4)=$work/mz4-test.ndjson:$work/mz4-train.ndjson" \
  --closed "Children, 10 diseases (mz10)=$work/mz10-test.ndjson:$work/mz10-train.ndjson" \
  --notes "423 children's consultations in the parents' own words=$work/medbox.ndjson" \
  "${own[@]}"
