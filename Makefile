# `make demo` shows the main job, `make test` proves it. Both set up what they need, see tools/setup.

BIN := .venv/bin
REPORTS := var/reports
HLR := osmo-hlr
MAIL := exim4-daemon-light
BROWSER := chromium fonts-noto-cjk
VOICE := espeak-ng
PHONE := $(VOICE) sip-tester
LONG := tests/faults tests/integration/test_races.py tests/integration/test_life_cycle_stateful.py \
        tests/integration/test_promises.py tests/hotline/test_many_calls.py

ATTACKS := tests/integration/test_identity_attacks.py tests/portal/test_attacks.py tests/portal/test_strangers.py \
           tests/hotline/test_social_engineer.py tests/desk/test_social_engineer.py

.PHONY: help demo test lint bench soak attack shots schema setup clean

help:
	@echo 'make demo    a small carrier closes a line before your eyes, and stays up'
	@echo 'make test    every check and every test'
	@echo 'make lint    the checks alone: style, types, one-way imports'
	@echo 'make bench   how fast it is here, beside what the database could do'
	@echo 'make soak    the long form of the tests of durability'
	@echo 'make attack  the long form of the tests that attack: stuffed passwords, social engineers'
	@echo 'make shots   take the pictures in docs/pictures again, each page in each language'
	@echo 'make schema  write src/ringoff/db/schema.sql from the migrations'

demo:
	@tools/setup $(HLR) $(VOICE)
	@$(BIN)/ringoff demo

test:
	@tools/setup $(HLR) $(MAIL) $(BROWSER) $(PHONE)
	@$(MAKE) --no-print-directory checks
	@mkdir -p $(REPORTS)
	$(BIN)/pytest -n 2 -m "not slow" --junitxml=$(REPORTS)/tests.xml

lint: setup checks

.PHONY: checks
checks:
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench:
	@tools/setup $(HLR)
	$(BIN)/ringoff bench

soak:
	@tools/setup $(HLR) $(MAIL) $(BROWSER) $(PHONE)
	@mkdir -p $(REPORTS)
	RINGOFF_SOAK=1 $(BIN)/pytest $(LONG) --timeout=0 --junitxml=$(REPORTS)/soak.xml

attack:
	@tools/setup $(HLR) $(MAIL)
	@mkdir -p $(REPORTS)
	RINGOFF_SOAK=1 $(BIN)/pytest $(ATTACKS) --timeout=0 --durations=3 --junitxml=$(REPORTS)/attack.xml

shots:
	@tools/setup $(HLR) $(MAIL) $(BROWSER)
	$(BIN)/pytest tests/journeys/take_pictures.py

schema: setup
	$(BIN)/python -m ringoff.db.dump

setup:
	@tools/setup

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache var/reports
