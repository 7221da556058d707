#!/bin/sh
# Brings a node back as the standby of the present primary, from a fresh copy; what it held is moved aside, not deleted.
# Run as postgres on the returning node, PostgreSQL stopped there. The password of replicator is in ~/.pgpass or PGPASSFILE.
# Usage: rejoin.sh DATA_DIR NAME PRIMARY_HOST PRIMARY_PORT CA_FILE [BIN_DIR]     NAME: county_a or county_b
set -eu
data=$1 name=$2 host=$3 port=$4 ca=$5 bin=${6:-/usr/lib/postgresql/15/bin}
if "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; then echo "PostgreSQL still runs on $data: stop it first"; exit 1; fi
[ ! -d "$data" ] || { county=$(mktemp); cp "$data/county.conf" "$county"; mv "$data" "$data.before-$(date +%Y%m%d-%H%M%S)"; }
primary="host=$host port=$port user=replicator application_name=$name sslmode=verify-full sslrootcert=$ca"
# The slot keeps what this node has not read yet; one that is left from before is taken again.
"$bin/pg_basebackup" -d "$primary" -D "$data" -c fast -R -X stream -C -S "$name" 2>/dev/null \
  || { rm -rf "$data"; "$bin/pg_basebackup" -d "$primary" -D "$data" -c fast -R -X stream -S "$name"; }
# Ports and addresses are this node's own, not those that were copied; so is the rule that it waits for nobody.
[ -z "${county:-}" ] || { cp "$county" "$data/county.conf"; rm "$county"; }
sed -i '/^synchronous_standby_names/d' "$data/postgresql.auto.conf"
"$bin/pg_ctl" -D "$data" -s -w -l "$data/../$name.log" start
echo "standby. On the primary, once pg_stat_replication shows $name streaming: ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 ($name)'; SELECT pg_reload_conf();"
