#!/usr/bin/env bash
# Fuzzes the readers of libgap: libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer.
#
#   tools/fuzz.sh [TARGET...]      all src/gap/**/TARGET_fuzz.cc, FUZZ_SECONDS (60) each
#
# A run begins with the seeds in tests/gap/fuzz/TARGET and with what earlier runs kept in
# build/fuzz/corpus/TARGET. An input that crashes, hangs or takes too much memory lands in
# build/fuzz/crashes, and the run fails; once the bug is mended, it belongs among the seeds.

set -euo pipefail
cd "$(dirname "$0")/.."

build=build/fuzz

# The first Clang that has libFuzzer; Apple's has not.
find_clang() {
  local clang source
  source=$(mktemp -d)
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' \
    >"$source/probe.cc"
  for clang in "${CXX:-}" clang++ clang++-{21,20,19,18,17,16,15,14} \
    /opt/homebrew/opt/llvm/bin/clang++ /usr/local/opt/llvm/bin/clang++; do
    if [ -n "$clang" ] && "$clang" -fsanitize=fuzzer "$source/probe.cc" -o "$source/probe" 2>/dev/null; then
      rm -r "$source"
      command -v "$clang"
      return
    fi
  done
  rm -r "$source"
  return 1
}

clang=$(find_clang) || {
  echo "fuzz: no Clang with libFuzzer here: install clang (Homebrew: llvm)" >&2
  exit 1
}
cmake --preset fuzz -DCMAKE_CXX_COMPILER="$clang" -DCMAKE_C_COMPILER="${clang/clang++/clang}" >/dev/null
cmake --build "$build" --target fuzz_programs --parallel "${JOBS:-$(getconf _NPROCESSORS_ONLN)}"

if [ $# -eq 0 ]; then
  for source in $(find src/gap -name '*_fuzz.cc' | sort); do
    name=$(basename "$source" _fuzz.cc)
    set -- "$@" "$name"
  done
fi

export ASAN_OPTIONS=detect_leaks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
mkdir -p "$build/crashes"
failed=()
for target in "$@"; do
  mkdir -p "$build/corpus/$target"
  echo "fuzz: $target, ${FUZZ_SECONDS:-60} seconds"
  log=$build/$target.log
  if "$build/${target}_fuzz" "$build/corpus/$target" "tests/gap/fuzz/$target" \
    -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
    -artifact_prefix="$build/crashes/$target-" >"$log" 2>&1; then
    tail -n 1 "$log"
  else
    tail -n 40 "$log"
    failed+=("$target")
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "fuzz: failed: ${failed[*]}; the inputs are in $build/crashes" >&2
  exit 1
fi
