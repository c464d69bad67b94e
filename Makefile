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

.PHONY: help setup setup-fuzz release demo test test-network test-network-short ci bench bench-smoke bench-corpus bench-ledger bench-long bench-check bench-record bench-pictures bench-timing bench-peers bench-network bench-catch-up bench-strangers fuzz fuzz-smoke asan asan-smoke tsan mutants mutants-lot soundness-long model-long clean

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

# $(call figures,BENCH OPTIONS): everything of this sitting in one report, each figure in turn with the reference. The validator's part
# is a program of its own and comes first; it has the reference before and after it.
figures = SOTTO_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) build/sotto_bench $(1)
# $(call validator,CORPUS SIZE,SECONDS,FOLDER,FILE): the short form makes the payments it lacks, and keeps them.
validator = build/sotto_corpus --dir $(3) --count $(1) && $(call beside,$(4)) build/sotto_validator_bench --corpus $(3) --payments $(1) --seconds $(2) --json $(4)
beside = build/sotto_bench --beside $(1) --
BENCH_PROGRAMS = sotto_bench sotto_corpus sotto_validator_bench

#: make bench           measures; prints a table, writes build/bench.json
bench: setup
	$(call build,release,$(BENCH_PROGRAMS))
	@$(call validator,1000,10,build/corpus,build/bench-validator.json)
	@$(call figures,--merge build/bench-validator.json --json build/bench.json)

#: make bench-corpus    10,000 real payments for the validator's throughput, made once (half an hour)
bench-corpus: setup
	$(call build,release,sotto_corpus)
	@build/sotto_corpus --dir build/corpus --count 10000

#: make bench-long      as `make bench`, with all of the corpus and 60 s of load
bench-long: bench-corpus bench-ledger
	$(call build,release,$(BENCH_PROGRAMS))
	@$(call validator,10000,60,build/corpus,build/bench-validator.json)
	@$(call figures,--merge build/bench-validator.json --json build/bench.json)

#: make bench-ledger    restart and look-ups with 10^5 to 10^7 nullifiers (minutes, 2 GB of disk while it runs)
bench-ledger: setup
	$(call build,release,$(BENCH_PROGRAMS))
	@build/sotto_corpus --dir build/corpus --count 1
	@$(call beside,build/bench-validator.json) build/sotto_validator_bench --corpus build/corpus --ledger 100000 1000000 10000000 --json build/bench-validator.json

# Shows that everything can be measured, not how fast this machine is.
bench-smoke: setup
	$(call build,release,$(BENCH_PROGRAMS) sotto_timing)
	@$(call validator,40,1,build/corpus-smoke,build/bench-validator-smoke.json)
	@$(call figures,--quick --merge build/bench-validator-smoke.json --json build/bench-smoke.json)
	@tools/check_bench.py build/bench-smoke.json --without restart_10m_s
	@build/sotto_timing --proofs 40 --json build/bench-timing-smoke.json
	@tools/bench_pictures.py build/bench-smoke.json build/bench-peers.json build/pictures-smoke

#: make bench-check     fails if a figure's ratio is more than 15 % worse than bench/recorded.json has it
GUARDED = --only proving,parts,lanes,verifying,wallet
bench-check: setup
	$(call build,release,sotto_bench)
	@$(call figures,$(GUARDED) --json build/bench-check.json)
	@tools/bench_check.py build/bench-check.json --again "build/sotto_bench $(GUARDED) --json {}"

#: make bench-record    makes this machine's figures the ones that bench-check compares with
bench-record: setup
	$(call build,release,sotto_bench)
	@$(call figures,$(GUARDED) --json build/bench-check.json)
	@tools/bench_check.py build/bench-check.json --record

#: make bench-pictures  draws docs/pictures and fills docs/performance.md from build/bench.json and build/bench-peers.json
bench-pictures:
	@tools/bench_pictures.py build/bench.json build/bench-peers.json docs/pictures
	@tools/bench_document.py build/bench.json build/bench-peers.json docs/performance.md

#: make bench-timing    does the time of a proof tell a secret? TIMING_PROOFS (10,000) proofs a question (hours)
TIMING_PROOFS ?= 10000
bench-timing: setup
	$(call build,release,sotto_timing)
	@build/sotto_timing --proofs $(TIMING_PROOFS) --json build/bench-timing.json

#: make bench-peers     other proof systems on this machine (bench/peers), into build/peers; writes build/bench-peers.json
bench-peers: setup
	$(call build,release,sotto_bench)
	@SOTTO_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) bench/peers/run.py build

#: make bench-network   real processes with 0, 10, 50 ms between them: finality, throughput, catching up; writes build/bench-network.json
bench-network: setup
	$(call build,release,sotto sottod sotto_load)
	@SOTTO_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) bench/network/run.py build --json build/bench-network.json --picture docs/pictures/network-finality.svg

#: make bench-catch-up  a validator that starts from genesis while others hold CATCH_UP (100,000) payments: makes them first (two and a half hours)
CATCH_UP ?= 100000
bench-catch-up: setup
	$(call build,release,sotto sottod sotto_corpus sotto_feed)
	@test -e build/catch-up/net/network.json || build/sotto testnet init --dir build/catch-up/net --epoch-seconds 0
	@build/sotto_corpus --dir build/catch-up --testnet build/catch-up/net --count $(CATCH_UP)
	@SOTTO_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) bench/network/catch_up.py build --corpus build/catch-up --payments $(CATCH_UP) --json build/bench-network.json

#: make bench-strangers honest payments while others send rubbish or open 10,000 connections; writes build/bench-strangers.json
bench-strangers: setup
	$(call build,release,sotto sottod sotto_load)
	@bench/strangers.py build --json build/bench-strangers.json

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

#: make mutants         breaks one line at a time and runs the test that must notice (tests/mutants); goes on where it was stopped
mutants: setup
	@tools/mutants.py -j$(JOBS)

# A tenth of them, by lot.
mutants-lot: setup
	@tools/mutants.py --lot 0.1 --minutes 4 -j$(JOBS)

#: make model-long      the model of settlement with larger bounds (ten minutes, 2 GB)
model-long: setup
	@src/settle/model/run.py --long --dir build/model

#: make test-network    real processes: a thousand payments while validators with their CometBFT are killed, cut off and stopped; epochs, stake (minutes)
test-network: test-network-short
	$(call build,release,sotto_load)
	@tests/network_long_test.py build/sotto
	@tests/network_epochs_test.py build/sotto
	@tests/stake_network_test.py build/sotto

# A minute of it.
test-network-short: setup
	$(call build,release,sotto sottod)
	@tests/network_test.py build/sotto
	@tests/engine_hang_test.py build/sotto

#: make ci              what the continuous integration runs: test, then short forms of the longer suites
ci:
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory test-network-short
	@$(MAKE) --no-print-directory bench-smoke
	@$(MAKE) --no-print-directory fuzz-smoke
	@$(MAKE) --no-print-directory asan-smoke
	@$(MAKE) --no-print-directory mutants-lot

setup:
	@./setup $(SETUP_FLAGS)

setup-fuzz:
	@./setup --fuzz $(SETUP_FLAGS)

#: make clean           removes the build folders
clean:
	rm -rf build build-dev build-asan build-tsan build-fuzz build-mutants
