# The commands of this repository. Each sets up what it needs; a second run costs seconds.

PYTHON := .venv/bin/python
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)

.PHONY: demo test conformance bench fuzz build wheel lint format asan tsan setup clean

demo: build  ## trains a small GPT on the virtual device
	$(PYTHON) -m torchdevice --report - examples/train_gpt.py

test: build  ## the C++ unit tests, then pytest
	ctest --test-dir build/dev --output-on-failure
	$(PYTHON) -m pytest tests

conformance: build  ## every OpInfo in every dtype against the CPU: long
	$(PYTHON) -m tests.conformance.run --json build/conformance.json

bench: build  ## the figures of docs/performance.md
	@tools/setup.sh lint
	@tools/setup.sh bench
	$(PYTHON) -m bench

setup:  ## compilers, libraries, .venv with PyTorch
	@tools/setup.sh

build: setup  ## builds in build/dev and installs into .venv
	@test -f build/dev/build.ninja || cmake --preset dev
	cmake --build build/dev --parallel $(JOBS)
	@cmake --install build/dev --component package > build/dev/install.log

wheel: setup  ## a wheel in dist/, built against the torch in .venv
	CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) $(PYTHON) -m pip wheel . --no-build-isolation --no-deps --wheel-dir dist

asan: setup  ## the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/run_sanitized.sh asan

tsan: setup  ## the unit tests under ThreadSanitizer
	@tools/run_sanitized.sh tsan

fuzz: setup  ## the readers of the gap analyzer under libFuzzer, FUZZ_SECONDS (60) each
	@tools/fuzz.sh

lint: build  ## formatting, clang-tidy, ruff
	@tools/lint.sh

format: setup  ## formats every C++ and Python file
	@tools/format.sh

clean:  ## removes what was built; .venv stays
	rm -rf build dist
