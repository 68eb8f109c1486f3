"""Our networks compute what the published ones compute, within ten times what a fresh implementation agreed to."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from gfla_tf.layers.attention import LocalAttention
from gfla_tf.losses.flow import affine_regularization, sampling_correctness
from gfla_tf.losses.perceptual import gram_matrix
from gfla_tf.models.checkpoint_import import load_state_dict, state_dict
from gfla_tf.models.discriminators import PatchDiscriminator, ResidualDiscriminator
from gfla_tf.models.presets import create_generator
from gfla_tf.ops.sampling import gaussian_sample
from tests.helpers import parity
from tests.helpers.parity import Record, largest_difference, nchw, nhwc, requires_parity

pytestmark = requires_parity

# Flows are compared relative to the largest flow of the level (16 to 26 pixels): the record itself is float32, and the same
# network
# evaluated in float64 differs from it by 4e-5 pixels.
IMAGES, FLOWS, MASKS, LOGITS, OPS = 3e-5, 1e-5, 3e-5, 1e-6, 2e-5


@pytest.mark.parametrize(
    ("preset", "record", "parameters"),
    [("pose_deepfashion", "pose_fashion", 14_047_395), ("pose_market", "pose_market", 12_926_471)],
)
def test_pose_generator_matches_the_published_network(preset, record, parameters):
    record = Record(record)
    generator = create_generator(preset)
    assert generator.count_params() == parameters
    load_state_dict(generator, record.state_dict)
    names = {
        "source_image": "source_image",
        "source_structure": "source_pose",
        "target_structure": "target_pose",
    }
    outputs = generator({ours: nhwc(record.inputs[theirs]) for theirs, ours in names.items()})
    assert largest_difference(nchw(outputs["generated"]), record.outputs["image"]) < IMAGES
    for i, level in enumerate(generator.levels):
        flow = record.outputs[f"flow_{i}"]
        assert largest_difference(nchw(outputs[f"flow_{level}"]), flow) / np.abs(flow).max() < FLOWS
        assert largest_difference(nchw(outputs[f"mask_{level}"]), record.outputs[f"mask_{i}"]) < MASKS


@pytest.mark.parametrize(
    ("name", "discriminator"),
    [
        ("discriminator_res", lambda: ResidualDiscriminator((128, 128), depth=4)),
        ("discriminator_res_market", lambda: ResidualDiscriminator((128, 64), depth=3)),
        ("discriminator_patch", lambda: PatchDiscriminator((128, 128))),
    ],
)
def test_discriminator_matches_the_published_network(name, discriminator):
    record, discriminator = Record(name), discriminator()
    load_state_dict(discriminator, record.state_dict)
    logits = discriminator(nhwc(record.inputs["image"]))
    assert largest_difference(nchw(logits), record.outputs["logits"]) < LOGITS


def test_state_dict_lists_the_published_names_and_gives_back_what_was_loaded():
    record = Record("pose_market")
    generator = create_generator("pose_market")
    load_state_dict(generator, record.state_dict)
    written = state_dict(generator)
    assert set(written) == set(record.state_dict)
    for name, array in written.items():
        used = name.replace("conv1", "model.2") if ".conv1." in name else name
        np.testing.assert_array_equal(array, record.state_dict[used])


@pytest.mark.parametrize("n", [3, 5])
def test_local_attention_matches_the_published_sampler(n):
    record = Record("ops")
    source, target, flow = (nhwc(record.inputs[key]) for key in ("source", "target", "flow"))
    layer = LocalAttention(n)
    layer.build(target.shape, source.shape, flow.shape)
    dense = record.generated_weight("fully_connect_layer.0.weight", (128, 16, n, n))
    head = record.generated_weight("fully_connect_layer.2.weight", (n * n, 128, 1, 1))
    layer.patch_kernel.assign(dense.transpose(2, 3, 1, 0))
    layer.patch_bias.assign(record.generated_weight("fully_connect_layer.0.bias", (128,)))
    layer.coefficient_kernel.assign(head.transpose(2, 3, 1, 0))
    layer.coefficient_bias.assign(record.generated_weight("fully_connect_layer.2.bias", (n * n,)))
    attended, coefficients = layer(target, source, flow)
    assert largest_difference(nchw(coefficients), record.outputs[f"attention_k{n}"]) < OPS
    assert largest_difference(nchw(attended), record.outputs[f"attended_k{n}"]) < OPS


def test_gaussian_sampling_matches_the_published_resampler():
    record = Record("ops")
    sampled = gaussian_sample(nhwc(record.inputs["source"]), nhwc(record.inputs["flow"]))
    assert largest_difference(nchw(sampled), record.outputs["resample_k4_sigma2"]) < OPS


def test_flow_losses_match_the_published_ones():
    record = Record("losses")
    source, target, flow = (
        nhwc(record.inputs[key]) for key in ("source_features", "target_features", "flow")
    )
    mask = np.random.default_rng(record.mask_seed).uniform(0, 1, (2, 1, 12, 8)) > 0.5
    values = {
        "correctness": sampling_correctness(source, target, flow),
        "correctness_masked": sampling_correctness(source, target, flow, nhwc(mask)),
        "regularization_k3": affine_regularization(flow, 3),
        "regularization_k5": affine_regularization(flow, 5),
    }
    for name, value in values.items():
        assert float(value) == pytest.approx(float(record.outputs[name]), rel=OPS, abs=OPS), name
    assert largest_difference(gram_matrix(target), record.outputs["gram_target"]) < OPS


def test_a_set_of_recordings_says_its_salt_and_the_seed_of_its_mask(tmp_path, monkeypatch):
    shape, seed = (2, 3), {"seed": 1, "shape": [2], "low": 0.0, "high": 1.0}
    description = {"inputs": {"x": {"rng": seed}}, "state_dict": {"a.weight": shape}}
    monkeypatch.setattr("tests.helpers.parity.DIRECTORY", str(tmp_path))
    np.savez(tmp_path / "other.npz", y=np.zeros(1))
    records = {}
    for name, more in (("today", {}), ("other", {"salt": "pepper", "mask_seed": 99})):
        (tmp_path / "other.json").write_text(json.dumps({**description, **more}))
        records[name] = Record("other")
    assert (records["today"].salt, records["today"].mask_seed) == ("", 23)
    assert records["other"].mask_seed == 99
    expected = np.random.default_rng(zlib.crc32(b"peppera.weight")).standard_normal(shape) / np.sqrt(3)
    np.testing.assert_allclose(records["other"].state_dict["a.weight"], expected, rtol=1e-6)
    assert np.any(records["today"].state_dict["a.weight"] != records["other"].state_dict["a.weight"])


def test_a_set_with_a_salt_runs_through_the_same_tests(tmp_path, monkeypatch):
    """Made of our own network, which is the published one: it has the salted weights, and passes only if the salt is heeded."""
    name, create = "discriminator_patch", lambda: PatchDiscriminator((128, 128))
    description = json.loads(Path(parity.DIRECTORY, f"{name}.json").read_text())
    record = Record(name)
    monkeypatch.setattr(parity, "DIRECTORY", str(tmp_path))

    def write(**salt):
        (tmp_path / f"{name}.json").write_text(json.dumps({**description, **salt}))

    np.savez(tmp_path / f"{name}.npz", **record.outputs)
    write(salt="pepper")
    salted, discriminator = Record(name), create()
    load_state_dict(discriminator, salted.state_dict)
    logits = nchw(discriminator(nhwc(salted.inputs["image"])))
    np.savez(tmp_path / f"{name}.npz", **{**record.outputs, "logits": logits})
    test_discriminator_matches_the_published_network(name, create)
    write()
    with pytest.raises(AssertionError):
        test_discriminator_matches_the_published_network(name, create)
