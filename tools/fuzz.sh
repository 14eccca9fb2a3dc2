#!/usr/bin/env bash
# fuzz.sh [SECONDS] [NAME]: runs each fuzz target, or the one named, for so long. What a run learns stays in
# build-fuzz/corpus and is where the next one starts; a finding stays in build-fuzz/findings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

duration=30
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  duration=$1
  shift
fi
only=${1:-*}

need_packages "${build_packages[@]}" "${fuzz_packages[@]}"
build build-fuzz -DCMAKE_CXX_COMPILER=clang++ -DFOREBAY_FUZZ=ON fuzzers
mkdir -p build-fuzz/findings
failed=0
found=0
while read -r program; do
  name=${program##*/fuzz_}
  found=1
  say "fuzzing $name for $duration s"
  mkdir -p "build-fuzz/corpus/$name"
  "$program" -max_total_time="$duration" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/findings/$name-" "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" || failed=1
done < <(find build-fuzz/tests/fuzz -maxdepth 1 -type f -executable -name "fuzz_$only" | sort)
if [ $found = 0 ]; then
  echo "no fuzz target '$only'" >&2
  exit 2
fi
exit $failed
