#!/bin/sh
# Fills the corpora with our own payloads, good and bad. The byte before each says what the target
# shall take it for: see the targets.
set -eu
cd "$(dirname "$0")"
seed() { # target, byte as octal, file
    folder="corpus/$1"
    mkdir -p "$folder"
    { printf "\\$2"; cat "$3"; } > "$folder/$(echo "$3" | tr '/' '_' | tr -d '.')"
}
for file in ../fixtures/ingest/*/good/* ../fixtures/ingest/*/bad/*; do
    case "$file" in
        *.snap) ;;
        *.csv) seed csv 200 "$file"; seed pipeline 002 "$file" ;;
        *.ndjson) seed ndjson 200 "$file"; seed pipeline 001 "$file" ;;
        *) [ -f "$file" ] && { seed documents 000 "$file"; seed pipeline 000 "$file"; } ;;
    esac
done
