#!/usr/bin/env bash
# Sets up what building and testing need: compilers and libraries (apt-get or Homebrew), and .venv
# with PyTorch. Says what it does, changes nothing that is already there, and is done at once when
# it was done before.
#
#   tools/setup.sh          what `make build`, `make test` and `make demo` need
#   tools/setup.sh lint     then, what `make lint` and `make format` need
#   tools/setup.sh bench    then, what `make bench` compares with
#   PYTHON=python3.12 tools/setup.sh     makes .venv with that interpreter

set -euo pipefail
cd "$(dirname "$0")/.."

readonly TORCH_VERSION=2.13.0
readonly TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu
readonly VENV=.venv

group=${1:-dev}

say() { echo "setup: $*"; }
fail() {
  echo "setup: $*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "must be root to run: $*; run it yourself, then start again"
  fi
}

# Prints the first Python that is new enough.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Prints the packages, of those named, that dpkg does not have.
missing_debian() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

install_debian() {
  local packages=(build-essential cmake ninja-build ccache lld pkg-config
    libcereal-dev libcli11-dev libfmt-dev libgtest-dev libtomlplusplus-dev libxxhash-dev libyaml-dev
    libzip-dev nlohmann-json3-dev)
  local python
  if ! python=$(find_python); then
    packages+=(python3 python3-dev python3-venv)
  else
    "$python" -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
    "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
      packages+=(python3-dev)
  fi
  local missing
  mapfile -t missing < <(missing_debian "${packages[@]}")
  if [ "${#missing[@]}" -gt 0 ]; then
    say "installing with apt-get: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends \
      "${missing[@]}" >/dev/null
  fi
}

install_homebrew() {
  local formula missing=()
  xcode-select -p >/dev/null 2>&1 || fail "needs Apple's compiler: xcode-select --install"
  for formula in cmake ninja ccache pkgconf cereal cli11 fmt googletest libyaml libzip nlohmann-json \
    tomlplusplus xxhash; do
    brew list --formula "$formula" >/dev/null 2>&1 || missing+=("$formula")
  done
  find_python >/dev/null || missing+=(python)
  if [ "${#missing[@]}" -gt 0 ]; then
    say "installing with Homebrew: ${missing[*]}"
    brew install "${missing[@]}"
  fi
}

install_system_packages() {
  if command -v apt-get >/dev/null; then
    install_debian
  elif command -v brew >/dev/null; then
    install_homebrew
  else
    say "neither apt-get nor Homebrew here; needed: a C++20 compiler, CMake 3.22, Ninja," \
      "pkg-config, cereal, CLI11, fmt, GoogleTest, libyaml, libzip, nlohmann-json, toml++, xxHash," \
      "Python 3.10 with headers"
  fi
}

make_venv() {
  "$VENV/bin/python" -c '' 2>/dev/null && return
  local python
  python=$(find_python) || fail "no ${PYTHON:-python3} of 3.10 or later; name one with PYTHON=…"
  say "making $VENV with $("$python" --version)"
  "$python" -m venv "$VENV"
}

has_torch() {
  "$VENV/bin/python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)'
}

# Whether PyTorch's own index answers, without waiting for it where it does not.
cpu_index_answers() {
  timeout 4 "$VENV/bin/python" -c "
import urllib.request
urllib.request.urlopen('$TORCH_CPU_INDEX/torch/', timeout=3).close()" >/dev/null 2>&1
}

install_torch() {
  has_torch && return
  if [ "$(uname)" = Linux ] && cpu_index_answers; then
    say "installing torch $TORCH_VERSION, the CPU build, from $TORCH_CPU_INDEX"
    "$VENV/bin/python" -m pip install -q --index-url "$TORCH_CPU_INDEX" "torch==$TORCH_VERSION" &&
      return
  fi
  say "installing torch $TORCH_VERSION from pip's own index"
  "$VENV/bin/python" -m pip install -q "torch==$TORCH_VERSION"
}

# The archives that cmake/TreeSitter.cmake unpacks; it has their checksums.
download_sources() {
  local archive
  sed -n 's/^torchdevice_fetch([^ ]* [^ ]* \(.*\)$/\1/p' cmake/TreeSitter.cmake |
    while read -r archive; do
      [ -f "third_party/$archive.tar.gz" ] && continue
      say "downloading the sources of $archive with pip"
      "$VENV/bin/python" -m pip download -q --no-deps --no-binary :all: --no-build-isolation \
        --dest third_party "${archive%-*}==${archive##*-}" </dev/null
    done
}

# One stamp for each group: what it held when it was installed.
stamp=$VENV/.setup-$group
contents=$(cat tools/setup.sh cmake/TreeSitter.cmake "tools/requirements-$group.txt" | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$contents" ] && "$VENV/bin/python" -c ''; then
  exit 0
fi

if [ "$group" = dev ]; then
  install_system_packages
  make_venv
  install_torch
fi
say "installing $(grep -cv '^#' "tools/requirements-$group.txt") Python packages ($group) in $VENV"
"$VENV/bin/python" -m pip install -q -r "tools/requirements-$group.txt"
[ "$group" = dev ] && download_sources
echo "$contents" >"$stamp"
