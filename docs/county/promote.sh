#!/bin/sh
# Makes the standby the primary. Run as postgres on the standby, after the old primary is OFF (power, or its port closed).
# Usage: promote.sh DATA_DIR [BIN_DIR]
set -eu
data=$1 bin=${2:-/usr/lib/postgresql/15/bin}
port=$(sed -n 4p "$data/postmaster.pid") sockets=$(sed -n 5p "$data/postmaster.pid")
ask() { "$bin/psql" -X -qAt -h "$sockets" -p "$port" -U postgres -d postgres -c "$1"; }
[ "$(ask 'SELECT pg_is_in_recovery()')" = t ] || { echo "this is no standby: nothing was done"; exit 1; }
# The new primary has no standby yet: with a name here every commit would wait for ever.
ask "ALTER SYSTEM SET synchronous_standby_names = ''"
"$bin/pg_ctl" -D "$data" -s reload
"$bin/pg_ctl" -D "$data" -s -w promote
[ "$(ask 'SELECT pg_is_in_recovery()')" = f ] || { echo "it did not become the primary: see its log"; exit 1; }
echo "promoted. There is ONE copy now: bring the other node back with rejoin.sh soon."
