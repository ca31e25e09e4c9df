DEMO_DIR ?= $(HOME)/gphotosfs-demo
BIN := .venv/bin

.PHONY: help demo demo-stop check bench desktop-test

help:
	@echo "make demo         mount a simulated Google Photos at $(DEMO_DIR) (DEMO_DIR=… elsewhere)"
	@echo "make demo-stop    end it"
	@echo "make check        everything that CI checks"
	@echo "make desktop-test open a mount in real file managers under Xvfb (10 minutes; docs/DESKTOP.md)"
	@echo "make bench        compare with rclone mount and write docs/BENCHMARKS.md (12 minutes; ROUNDS=3)"

demo:
	@bash .ci/setup demo
	@$(BIN)/gphotosfs demo "$(DEMO_DIR)"

demo-stop:
	@$(BIN)/gphotosfs demo --stop "$(DEMO_DIR)"

check:
	@bash .ci/setup dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench:
	@bash .ci/setup dev
	$(BIN)/python -m bench --rounds $(or $(ROUNDS),3)

desktop-test:
	@bash .ci/setup dev
	$(BIN)/python -m bench.desktop --check
