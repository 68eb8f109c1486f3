"""`benchmarks.compare`: the network in PyTorch draws what ours does, and contenders are measured in turns."""

import functools
import statistics

import numpy as np
import pytest

from benchmarks.compare import picture
from benchmarks.compare.contenders import Measured, measured, table

SETTINGS = {"image_size": (64, 64)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the weights and inputs that contenders read."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("compare")
    picture.written_weights(folder, SETTINGS)
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    return picture.keras(folder, SETTINGS)()


@pytest.mark.parametrize("form", ["smart", "literal"])
def test_the_peer_draws_our_picture(folder, expected, form):
    np.testing.assert_allclose(picture.torch(folder, form, False, 1)(), expected, atol=2e-5)


def test_another_picture_is_told():
    right = np.linspace(-1, 1, 12).reshape(2, 2, 3)
    assert picture.wrong("same", right, right) is None
    assert picture.wrong("other", right + 0.1, right).startswith(
        "it draws another picture: 1.00e-01, 26.0 dB"
    )
    assert picture.wrong("LiteRT int8, cpu", right + 0.1, right) is None


def test_contenders_take_turns_in_processes_of_their_own(capsys):
    contenders = {
        "first": (functools.partial, (pow, 2, 3)),
        "fails": (functools.partial, ("no function",)),
        "differs": (functools.partial, (pow, 2, 2)),
        "second": (functools.partial, (int, "8")),
    }
    found = measured(contenders, 3, lambda name, answer: None if answer == 8 else f"it gives {answer}")
    assert list(found) == ["first", "second"]
    for one in found.values():
        assert len(one.seconds) == 3 and one.start > 0 and one.mebibytes > 5
    fails, differs = capsys.readouterr().out.splitlines()
    assert fails.startswith("left out: fails (TypeError: ") and differs == "left out: differs (it gives 4)"


def test_ratios_are_to_the_peer_and_medians_of_rounds():
    peer, ours = [2.0, 4.0, 9.0], [1.0, 2.0, 9.0]
    rows = table(
        {"peer": Measured(peer, 1.0, 50.0), "ours": Measured(ours, 0.5, 20.0)}, "peer", 0.5
    ).splitlines()
    assert rows[2] == "| ours | 2000.0 | 1000 to 9000 | 0.50 | 20 | 0.5 | 4.00 |"
    assert rows[3].startswith(f"| peer | {1e3 * statistics.median(peer):.1f} |") and "| 1.00 |" in rows[3]
    assert rows[4].startswith("| the limit, by matrix products | 500.0 |")
