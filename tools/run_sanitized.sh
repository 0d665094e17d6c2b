#!/usr/bin/env bash
# Builds the unit tests with sanitizers and runs them.
#
#   tools/run_sanitized.sh asan|tsan
#
# Instrumented are the sources in src/; torch and the generated redirects (instances of templates in
# src/device/redirect) are not. tools/sanitizers/ holds suppressions, with reasons.

set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1

cmake --preset "$preset"
cmake --build --preset "$preset" --parallel "${JOBS:-$(getconf _NPROCESSORS_ONLN)}"

export ASAN_OPTIONS=detect_odr_violation=1:strict_init_order=1
export LSAN_OPTIONS=suppressions=$PWD/tools/sanitizers/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1
ctest --test-dir "build/$preset" --output-on-failure
