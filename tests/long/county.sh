#!/usr/bin/env bash
# The county of docs/county.md on one machine: PostgreSQL with a synchronous standby, two Orthanc and two HFS on it, nginx
# with mutual TLS before them, two clinics that send. While their queues drain: a FHIR node and an Orthanc are killed, the
# line between the databases hangs, the primary is killed, the standby promoted. Then everything is counted at the standby.
# With --without-sync the same with synchronous replication off: the control, which must show receipts of what is lost.
# Uses docs/county/*; adds a line to ledger.md. Needs: postgresql-15 orthanc orthanc-dicomweb orthanc-postgresql nginx-light
# stunnel4 dcmtk curl python3, hfs (cargo install helios-hfs --version 0.2.7 --locked --no-default-features
# --features R4,sqlite,postgres), XINGLIN_SHARED (samples). Everything listens on 127.0.0.1 and ends with this script.
# With --images-only no HFS is needed: no documents, half of the proof, and the ledger says so.
# Usage: tests/long/county.sh [--without-sync] [--images-only] [BINARY]     DOCUMENTS=300 IMAGES=120 KEEP=DIR by environment
set -euo pipefail
cd "$(dirname "$0")/../.."
sync=yes fhir=yes
[ "${1:-}" != --without-sync ] || { sync=no; shift; }
[ "${1:-}" != --images-only ] || { fhir=no; shift; }
xinglin=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/xinglin}")
[ "$fhir" = yes ] || DOCUMENTS=0
documents=${DOCUMENTS:-300} images=${IMAGES:-120}
export PATH=$PATH:/usr/sbin:$HOME/.cargo/bin
bin=${POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
hfs=${HFS:-$(command -v hfs || true)}
sample=${XINGLIN_SHARED:?names the folder with data/dicom}/data/dicom/chest/CT_small.dcm
lacking=()
for tool in Orthanc nginx stunnel4 dcmodify curl python3 openssl; do command -v "$tool" >/dev/null || lacking+=("$tool"); done
[ -x "$bin/postgres" ] || lacking+=("$bin/postgres")
[ "$fhir" = no ] || [ -x "${hfs:-/nowhere}" ] || lacking+=(hfs)
[ -x "$xinglin" ] || lacking+=("$xinglin")
[ -f "$sample" ] || lacking+=("$sample")
compgen -G '/usr/lib/orthanc/libOrthancPostgreSQLIndex.so*' >/dev/null || lacking+=(orthanc-postgresql)
[ "${#lacking[@]}" = 0 ] || { echo "NOT RUN, missing: ${lacking[*]}"; exit 2; }

began=$SECONDS
dir=$(mktemp -d "${TMPDIR:-/tmp}/xinglin-county-XXXXXX")
chmod 755 "$dir"
say() { printf '%4d s  %s\n' "$((SECONDS - began))" "$*"; }
declare -A pid=()
as_pg() { (cd / && if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi); }
stop() {
  trap '' INT TERM
  for one in "${pid[@]}"; do kill -CONT "$one" 2>/dev/null || true; kill "$one" 2>/dev/null || true; done
  for node in a b; do as_pg "$bin/pg_ctl" -D "$dir/pg/$node" -s -m immediate stop 2>/dev/null || true; done
  # An Orthanc without a database waits for it before it ends.
  sleep 1
  for one in "${pid[@]}"; do kill -9 "$one" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if [ -n "${KEEP:-}" ]; then mkdir -p "$KEEP" && cp -r "$dir"/*.log "$dir"/*.ndjson "$dir"/nginx/*.log "$KEEP" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM
start() { # name, command…: in the background, its own log, known by its id
  local name=$1
  shift
  "$@" >> "$dir/$name.log" 2>&1 < /dev/null &
  pid[$name]=$!
}
until_true() { # seconds, what, command…
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { say "FAILED: waited too long for $what"; tail -n 5 "$dir"/*.log; exit 1; }
    sleep 0.1
  done
}

read -r pg_a pg_b link stunnel_a stunnel_b oh_a oh_b od_a od_b hfs_a hfs_b hub < <(python3 -c 'import socket
s=[socket.socket() for _ in range(12)]
for x in s: x.bind(("127.0.0.1",0))
print(*[x.getsockname()[1] for x in s])')
mkdir -p "$dir"/{pg,sockets,tls,pgtls,nginx,images,orthanc-a,orthanc-b,hfs}
docs/county/certificates.sh "$dir/tls" DNS:localhost,IP:127.0.0.1 clinic-1 clinic-2
cp docs/county/{promote,rejoin}.sh "$dir"
cp "$dir"/tls/{hub.crt,hub.key,ca.crt} "$dir/pgtls"
[ "$(id -u)" != 0 ] || chown -R postgres "$dir/pg" "$dir/sockets" "$dir/pgtls"
plugins=$(printf '"%s",' /usr/lib/orthanc/lib{OrthancDicomWeb,OrthancPostgreSQLIndex,OrthancPostgreSQLStorage}.so*)
secret() { openssl rand -hex 16; }
orthanc_password=$(secret) hfs_password=$(secret) replicator_password=$(secret)

fill() { # template, node (a or b), first database, second: the files of docs/county with this machine's ports
  local node=$2 pg=pg_$2 oh=oh_$2 od=od_$2 port=hfs_$2 stunnel=stunnel_$2
  sed -e "s|@PG_LISTEN@|127.0.0.1|; s|@PG_PORT@|${!pg}|; s|@PG_SOCKETS@|$dir/sockets|; s|@PG_TLS@|$dir/pgtls|g; s|@PG_NODES@|127.0.0.1/32|" \
    -e "s|@NODE@|$node|; s|@ORTHANC_DIR@|$dir/orthanc-$node|; s|@ORTHANC_PLUGINS@|${plugins%,}|; s|@ORTHANC_DICOM@|${!od}|; s|@ORTHANC_HTTP@|${!oh}|; s|@ORTHANC_REMOTE@|false|; s|@ORTHANC_HOST@|127.0.0.1|; s|@ORTHANC_PASSWORD@|$orthanc_password|" \
    -e "s|@PG_A@|127.0.0.1:$pg_a|; s|@PG_B@|127.0.0.1:$pg_b|; s|@PG_FIRST@|127.0.0.1:${3:-$pg_a}|; s|@PG_SECOND@|127.0.0.1:${4:-$pg_b}|; s|@STUNNEL_PORT@|${!stunnel}|; s|@HUB_NAME@|localhost|" \
    -e "s|@HFS_HOST@|127.0.0.1|; s|@HFS_PORT@|${!port}|; s|@HFS_PASSWORD@|$hfs_password|; s|@HFS_DATA@|$dir/hfs|; s|@HUB_URL@|https://localhost:$hub|" \
    -e "s|@HFS_A@|127.0.0.1:$hfs_a|; s|@HFS_B@|127.0.0.1:$hfs_b|; s|@ORTHANC_A@|127.0.0.1:$oh_a|; s|@ORTHANC_B@|127.0.0.1:$oh_b|; s|@HUB_LISTEN@|127.0.0.1:$hub|; s|@NGINX_DIR@|$dir/nginx|; s|@TLS@|$dir/tls|g" \
    "docs/county/$1"
}
ask() { # node, words
  local port=pg_$1
  as_pg "$bin/psql" -X -qAt -v ON_ERROR_STOP=1 -h "$dir/sockets" -p "${!port}" -U postgres -d "${3:-postgres}" -c "$2"
}

say "primary and standby"
as_pg "$bin/initdb" -D "$dir/pg/a" -U postgres -A peer -E UTF8 --locale=C.UTF-8 >/dev/null
write_pg() { as_pg sh -c 'cat > "$1"' sh "$1"; }
fill postgresql.conf a | write_pg "$dir/pg/a/county.conf"
fill pg_hba.conf a | write_pg "$dir/pg/a/pg_hba.conf"
as_pg sh -c 'echo "include '"'county.conf'"'" >> "$1"' sh "$dir/pg/a/postgresql.conf"
as_pg "$bin/pg_ctl" -D "$dir/pg/a" -s -w -l "$dir/pg/county_a.log" start
ask a "CREATE ROLE replicator LOGIN REPLICATION PASSWORD '$replicator_password'"
for role in orthanc hfs; do
  password=${role}_password
  ask a "CREATE ROLE $role LOGIN PASSWORD '${!password}'"
  ask a "CREATE DATABASE $role OWNER $role"
done
ask a "CREATE EXTENSION IF NOT EXISTS pg_trgm" orthanc
start link python3 tests/long/county/link.py "$link" "$pg_a"
until_true 10 "the line" bash -c "echo > /dev/tcp/127.0.0.1/$link"
printf '127.0.0.1:*:*:replicator:%s\n' "$replicator_password" | write_pg "$dir/pg/pgpass"
as_pg chmod 600 "$dir/pg/pgpass"
# The standby of the first day, by the same words as rejoin.sh; through the line that will be cut.
as_pg env PGPASSFILE="$dir/pg/pgpass" "$bin/pg_basebackup" -d "host=127.0.0.1 port=$link user=replicator application_name=county_b sslmode=verify-full sslrootcert=$dir/pgtls/ca.crt" -D "$dir/pg/b" -c fast -R -X stream -C -S county_b
fill postgresql.conf b | write_pg "$dir/pg/b/county.conf"
as_pg "$bin/pg_ctl" -D "$dir/pg/b" -s -w -l "$dir/pg/county_b.log" start
if [ "$sync" = yes ]; then
  ask a "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (county_b)'"
  ask a "SELECT pg_reload_conf()" >/dev/null
fi
want=$([ "$sync" = yes ] && echo sync || echo async)
stands() { [ "$(ask "$1" "SELECT application_name || ' ' || state || ' ' || sync_state FROM pg_stat_replication WHERE application_name = '$2'")" = "$2 streaming $3" ]; }
until_true 20 "the standby to be $want" stands a county_b "$want"
say "county_b streams, $want"

say "two Orthanc, two HFS, nginx"
node_up() { # orthanc or hfs, node, [first database, second]
  local port
  if [ "$1" = orthanc ]; then
    port=oh_$2
    fill orthanc.json "$2" > "$dir/orthanc-$2.json"
    start "orthanc-$2" Orthanc "$dir/orthanc-$2.json"
    until_true 60 "orthanc-$2" curl -sf "http://127.0.0.1:${!port}/system"
  else
    port=hfs_$2
    fill hfs.env "$2" > "$dir/hfs-$2.env"
    start "hfs-$2" env -C "$dir" $(grep -v '^#' "$dir/hfs-$2.env") "$hfs"
    until_true 120 "hfs-$2" curl -sf "http://127.0.0.1:${!port}/metadata"
  fi
}
tunnel_up() { fill stunnel.conf "$1" "${2:-}" "${3:-}" > "$dir/stunnel-$1.conf"; start "stunnel-$1" stunnel4 "$dir/stunnel-$1.conf"; }
tunnel_up a
tunnel_up b
sleep 1
for node in a b; do
  node_up orthanc $node
  [ "$fhir" = no ] || node_up hfs $node
done
fill nginx.conf a > "$dir/nginx.conf"
start nginx nginx -c "$dir/nginx.conf"
tls=(--cacert "$dir/tls/ca.crt" --cert "$dir/tls/clinic-1.crt" --key "$dir/tls/clinic-1.key")
until_true 20 "the door" curl -sf "${tls[@]}" "https://localhost:$hub/dicom-web/studies?limit=1"
no_certificate=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$dir/tls/ca.crt" "https://localhost:$hub/dicom-web/studies" || true)
[ "$no_certificate" = 400 ] || { say "FAILED: without a certificate the door said $no_certificate"; exit 1; }

say "two clinics, $documents documents and $images images"
clinic() { # number, words…
  local n=$1
  shift
  printf '杏林春暖 village 42\n' | "$xinglin" --data-dir "$dir/clinic-$n" --lang en "$@" --user wang --passphrase-fd 0
}
for n in 1 2; do
  clinic $n set-up --clinic-name "柳溪$n" > "$dir/setup-$n.log" 2>&1
  ways=(--fhir "https://localhost:$hub/fhir")
  [ "$fhir" = yes ] || ways=()
  clinic $n share hub add county "${ways[@]}" --dicomweb "https://localhost:$hub/dicom-web" \
    --ca "$dir/tls/ca.crt" --cert "$dir/tls/clinic-$n.crt" --key "$dir/tls/clinic-$n.key" >> "$dir/setup-$n.log" 2>&1 || { cat "$dir/setup-$n.log"; exit 1; }
done
# The first clinic has documents and a few images, the second images and a few documents: both kinds run at all times.
python3 tests/long/county/records.py $((documents * 4 / 5)) C1 "$dir/words-1.json" > "$dir/in-1.ndjson"
python3 tests/long/county/records.py $((documents - documents * 4 / 5)) C2 "$dir/words-2.json" > "$dir/in-2.ndjson"
mkdir "$dir/in-1" "$dir/in-2"
for i in $(seq "$images"); do
  n=$((i % 5 == 0 ? 1 : 2))
  cp "$sample" "$dir/in-$n/$i.dcm"
  dcmodify -nb -gst -gse -gin -m "(0010,0010)=Test^C$n$i" -m "(0010,0020)=C$n-$i" "$dir/in-$n/$i.dcm"
  cp "$dir/in-$n/$i.dcm" "$dir/images/$i.dcm"
done
queue() { # clinic, what to take in…
  local n=$1
  shift
  [ "$fhir" = yes ] || set -- "$dir/in-$n"
  clinic $n share import "$@" --register > "$dir/import-$n.log" 2>&1 || { tail -3 "$dir/import-$n.log"; exit 1; }
  clinic $n share queue --all --to county --consent written > "$dir/queue-$n.log" 2>&1 || { tail -3 "$dir/queue-$n.log"; exit 1; }
}
queue 1 "$dir/in-1.ndjson" "$dir/in-1"
queue 2 "$dir/in-2" "$dir/in-2.ndjson"

drain() { # clinic: the queue runs until nothing is open, at most ten minutes; the waits between tries are shortened
  local n=$1 code=5 end=$((SECONDS + 600))
  while [ "$code" != 0 ] && [ "$SECONDS" -lt "$end" ]; do
    code=0
    clinic "$n" share deliver --now >> "$dir/deliver-$n.ndjson" 2>> "$dir/deliver-$n.err.log" || code=$?
    [ "$code" != 1 ] || break
    [ "$code" = 0 ] || sleep 0.5
  done
  echo "$code" > "$dir/drained-$n"
}
whole=$((documents + images))
progress() { cat "$dir"/deliver-*.ndjson 2>/dev/null | grep -c '"state":"receipted"' || true; }
reached() { [ "$(progress)" -ge $(($1 * whole / 100)) ]; }
drain 1 & pid[drain-1]=$!
drain 2 & pid[drain-2]=$!
drain_began=$SECONDS
until_true 300 "10 %" reached 10
if [ "$fhir" = yes ]; then
  kill -9 "${pid[hfs-a]}"
  say "FHIR node a killed at $(progress) of $whole receipts"
fi
until_true 300 "20 %" reached 20
kill -9 "${pid[orthanc-b]}"
say "Orthanc b killed at $(progress)"
until_true 300 "30 %" reached 30
if [ "$fhir" = yes ]; then
  node_up hfs a
  say "FHIR node a back"
fi
until_true 300 "40 %" reached 40
node_up orthanc b
say "Orthanc b back"
until_true 300 "50 %" reached 50
kill -STOP "${pid[link]}"
at_hang=$(progress)
say "the line between the databases hangs at $at_hang"
sleep 4
primary=$(head -1 "$dir/pg/a/postmaster.pid")
at_kill=$(progress)
kill -9 "$primary" $(pgrep -P "$primary")
kill -9 "${pid[link]}"
say "primary killed at $at_kill: $((at_kill - at_hang)) receipts while the line hung"
sleep 3
as_pg sh "$dir/promote.sh" "$dir/pg/b" "$bin" | while read -r line; do say "$line"; done
promoted=$SECONDS
until_true 300 "the first receipt after the promotion" bash -c "[ \$(cat '$dir'/deliver-*.ndjson | grep -c '\"state\":\"receipted\"') -gt $(progress) ]"
say "receipts again $((SECONDS - promoted)) s after the promotion"
wait "${pid[drain-1]}" "${pid[drain-2]}"
say "drained in $((SECONDS - drain_began)) s; exit codes of the last runs: $(cat "$dir/drained-1") $(cat "$dir/drained-2")"

count() {
  for n in 1 2; do
    clinic $n share items > "$dir/items-$n.ndjson" 2>/dev/null
    clinic $n share status > "$dir/status-$n.ndjson" 2>/dev/null
  done
  python3 tests/long/county/count.py "$dir" "http://127.0.0.1:$hfs_b" "http://127.0.0.1:$oh_b"
}
code=0
line=$(count) || code=$?
sql="not asked"
[ "$fhir" = no ] || sql=$(ask b "SELECT count(*) || ' rows, ' || count(DISTINCT id) || ' ids' FROM resources WHERE resource_type = 'DocumentReference' AND NOT is_deleted" hfs)
troubles=$(cat "$dir"/deliver-*.ndjson | grep -o '"error":"[a-z-]*"' | sort | uniq -c | sed 's/"error":"\(.*\)"/\1/' | tr -s ' \n' ' ' || true)
say "$line"
say "in the promoted database: DocumentReference $sql; answers that were no success, by class:${troubles:- none}"

nodes="2 HFS and 2 Orthanc"
[ "$fhir" = yes ] || nodes="2 Orthanc, IMAGES ONLY (no HFS)"
if [ "$sync" = no ]; then
  text="county, $nodes, CONTROL without synchronous replication: $line"
  false_receipts=$(sed -n 's/.*false receipts \([0-9]*\),.*/\1/p' <<< "$line")
  [ "${false_receipts:-0}" -gt 0 ] || { say "the control has no false receipt: it shows nothing"; exit 1; }
  code=0
else
  say "the old primary comes back alone: it must not answer a commit"
  as_pg "$bin/pg_ctl" -D "$dir/pg/a" -s -w -l "$dir/pg/county_a.log" start
  as_pg timeout 8 "$bin/psql" -X -qAt -h "$dir/sockets" -p "$pg_a" -U postgres -d hfs -c 'CREATE TABLE alone (n int)' > "$dir/alone.log" 2>&1 & commit=$!
  alone="seen nowhere"
  for _ in $(seq 30); do
    sleep 0.2
    [ "$(ask a "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")" = 0 ] || { alone="left waiting"; break; }
  done
  wait "$commit" && alone=ANSWERED
  as_pg "$bin/pg_ctl" -D "$dir/pg/a" -s -m immediate stop
  say "a commit at the old primary alone was $alone"
  say "it rejoins as the standby of the new one"
  for node in a b; do kill "${pid[stunnel-$node]}"; tunnel_up $node "$pg_b" "$pg_a"; done
  as_pg env PGPASSFILE="$dir/pg/pgpass" sh "$dir/rejoin.sh" "$dir/pg/a" county_a 127.0.0.1 "$pg_b" "$dir/pgtls/ca.crt" "$bin" > "$dir/rejoin.log" 2>&1 || { cat "$dir/rejoin.log"; exit 1; }
  until_true 60 "county_a to stream" stands b county_a async
  ask b "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (county_a)'"
  ask b "SELECT pg_reload_conf()" >/dev/null
  until_true 20 "county_a to be synchronous" stands b county_a sync
  if [ "$fhir" = yes ]; then
    python3 tests/long/county/records.py 10 C3 "$dir/words-3.json" > "$dir/in-3.ndjson"
    queue 1 "$dir/in-3.ndjson"
  fi
  # Something to send through the new pair in either case.
  cp "$sample" "$dir/in-1/last.dcm"
  dcmodify -nb -gst -gse -gin -m "(0010,0010)=Test^LAST" -m "(0010,0020)=C1-LAST" "$dir/in-1/last.dcm"
  cp "$dir/in-1/last.dcm" "$dir/images/last.dcm"
  queue 1 "$dir/in-1"
  drain 1
  line=$(count) || code=$?
  say "$line"
  same() { [ "$(ask a "$1" "$2")" = "$(ask b "$1" "$2")" ]; }
  resources="SELECT count(*), md5(string_agg(resource_type || id || version_id || md5(data::text), ',' ORDER BY resource_type, id)) FROM resources"
  files="SELECT count(*), md5(string_agg(uuid || md5(lo_get(content)), ',' ORDER BY uuid)) FROM storagearea"
  [ "$fhir" = no ] || until_true 20 "the rejoined standby to hold every resource" same "$resources" hfs
  until_true 20 "the rejoined standby to hold every file" same "$files" orthanc
  say "the rejoined standby holds the same resources and files"
  text="county, $nodes on PostgreSQL $("$bin/postgres" -V | awk '{print $3}') with a synchronous standby; nodes, line and primary taken away while it drained; standby promoted, old primary rejoined: $line; a commit at the old primary alone was $alone"
  [ "$alone" = "left waiting" ] || code=1
fi
printf '| %s | %s | %s s | %s |\n' "$(date +%F)" "$(git rev-parse --short HEAD)" "$((SECONDS - began))" "$text" >> tests/long/ledger.md
held="0 lost, 0 twice, 0 false receipts"
[ "$sync" = yes ] || held="the control gave receipts for what is lost, as it must"
[ "$code" = 0 ] && say "$held" || say "FAILED"
exit "$code"
