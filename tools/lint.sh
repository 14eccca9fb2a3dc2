#!/usr/bin/env bash
# Format and clang-tidy. Without arguments: both, clang-tidy on what changed lately; --all: on everything;
# --format, --tidy: one of the two, for CI, where clang-tidy must also come to an end in time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

lately=20                                    # commits
tidy_seconds=${FOREBAY_TIDY_SECONDS:-240}    # no file is begun after that

check_format() {
  cpp_files | xargs -0 clang-format --dry-run --Werror || { echo "./run format puts them into shape"; return 1; }
}

# The sources to look at, newest first. Tests are left out: their macros alone would keep clang-tidy busy.
sources() {
  {
    if [ "$1" = all ] || ! git rev-parse -q --verify "HEAD~$lately" >/dev/null; then
      git ls-files
    else
      git diff --name-only --diff-filter=d HEAD
      git log "-$lately" --name-only --format=
    fi
  } | awk '/^(base|conf|pgproto|redisproto|pools|failover|autoscale|gateway)\/.*\.cc$/ && !seen[$0]++' |
    while read -r file; do [ -e "$file" ] && echo "$file"; done
}

check_tidy() {
  local until=$1 list
  list=$(sources "$2")
  [ -n "$list" ] || return 0
  # A folder of its own, never built: clang must be told clang's flags, and cannot read g++'s precompiled headers.
  cmake -S . -B build/tidy -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
  export until
  echo "$list" | xargs -P "$jobs" -I{} bash -c '
    if [ "$(date +%s)" -ge "$until" ]; then echo "not checked for lack of time: {}"; exit 0; fi
    clang-tidy --quiet -p build/tidy --extra-arg=-Wno-error "{}" 2> >(grep -vE "^[0-9]+ warnings? generated" >&2)'
  echo "clang-tidy: $(echo "$list" | wc -l) files"
}

need_packages "${build_packages[@]}" "${lint_packages[@]}"
now=$(date +%s)
case ${1:-} in
  --format) check_format ;;
  --tidy) check_tidy $((now + tidy_seconds)) lately ;;
  --all) check_format && check_tidy $((now + 86400)) all ;;
  "") check_format && check_tidy $((now + 86400)) lately ;;
  *) echo "usage: ./run lint [--all]" >&2; exit 2 ;;
esac
