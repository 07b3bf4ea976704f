# Two commands: `make paint` paints a first picture, `make test` runs the checks.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
KERNELS := hatch_build.py $(wildcard src/brushwork/encoders/native/*.?pp)

.DELETE_ON_ERROR:

# The suite starts many interpreters, and pytest compiles its tests in each worker: compiled files are kept.
test suite quick: export PYTHONDONTWRITEBYTECODE =

paint: $(VENV)/installed
	@mkdir -p out
	$(RUN) brushwork paint examples/cat.png examples/great_wave.png -o out/cat+great_wave.png --size 480 --force

# The linters run beside the tests: mypy uses one core.
test: $(VENV)/installed-dev
	+@$(MAKE) --no-print-directory --jobs 2 lint suite

lint: $(VENV)/installed-dev
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/deptry src

suite: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(RUN) pytest --numprocesses auto --maxprocesses 8 --dist worksteal

# Every test, and how much of the code they run: tracing takes a third more time, so `make test` does without.
coverage: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(RUN) pytest --numprocesses auto --maxprocesses 8 --dist worksteal --cov --cov-report=term:skip-covered --cov-fail-under=95

# Every test that is not marked slow, without linters: for while one works.
quick: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(RUN) pytest --numprocesses auto --maxprocesses 8 --dist worksteal -m 'not slow'

# brushwork against its peers on this machine, about an hour: bench/compare.py --help.
bench: $(VENV)/installed-dev
	$(VENV)/bin/python bench/compare.py $(BENCH)

# dist/: the sources, a wheel with the compiled kernels (where a compiler is found), and one without them for any system.
dist: $(VENV)/installed-dist
	rm -rf dist
	$(RUN) build --sdist --outdir dist
	$(RUN) build --wheel --outdir dist
	BRUSHWORK_NO_KERNELS=1 $(RUN) build --wheel --outdir dist
	@ls -l dist

# The documentation site, docs/_build/html, and the man page, docs/_build/man/brushwork.1. Warnings, as of broken links, are errors.
docs: $(VENV)/installed-docs
	$(RUN) sphinx --fail-on-warning --quiet --builder html docs docs/_build/html
	$(RUN) sphinx --fail-on-warning --quiet --builder man docs docs/_build/man

$(VENV)/pip: constraints.txt
	"$(PYTHON)" scripts/require_python.py
	"$(PYTHON)" -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/pip pyproject.toml $(KERNELS)
	$(RUN) pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed pyproject.toml requirements-peers.txt
	$(RUN) pip install --quiet --constraint constraints.txt --editable '.[dev,giant,plot,video]'
	$(RUN) pip install --quiet --no-deps --requirement requirements-peers.txt
	touch $@

$(VENV)/installed-docs: $(VENV)/installed pyproject.toml
	$(RUN) pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

$(VENV)/installed-dist: $(VENV)/pip
	$(RUN) pip install --quiet --constraint constraints.txt build
	touch $@

clean:
	rm -rf $(VENV) build dist docs/_build docs/reference

.PHONY: paint test lint suite coverage quick bench docs dist clean
