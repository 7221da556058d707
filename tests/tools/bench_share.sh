#!/usr/bin/env bash
# Writes the exchange part of docs/benchmarks.md: starts a fresh Orthanc and FHIR server on ports of their own, runs
# `xinglin bench share` beside curl and dcmsend, stops them. Needs what ./test installs, and XINGLIN_SHARED (samples).
# Usage: tests/tools/bench_share.sh [BINARY] [more arguments of bench share, e.g. --dry-run --rounds 3]
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${1:-${CARGO_TARGET_DIR:-target}/release/xinglin}
shift || true
samples=${XINGLIN_SHARED:?names the folder with data/dicom}/data/dicom
sekmet=${XDG_CACHE_HOME:-$HOME/.cache}/xinglin-test/peers/bin/sekmet
[ -x "$sekmet" ] || sekmet=$(command -v sekmet)
orthanc=$(PATH=$PATH:/usr/sbin command -v Orthanc)
for tool in curl dcmsend dcmodify python3; do command -v "$tool" >/dev/null || { echo "$tool is missing (./test installs it)"; exit 1; }; done
dir=$(mktemp -d)
started=()
stop() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done; rm -rf "$dir"; }
trap stop EXIT
read -r http dimse fhir < <(python3 -c 'import socket
s=[socket.socket() for _ in range(3)]
for x in s: x.bind(("127.0.0.1",0))
print(*[x.getsockname()[1] for x in s])')
plugins=$(printf '"%s",' /usr/lib/orthanc/libOrthancDicomWeb.so* /usr/lib/orthanc/libOrthancGdcm.so*)
cat > "$dir/orthanc.json" <<JSON
{ "Name":"bench","StorageDirectory":"$dir/db","IndexDirectory":"$dir/db","Plugins":[${plugins%,}],
"DicomAet":"COUNTYPACS","DicomPort":$dimse,"HttpPort":$http,"RemoteAccessAllowed":false,"AuthenticationEnabled":false,"DicomCheckCalledAet":false,
"DefaultEncoding":"Utf8","DicomAlwaysAllowStore":true,"DicomAlwaysAllowGet":true,"OverwriteInstances":false,
"DicomWeb":{"Enable":true,"Root":"/dicom-web/","EnableWado":true,"Host":"127.0.0.1","Ssl":false} }
JSON
cat > "$dir/settings.yaml" <<YAML
{base_url: "http://127.0.0.1:$fhir/fhir", host: 127.0.0.1, port: $fhir, data_dir: "$dir/fhir", facility_name: Bench, validation: {inbound: strict}, simulator: {enabled: false}}
YAML
"$orthanc" "$dir/orthanc.json" > "$dir/orthanc.log" 2>&1 & started+=($!)
(cd "$dir" && exec "$sekmet" serve -c settings.yaml) > "$dir/fhir.log" 2>&1 & started+=($!)
for url in "http://127.0.0.1:$http/system" "http://127.0.0.1:$fhir/fhir/metadata"; do
  for _ in $(seq 150); do curl -sf -o "$dir/seen" "$url" && break; sleep 0.2; done
  curl -sf -o "$dir/seen" "$url" || { echo "no answer at $url"; tail -5 "$dir"/*.log; exit 1; }
done
load=$(cut -d" " -f1 /proc/loadavg)
version=$("$orthanc" --version 2>/dev/null | sed -n '1s/^.*Orthanc \([0-9.]*\).*$/\1/p')
sekmet_version=$("$(dirname "$sekmet")/pip" show sekmet-fhir 2>/dev/null | sed -n 's/^Version: //p' || true)
mkdir "$dir/files"
"$bin" bench share --date "$(date +%F)" --dir "$dir/files" \
  --peers "Orthanc $version with SQLite; sekmet-fhir ${sekmet_version:-} with SQLite; curl $(curl -V | awk 'NR==1{print $2}'), dcmsend $(dcmsend --version | sed -n '1s/.*dcmsend v\([^ ]*\).*/\1/p'), load of the machine before the run $load" \
  --files "$samples"/{chest/CT_small,chest/CT1_RAW,chest/RG1_J2KI,cardiovascular/waveform_ecg,brain/CT2_J2KR}.dcm \
  --dicomweb "http://127.0.0.1:$http/dicom-web" --dimse "COUNTYPACS@127.0.0.1:$dimse" --fhir "http://127.0.0.1:$fhir/fhir" "$@"
