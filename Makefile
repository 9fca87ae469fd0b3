# Everything sets itself up: each target installs what it lacks, and only that.
KILLS ?= 5
SEEDS ?= 500
FIRST ?= 0
SECONDS ?= 30
JOBS ?= 2
SEED ?= 1
MINUTES ?= 2
FAULTS ?= all
SESSIONS ?= 1000000
ENTRIES ?= 1000000
PYTHON := .venv/bin/python
PROBES := swift build -q -c release --static-swift-stdlib --product
SWIFT_PATHS := Package.swift Sources Tests chaos

.PHONY: help run build test sim mutations failover chaos bench scale catchup crowd fuzz lint format clean venv

help:
	@echo 'make run        three nodes with simulated customers; Ctrl-C ends everything'
	@echo 'make build      the release build: .build/release/roundhouse'
	@echo 'make test       every test; the last line counts them'
	@echo 'make failover   kill the leader KILLS=5 times under load and check what came of it'
	@echo 'make chaos      every fault for MINUTES=2 in the order of SEED=1; docs/CHAOS.md'
	@echo 'make bench      side by side with etcd, nginx and a small bot; docs/BENCHMARKS.md'
	@echo 'make scale      restart a node with SESSIONS=1000000 sessions; docs/SCALE.md'
	@echo 'make catchup    a node comes back that missed ENTRIES=1000000 entries; docs/SCALE.md'
	@echo 'make crowd      routing over SESSIONS=1000000 sessions against an empty cluster; docs/SCALE.md'
	@echo 'make sim        whole simulated clusters under faults: SEEDS=500 of SECONDS=30 each'
	@echo 'make mutations  deliberate bugs, each of which the simulation must find'
	@echo 'make fuzz       fuzz the parsers for FUZZ_SECONDS=60 each'
	@echo 'make lint       formatting and style only'
	@echo 'make format     rewrite the Swift sources in the project'"'"'s format'
	@echo 'make clean      remove what was built and every local cluster'

run: build
	@cluster/demo

build:
	@cluster/prepare build
	@cluster/build

venv: .venv/.done
.venv/.done: Tests/requirements.txt
	@cluster/prepare test
	@Tests/venv

test: venv
	@$(PYTHON) Tests/run.py

sim:
	@cluster/prepare build
	@$(PROBES) roundhouse-sim >&2
	@.build/release/roundhouse-sim --seeds $(SEEDS) --first $(FIRST) --seconds $(SECONDS) --jobs $(JOBS)

mutations:
	@cluster/prepare build
	@python3 chaos/mutations/run.py

failover: build
	@python3 chaos/failover/failover.py --kills $(KILLS)

chaos: build
	@cluster/prepare chaos
	@mkdir -p var
	@chaos/run --seed $(SEED) --minutes $(MINUTES) --faults $(FAULTS) \
	    --report var/chaos-$(SEED).json

bench: build venv
	@cluster/prepare bench
	@$(PROBES) decision-cost
	@$(PYTHON) Tests/Benchmarks/bench.py

scale: build
	@$(PROBES) state-filler
	@python3 Tests/Benchmarks/scale.py --sessions $(SESSIONS)

catchup: build
	@$(PROBES) webhook-load
	@python3 Tests/Benchmarks/catchup.py --entries $(ENTRIES)

crowd: build
	@$(PROBES) state-filler
	@$(PROBES) webhook-load
	@python3 Tests/Benchmarks/crowd.py --sessions $(SESSIONS)

fuzz:
	@cluster/prepare build
	@chaos/fuzz/run

lint: venv
	@$(PYTHON) Tests/run.py lint

format:
	@swift format --in-place --recursive --parallel $(SWIFT_PATHS)

clean:
	@cluster/cluster stop --quiet || true
	@rm -rf .build .venv var
