# The commands of the project. `make run` and `make test` work from a bare checkout with Python 3.11, git and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV = .uv/bin/uv
BIN = .venv/bin
UV_VERSION = 0.13.9

.PHONY: run serve test setup system accuracy calibration bench bench-checks bench-ocr bench-memory bench-rerun bench-scale bench-mbox mutants torture kills audit fuzz fixtures clean

run: setup
	$(BIN)/shenbao run fixtures/mailbox.mbox --out out

# Prefect's server and page, the schedule and the reports, on this machine only (docs/schedule.md).
serve: setup
	$(BIN)/python -m flows.serve

test: setup system
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --severity-level medium pipeline extractors flows
	$(BIN)/pytest -n 2 --dist loadfile  # a file whole in one process: some share one long run

setup: .venv/.ready

.venv/.ready: uv.lock pyproject.toml $(UV)
	$(UV) sync --frozen --system-certs --no-python-downloads --python $(PYTHON)
	touch $@

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# What the tests need beyond Python packages.
system:
	sh .ci/system

accuracy: run
	$(BIN)/python -m fixtures.accuracy out
	$(BIN)/python -m fixtures.scan_accuracy

# Fits the confidence of recognised values on labelled scans; reads some 200 pages the first time.
calibration: setup
	$(BIN)/python -m fixtures.fonts  # those that further forms are drawn with
	$(BIN)/python -m fixtures.calibration --further 3

bench: setup
	$(BIN)/python -m tests.bench fixtures/mailbox.mbox

# The wall time of a re-run with one corrected file against that of the full run; takes as long as both.
bench-rerun: setup
	$(BIN)/python -m tests.bench_rerun

# Our reading of scans against PaddleOCR, rapidocr and tesseract, on every page of the labelled set; EVERY=8: each 8th.
bench-ocr: setup
	$(BIN)/python -m tests.bench_ocr $(EVERY)

# The resident memory of a process over 500 pages.
bench-memory: setup
	$(BIN)/python -m tests.bench_memory

# The cost of the checks per application at 1,000 and at 10,000, and of a registry of 100,000 rows.
bench-checks: setup
	$(BIN)/python -m tests.bench_checks

# The share of mutants of checks and normalisers that the tests kill; takes some ten minutes.
mutants: setup
	$(BIN)/python -m tests.mutants

# Every file of a folder through intake and reading, hostile ones too.
torture: setup
	$(BIN)/python -m tests.torture $(CORPUS)

# Known holes in the locked packages; asks the advisory database over the network, and fails where that does not answer.
audit: setup
	$(UV) export --frozen --no-emit-project --format requirements-txt | $(BIN)/pip-audit --strict --disable-pip --requirement /dev/stdin

# Random input made to find paths, 60 s for each of the targets.
SECONDS = 60
fuzz: setup
	$(BIN)/python -m tests.fuzz $(SECONDS)

# The cost of a mail and the memory of a run at 1,000 and at 10,000 mails; takes an hour.
bench-scale: setup
	$(BIN)/python -m tests.bench_scale 1000 10000

# The memory that it takes to receive an mbox of 5 GB; needs 11 GB of disk.
bench-mbox: setup
	$(BIN)/python -m tests.bench_mbox 5

# Kill -9 at 20 random moments, and go on.
kills: setup
	$(BIN)/python -m tests.kills fixtures/mailbox.mbox 20

fixtures: setup
	$(BIN)/python -m fixtures.make

clean:
	rm -rf .venv .uv out .shenbao
