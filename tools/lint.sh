#!/usr/bin/env bash
# Checks formatting and code, and changes nothing: clang-format, clang-tidy, shellcheck, ruff.
# clang-tidy takes seconds a file, so it reads only files that changed, or whose headers changed,
# since they last passed (build/lint holds one stamp a file).

set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh lint

readonly BIN=.venv/bin
readonly STAMPS=build/lint

# Succeeds at once if `source` passed before with the same text, headers and checks.
tidy() {
  local source=$1 stamp sum
  stamp=$STAMPS/${source//\//.}
  sum=$(cat "$source" <(echo "$HEADERS_SUM") | cksum)
  [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return
  "$BIN/clang-tidy" --quiet -p build/dev "$source" 2>/dev/null || return 1
  echo "$sum" >"$stamp"
}

tools/sources.sh | xargs "$BIN/clang-format" --dry-run -Werror

mkdir -p "$STAMPS"
HEADERS_SUM=$(tools/sources.sh | grep '\.h$' | xargs cat .clang-tidy | cksum)
export HEADERS_SUM BIN STAMPS
export -f tidy
tools/sources.sh | grep '^src/.*\.cc$' |
  xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} bash -c 'tidy {}'

"$BIN/shellcheck" tools/*.sh .ci/run
"$BIN/ruff" check -q .
"$BIN/ruff" format -q --check .
