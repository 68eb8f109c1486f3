"""Functions that start processes, replaced for a whole file of tests."""

import pytest


def replaced(module, name, function):
    """A fixture, used by every test of the file, that puts `function` in the place of a module's `name`."""

    @pytest.fixture(autouse=True)
    def replacement(monkeypatch):
        monkeypatch.setattr(module, name, function)

    return replacement
