#!/usr/bin/env bash
# Formats every C++ and Python file in place.

set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh lint

tools/sources.sh | xargs .venv/bin/clang-format -i
.venv/bin/ruff check -q --fix-only .
.venv/bin/ruff format -q .
