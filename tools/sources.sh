#!/usr/bin/env bash
# Prints the C++ files of the project, one a line.

set -euo pipefail
cd "$(dirname "$0")/.."
find include src examples tests -name '*.cc' -o -name '*.h' | sort
