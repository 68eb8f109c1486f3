"""LPIPS against PyTorch's package `lpips`, and the reader of its weights."""

import pickle

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.metrics import lpips_weights
from gfla_tf.metrics.lpips import Lpips, load_lpips
from gfla_tf.metrics.lpips_weights import lpips_weights_file, read_lpips_weights
from tests.helpers.reference_metrics import reference_lpips


@pytest.fixture(scope="module")
def images():
    draw = np.random.default_rng(0)
    first = draw.uniform(-1, 1, (3, 64, 48, 3)).astype(np.float32)
    return first, np.clip(first + 0.1 * draw.normal(size=first.shape), -1, 1).astype(np.float32)


@pytest.mark.parametrize("network", ["alexnet", "vgg16"])
def test_lpips_is_that_of_the_reference_package_on_the_published_weights(images, network):
    weights = read_lpips_weights(network, lpips_weights_file(network))
    ours = Lpips(weights)(*images)
    assert np.abs(ours - reference_lpips(network, weights)(*images)).max() < 1e-5
    assert ours.min() > 1e-3  # nothing to agree on by being zero


def test_equal_images_have_distance_0_and_batches_do_not_matter(images):
    first, second = images
    distance = load_lpips()
    assert distance(first, first) == 0
    many = distance(np.tile(first, (6, 1, 1, 1)), np.tile(second, (6, 1, 1, 1)))
    assert many == pytest.approx(distance(first, second), rel=1e-5)


def test_pooled_features_of_vgg16_have_512_channels(images):
    pooled = Lpips(read_lpips_weights("vgg16", lpips_weights_file("vgg16"))).pooled(images[0])
    assert pooled.shape == (3, 512) and pooled.std() > 0


def test_a_pickle_that_would_run_code_is_refused_and_runs_none(tmp_path):
    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    path = tmp_path / "alexnet.ckpt"
    path.write_bytes(pickle.dumps({"AlexNet_0": Harm()}))
    with pytest.raises(GflaError, match=r"alexnet.ckpt does not hold LPIPS weights .*no array.*\.$"):
        read_lpips_weights("alexnet", path)
    assert not (tmp_path / "harm").exists()


def test_damaged_missing_and_unknown_weights_are_told(tmp_path):
    (tmp_path / "vgg16.ckpt").write_bytes(b"\x80\x04nothing")
    with pytest.raises(GflaError, match="does not hold LPIPS weights of vgg16"):
        read_lpips_weights("vgg16", tmp_path / "vgg16.ckpt")
    with pytest.raises(GflaError, match=r"Cannot read the LPIPS weights .*none.tar.gz"):
        read_lpips_weights("vgg16", tmp_path / "none.tar.gz")
    with pytest.raises(GflaError, match="alexnet, vgg16"):
        read_lpips_weights("vgg19", tmp_path)


def test_weights_that_cannot_be_fetched_are_a_sentence(monkeypatch):
    def refuse(*arguments, **keywords):
        raise GflaError("Weights cannot be fetched: try again.")

    monkeypatch.setattr(lpips_weights, "cached_file", refuse)
    assert load_lpips() == "Weights cannot be fetched: try again"
