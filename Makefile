# The commands of README.md. Each sets up and builds what it needs; a second run does only what changed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
SETUP_FLAGS ?=
export CTEST_OUTPUT_ON_FAILURE := 1

# $(call build,PRESET,TARGETS): configures once, builds with one line of progress.
folder = $(if $(filter release,$(1)),build,build-$(1))
define build
	@if [ ! -f $(folder)/build.ninja ]; then echo "configuring $(folder)"; cmake --preset $(1) >/dev/null; fi
	@ninja -C $(folder) -j$(JOBS) $(2)
endef

.PHONY: help setup setup-fuzz release demo test ci bench bench-smoke fuzz fuzz-smoke asan asan-smoke tsan soundness-long clean

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make demo            a private payment on this machine, start to end
demo: setup
	$(call build,release,sotto)
	@build/sotto demo

#: make test            builds everything and runs all tests (minutes)
test: setup
	$(call build,release,all)
	@ctest --test-dir build -j$(JOBS) --no-tests=error

#: make release         builds everything; the program is build/sotto
release: setup
	$(call build,release,all)

#: make bench           measures; prints a table, writes build/bench.json
bench: setup
	$(call build,release,sotto_bench)
	@SOTTO_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) build/sotto_bench --json build/bench.json

bench-smoke: setup
	$(call build,release,sotto_bench)
	@SOTTO_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) build/sotto_bench --quick --json build/bench-smoke.json
	@tools/check_bench.py build/bench-smoke.json

#: make fuzz            every decoder, FUZZ_SECONDS (60) each, from tests/corpus
fuzz: setup-fuzz
	$(call build,fuzz,fuzzers)
	@tools/run_fuzzers build-fuzz $(FUZZ_SECONDS)

fuzz-smoke: setup-fuzz
	$(call build,fuzz,fuzzers)
	@tools/run_fuzzers build-fuzz 5

#: make asan            all tests under AddressSanitizer and UndefinedBehaviorSanitizer
asan: setup
	$(call build,asan,all)
	@ctest --test-dir build-asan -j$(JOBS) --no-tests=error

# The decoders and everything that only parses; the rest is in `make asan`.
asan-smoke: setup
	$(call build,asan,base_test crypto_test note_test)
	@ctest --test-dir build-asan -j$(JOBS) --no-tests=error -R '^(base|crypto|note)$$'

#: make tsan            all tests under ThreadSanitizer
tsan: setup
	$(call build,tsan,all)
	@ctest --test-dir build-tsan -j$(JOBS) --no-tests=error

#: make soundness-long  every bit of real proofs flipped, long mutation campaigns (an hour or more)
soundness-long: setup
	$(call build,release,all)
	@SOTTO_LONG=1 ctest --test-dir build -j$(JOBS) --no-tests=error -R '^(plonk|gadget|circuit)$$' --timeout 14400

#: make ci              what the continuous integration runs: test, then short forms of the longer suites
ci:
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory demo-json
	@$(MAKE) --no-print-directory bench-smoke
	@$(MAKE) --no-print-directory fuzz-smoke
	@$(MAKE) --no-print-directory asan-smoke

.PHONY: demo-json
demo-json: setup
	$(call build,release,sotto)
	@build/sotto demo --json >build/demo.json
	@tools/check_demo.py build/demo.json

setup:
	@./setup $(SETUP_FLAGS)

setup-fuzz:
	@./setup --fuzz $(SETUP_FLAGS)

#: make clean           removes the build folders
clean:
	rm -rf build build-dev build-asan build-tsan build-fuzz
