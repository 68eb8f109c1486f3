# The commands of the README. Each makes its own environment in .venv.
PYTHON ?= python3
TASK ?= pose
PYTEST = GFLA_PARITY_DIR="$${GFLA_PARITY_DIR-$(wildcard ../shared/parity)}" .venv/bin/python -m pytest -q -n 2 --dist loadgroup

demo: .venv/demo
	.venv/bin/gfla demo $(if $(PHOTO),--photo "$(PHOTO)")

quickstart: .venv/demo
	.venv/bin/python -m examples.quickstart $(TASK)

test: .venv/test
	$(PYTEST) -m "not slow"

# What takes more than ten seconds each and rarely fails: before a release, and after changes of what it tests.
test-slow: .venv/test
	$(PYTEST) -m slow

docs: .venv/docs
	.venv/bin/mkdocs build --quiet

lint: .venv/test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

# A stamp per set of packages: made again when pyproject.toml changes.
.venv/demo .venv/test .venv/docs: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".[$(if $(filter demo,$(@F)),video,$(@F))]"
	touch $@

clean:
	rm -rf .venv

.PHONY: demo quickstart test test-slow docs lint clean
