"""Published `.pth` files load whole, with and without `module.` prefixes, or not at all and with one clear sentence."""

import sys

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.models.checkpoint_import import load_pth, read_pth, state_dict
from gfla_tf.models.checkpoint_names import checkpoint_entries
from gfla_tf.models.discriminators import PatchDiscriminator, ResidualDiscriminator
from gfla_tf.models.presets import create_discriminator, create_generator
from tests.helpers.parity import Record, generated_weight, largest_difference, nchw, nhwc, requires_parity

torch = pytest.importorskip("torch")


def rule_state(model):
    """A state dict for `model` by the recording rule, every repeated name included."""
    return {
        name: torch.from_numpy(generated_weight(name, entry.stored_shape))
        for entry in checkpoint_entries(model)
        for name in entry.names
    }


@pytest.fixture(scope="module")
def generator():
    return create_generator("pose_quickstart")


@pytest.fixture
def state(generator):
    return rule_state(generator)


def save(state, path, **options):
    torch.save(state, path, **options)
    return path


def refused(model, path):
    """The message of a refused import, after which every weight is what it was."""
    before = model.get_weights()
    with pytest.raises(GflaError) as error:
        load_pth(model, path)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    message = str(error.value)
    assert "\n" not in message and message.endswith(".") and str(path) in message
    return message


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "format before PyTorch 1.6"])
def test_a_checkpoint_loads_with_and_without_prefix_in_both_file_formats(
    generator, state, tmp_path, prefix, zipped
):
    stored = {prefix + name: tensor for name, tensor in state.items()}
    load_pth(generator, save(stored, tmp_path / "net.pth", _use_new_zipfile_serialization=zipped))
    loaded = state_dict(generator)
    assert loaded.keys() == state.keys()
    for entry in checkpoint_entries(generator):
        np.testing.assert_array_equal(loaded[entry.names[-1]], state[entry.names[-1]])


@requires_parity
@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize(
    ("name", "create"),
    [
        ("discriminator_res", lambda: create_discriminator("pose_deepfashion", (128, 128))),
        ("discriminator_res_market", lambda: create_discriminator("pose_market")),
        ("discriminator_patch", lambda: PatchDiscriminator((128, 128))),
    ],
)
def test_a_discriminator_computes_the_published_logits_through_a_file(name, create, prefix, tmp_path):
    record, discriminator = Record(name), create()
    stored = {prefix + key: torch.from_numpy(value) for key, value in record.state_dict.items()}
    load_pth(discriminator, save(stored, tmp_path / "latest_net_D.pth"))
    logits = discriminator(nhwc(record.inputs["image"]))
    assert largest_difference(nchw(logits), record.outputs["logits"]) < 1e-6


def test_missing_unexpected_and_misshapen_entries_are_all_listed_in_one_sentence(generator, state, tmp_path):
    used = [entry.names[-1] for entry in checkpoint_entries(generator)]
    gone, shorter = used[0], used[-1]
    del state[gone]
    state["source.extra.weight"] = torch.zeros(3)
    shape = tuple(state[shorter].shape)
    state[shorter] = torch.zeros(shape[0] + 1, *shape[1:])
    message = refused(generator, save(state, tmp_path / "net.pth"))
    assert f"1 missing: {gone}" in message
    assert "1 unexpected: source.extra.weight" in message
    assert f"1 of another shape: {shorter} is {(shape[0] + 1, *shape[1:])}, expected {shape}" in message


def test_another_presets_checkpoint_is_refused(generator, tmp_path):
    other = create_generator("pose_quickstart", attention_kernels={2: 5, 1: 3})
    message = refused(generator, save(rule_state(other), tmp_path / "net.pth"))
    assert "of another shape" in message and "choose the preset" in message


def test_a_discriminators_checkpoint_is_no_generators_and_the_reverse(generator, state, tmp_path):
    discriminator = ResidualDiscriminator((64, 64), depth=3)
    path = save(rule_state(discriminator), tmp_path / "latest_net_D.pth")
    message = refused(generator, path)
    assert "another network than PoseGenerator" in message and "latest_net_G.pth" in message
    assert len(message) < 500, "it should not list every weight"
    message = refused(discriminator, save(state, tmp_path / "net.pth"))
    assert "another network than ResidualDiscriminator" in message


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_truncated_file_is_one_sentence(generator, state, tmp_path, zipped, kept):
    path = save(state, tmp_path / "net.pth", _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    reason = "is not a PyTorch state dict that can be read safely" if kept else "is empty"
    assert reason in refused(generator, path)


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (print, ("executed",))


@pytest.mark.parametrize(
    "content",
    [[1, 2], {"net": 3}, {}, {"weights": {"nested": 1}}, Evil(), "text"],
    ids=lambda c: type(c).__name__,
)
def test_what_is_no_state_dict_is_one_sentence_and_runs_no_code(generator, tmp_path, content, capfd):
    refused(generator, save(content, tmp_path / "net.pth"))
    assert "executed" not in capfd.readouterr().out


def test_a_missing_file_and_a_missing_pytorch_say_so(generator, tmp_path, monkeypatch):
    assert "does not exist" in refused(generator, tmp_path / "net.pth")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(GflaError, match=r"needs PyTorch: pip install 'gfla-tf\[torch\]'"):
        read_pth(tmp_path / "net.pth")
