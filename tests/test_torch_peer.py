"""The network in PyTorch that benchmarks compare with draws what ours does, in both of its forms."""

import numpy as np
import pytest

from gfla_tf.models.presets import create_generator
from tests.helpers.rule_weights import fill

pytest.importorskip("torch")

from benchmarks import compare


@pytest.fixture(scope="module")
def drawn():
    """Contenders of the peer, inputs, and our picture of them."""
    generator = fill(create_generator(compare.PRESET, image_size=(64, 64)))
    draw = np.random.default_rng(0)
    inputs = {
        name: draw.uniform(-1, 1, (1, *tensor.shape[1:])).astype(np.float32)
        for name, tensor in generator.input.items()
    }
    contenders = compare.torch_contenders(generator, 1, compiled=False)
    return contenders, inputs, compare.keras_contender(generator)(inputs)


@pytest.mark.parametrize("form", ["smart", "literal"])
def test_the_peer_draws_our_picture(drawn, form):
    contenders, inputs, expected = drawn
    np.testing.assert_allclose(contenders[f"torch eager, {form}"](inputs), expected, atol=2e-5)


def test_who_draws_another_picture_is_left_out(drawn, capsys):
    _, inputs, expected = drawn
    kept = compare.agreeing({"same": lambda _: expected, "other": lambda _: expected + 0.1}, inputs, expected)
    assert list(kept) == ["same"] and "left out: other differs" in capsys.readouterr().out


def test_contenders_take_turns_and_ratios_are_to_the_peer():
    calls = []
    contenders = {compare.PEER: lambda _: calls.append("peer"), "ours": lambda _: calls.append("ours")}
    times = compare.measured(contenders, {}, 20)
    assert calls.count("peer") == calls.count("ours") == 20 and calls != ["peer", "ours"] * 20
    lines = compare.table({compare.PEER: [2.0, 4.0], "ours": [1.0, 2.0]}, 0.5).splitlines()
    assert lines[1].startswith("ours") and lines[1].split()[-2:] == ["0.50", "3.00"]
    assert set(times) == {compare.PEER, "ours"}
