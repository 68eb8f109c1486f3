"""A smoke run of the fuzzer, see docs/robustness.md for the long one."""

import pytest

from tests.fuzz.run import run

LIGHT = {
    "poses": 60,
    "points": 40,
    "tables": 40,
    "pictures": 60,
    "videos": 20,
    "models": 60,
    "pickles": 40,
    "commands": 10,
}


@pytest.mark.parametrize("kind", LIGHT)
def test_damaged_files_are_taken_or_refused_in_a_sentence(kind):
    told = run(kind, LIGHT[kind], seed=20)
    assert told["findings"] == [] and told["cases"] == LIGHT[kind]
    assert told["refused"] > 0, "the damage is none"


def test_a_finding_is_told_and_a_signal_too(monkeypatch, tmp_path):
    from tests.fuzz import targets
    from tests.fuzz.run import _outcome

    class Failing:
        def try_(self, folder, random):
            raise KeyError("bug")

    class Wordy:
        def try_(self, folder, random):
            raise targets.GflaError("one\ntwo")

    assert _outcome(Failing(), tmp_path, None).startswith("KeyError at test_fuzz.py")
    assert _outcome(Wordy(), tmp_path, None).startswith("no single sentence")
