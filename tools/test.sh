#!/usr/bin/env bash
# The tests. Without arguments all that CI asks for; see ./run for the rest. Whatever is run, the last line sums it up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

results=build/results
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}

# step NAME COMMAND...: something that passes or fails as a whole, counted as one test.
step() {
  local name=$1 status=passed
  shift
  say "$name"
  # In a subshell with its own -e, which a condition would switch off inside the function called.
  set +e
  (set -e; "$@")
  [ $? -eq 0 ] || status=failed
  set -e
  printf '%s\t%s\n' "$status" "$name" >> "$results/steps"
  [ $status = passed ]
}

# suite NAME FOLDER CTEST-ARGS...: the ctest of a build folder. Its own closing lines are left to the summary.
suite() {
  local name=$1 folder=$2
  shift 2
  say "$name: ctest"
  "${layout[@]}" ctest --test-dir "$folder" -j "$jobs" --output-on-failure --no-label-summary --no-tests=error \
    --output-junit "$PWD/$results/$name.xml" "$@" |
    grep -vE '^([0-9]+% tests passed|Total Test time|Errors while running CTest|Internal ctest changing)' || true
  [ -s "$results/$name.xml" ] || printf 'failed\t%s: ctest\n' "$name" >> "$results/steps"
}

normal() {
  layout=()
  step "normal: build" build build && suite normal build "$@"
}

# sanitized NAME SANITIZERS TARGETS CTEST-ARGS...
sanitized() {
  local name=$1 sanitizers=$2 targets=$3
  shift 3
  layout=()
  # The shadow memory of this compiler's ThreadSanitizer does not bear the widest address randomisation.
  if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ] && setarch -R true 2>/dev/null; then
    layout=(setarch -R)
  fi
  # shellcheck disable=SC2086  # the targets are words
  step "$name: build" build "build-$name" \
    "-DFOREBAY_SANITIZE=$sanitizers" -DCMAKE_BUILD_TYPE=None "-DCMAKE_CXX_FLAGS=-O1 -g1" $targets &&
    suite "$name" "build-$name" "$@"
}

need_packages "${build_packages[@]}" "${test_packages[@]}"
mkdir -p build
rm -rf "$results"
mkdir "$results"
asan=address,undefined
case ${1:-} in
  --asan) sanitized asan $asan "" -LE '^(drivers|packaging|layout)$' "${@:2}" || true ;;
  --tsan) sanitized tsan thread "" -LE '^(drivers|packaging|layout)$' "${@:2}" || true ;;
  --quick) normal "${@:2}" || true ;;
  "")
    need_packages "${lint_packages[@]}"
    normal || true
    sanitized asan $asan "unit_tests fuzz_replays asan_pass" -L '^(unit|fuzz|asan_pass)$' || true
    # Threads meet in these only; the build's choice of targets is the choice of tests.
    sanitized tsan thread "threaded_unit_tests multi_worker" -L '^(unit|multi_worker)$' || true
    step format tools/lint.sh --format || true
    step tidy tools/lint.sh --tidy || true
    ;;
  *) normal "$@" || true ;;
esac
exec python3 tools/summary.py "$results"
