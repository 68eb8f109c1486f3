"""Inception features, Frechet and kernel distance against torch-fidelity and torchvision, on seeded random weights."""

import numpy as np
import pytest
import torch

from gfla_tf.errors import GflaError
from gfla_tf.metrics.distributions import frechet_distance, kernel_distance
from gfla_tf.metrics.inception import Inception
from gfla_tf.metrics.resizing import resize
from tests.helpers.parity import DIRECTORY, requires_parity
from tests.helpers.reference_metrics import random_inception, random_torchvision_inception


@pytest.fixture(scope="module")
def pictures():
    draw = np.random.default_rng(0)
    small = draw.integers(0, 256, (2, 5, 5, 4, 3), np.uint8)
    return [
        [resize(picture, (40, 32), "pillow_bicubic").astype(np.uint8) for picture in each] for each in small
    ]


@pytest.fixture(scope="module")
def features(pictures):
    """(reference, ours) of two sets of pictures, through torch-fidelity's resizing and network and through ours."""
    reference = random_inception()
    ours = Inception(
        "torch_fidelity", {name: value.numpy() for name, value in reference.state_dict().items()}
    )
    sets = []
    for each in pictures:
        batch = torch.from_numpy(np.stack(each).transpose(0, 3, 1, 2).copy())
        with torch.no_grad():
            theirs = reference(batch)[0].numpy()
        sets.append((theirs, ours(np.stack([resize(p, (299, 299), "tensorflow1_bilinear") for p in each]))))
    return sets


def test_inception_features_are_those_of_torch_fidelity(features):
    for reference, ours in features:
        assert np.abs(ours - reference).max() < 1e-4 * np.abs(reference).max()
        assert reference.std(axis=0).max() > 1e-3  # pictures differ in them


def test_fid_and_kid_are_those_of_torch_fidelity(features):
    (first, our_first), (second, our_second) = features
    few = slice(
        0, 2048, 512
    )  # no more channels than pictures, so that the covariances are regular; as large as real ones
    check_against_torch_fidelity(
        *[[20 * each[:, few] for each in pair] for pair in ((first, second), (our_first, our_second))], size=4
    )
    draw = np.random.default_rng(0)
    sets = draw.normal(size=(300, 64)), 1.3 * draw.normal(size=(200, 64)) + 0.2
    check_against_torch_fidelity(sets, sets, size=100)


def check_against_torch_fidelity(theirs, ours, size):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric

    theirs = [torch.from_numpy(each) for each in theirs]
    statistics = [fid_features_to_statistics(each) for each in theirs]
    fid = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert fid > 1e-3
    assert frechet_distance(*ours) == pytest.approx(fid, abs=1e-3, rel=1e-3)
    kid = kid_features_to_metric(*theirs, kid_subsets=20, kid_subset_size=size, rng_seed=2020, verbose=False)
    mean, deviation = (kid[f"kernel_inception_distance_{name}"] for name in ("mean", "std"))
    assert kernel_distance(*ours, subsets=20, subset_size=size) == pytest.approx(
        (mean, deviation), rel=1e-3, abs=1e-5
    )


def test_torchvisions_inception_is_another_network(pictures):
    reference = random_torchvision_inception()
    state = {name: value.numpy() for name, value in reference.state_dict().items()}
    batch = np.stack([resize(picture, (299, 299), "torch_bilinear") for picture in pictures[0][:2]])
    with torch.no_grad():
        theirs = reference(torch.from_numpy(batch.transpose(0, 3, 1, 2).copy() / 255)).numpy()
    # torchvision's transform takes images of deviation 1, ours [0, 1] images as the published metrics do
    ours = Inception("torchvision", state)(batch)
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()
    assert np.abs(Inception("pytorch_fid", state)(batch) - theirs).max() > 1e-2 * np.abs(theirs).max()


@requires_parity
def test_frechet_distances_are_the_recorded_ones():
    record = np.load(f"{DIRECTORY}/metrics.npz")
    real, generated = record["features_real"], record["features_generated"]
    assert frechet_distance(generated, real) == pytest.approx(float(record["frechet"]), rel=1e-6)
    assert frechet_distance(generated, real[:8]) == pytest.approx(float(record["frechet_few"]), abs=1e-4)


def test_equal_sets_are_at_distance_0_and_one_picture_is_no_set():
    features = np.random.default_rng(0).normal(size=(30, 6))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(features, features + 2) == pytest.approx(6 * 4, rel=1e-6)
    with pytest.raises(GflaError, match=r"two pictures a set, not 1: give more\.$"):
        frechet_distance(features, features[:1])


def test_weights_that_are_none_of_inceptions_are_told():
    with pytest.raises(GflaError, match=r"no Conv2d_1a_3x3\.conv\.weight"):
        Inception("pytorch_fid", {})
