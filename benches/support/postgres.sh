#!/bin/sh
# Loads two tables into a PostgreSQL of its own by COPY, with the indexes that a CMDB needs, and prints the seconds that
# took. Exits 3 where PostgreSQL's programs are not installed. Its server listens on a socket in its folder only.
set -eu
cis=$1 relationships=$2
bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -1 || true)")
[ -x "$bin/initdb" ] || exit 3
folder=$(mktemp -d)
# PostgreSQL does not run as root.
if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || exit 3
    chown postgres "$folder"
    as="runuser -u postgres --"
else
    as=""
fi
end() {
    $as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap end EXIT
cd "$folder"
$as "$bin/initdb" -D "$folder/data" -A trust >/dev/null
$as "$bin/pg_ctl" -D "$folder/data" -o "-k $folder -c listen_addresses=''" -l "$folder/log" -w start >/dev/null
psql=$(command -v psql || echo "$bin/psql")
sql() { $as "$psql" -h "$folder" -q -v ON_ERROR_STOP=1 postgres "$@"; }
sql <<'SQL'
create table ci (key text primary key, type text not null, name text not null, serial text, attributes jsonb not null);
create index on ci (name);
create index on ci (serial);
create index on ci (type);
create table relationship (source text, type text, target text, qualifier text, primary key (source, type, target, qualifier));
create index on relationship (source);
create index on relationship (target);
SQL
begun=$(date +%s.%N)
sql -c "copy ci from stdin" <"$cis"
sql -c "copy relationship from stdin" <"$relationships"
ended=$(date +%s.%N)
echo "$begun $ended" | awk '{ print $2 - $1 }'
