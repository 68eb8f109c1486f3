"""The batches of a training: each a function of its number, every ordered pair once in an epoch, arrays that belong together."""

import numpy as np
import pytest

from gfla_tf.data.pairs import PairBank, pair_dataset
from gfla_tf.data.people_pairs import pose_inputs
from gfla_tf.keypoints.poses import heat_maps
from gfla_tf.ops.images import to_float_image
from gfla_tf.synthetic import parallel
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.rendered_pairs import render_frames, render_pairs
from tests.helpers.tiny_run import render_here

IDENTITIES, FRAMES, SIGMA = 3, 4, 2.0
PAIRS = IDENTITIES * FRAMES * (FRAMES - 1)


@pytest.fixture(scope="module")
def bank():
    """Random frames whose first pixel says which one it is: (identity, frame, 255)."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (IDENTITIES, FRAMES, 16, 24, 3), np.uint8)
    images[:, :, 0, 0, 0] = np.arange(IDENTITIES)[:, None]
    images[:, :, 0, 0, 1] = np.arange(FRAMES)
    keypoints = rng.uniform(-4, 28, (IDENTITIES, FRAMES, 18, 3)).astype(np.float32)
    keypoints[..., 2] = rng.integers(0, 2, keypoints.shape[:-1])
    persons = rng.integers(0, 2, (IDENTITIES, FRAMES, 16, 24)).astype(bool)
    return PairBank({"image": images, "keypoints": keypoints, "person": persons})


def prepare(batch):
    return pose_inputs({name: value for name, value in batch.items() if name != "source_person"}, SIGMA)


def take(dataset, count):
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset.take(count)]


def indices(images):
    """(identity, frame) of each image in a batch."""
    return [tuple(pair) for pair in np.rint((images[:, 0, 0, :2] + 1) * 127.5).astype(int)]


def drawn(batches):
    return [
        (*source, *target)
        for batch in batches
        for source, target in zip(indices(batch["source_image"]), indices(batch["target_image"]), strict=True)
    ]


def equal(one, other):
    return all(np.array_equal(a[name], b[name]) for a, b in zip(one, other, strict=True) for name in a)


@pytest.mark.parametrize("batch_size", [1, 4, 36])
def test_an_epoch_has_every_ordered_pair_of_frames_of_one_identity_once(bank, batch_size):
    pairs = drawn(take(pair_dataset(bank, batch_size, prepare), PAIRS // batch_size))
    expected = {
        (i, a, i, b) for i in range(IDENTITIES) for a in range(FRAMES) for b in range(FRAMES) if a != b
    }
    assert len(pairs) == PAIRS == bank.pair_count
    assert set(pairs) == expected


def test_where_the_batch_size_does_not_divide_the_pairs_no_pair_is_twice_in_an_epoch(bank):
    batches = take(pair_dataset(bank, 5, prepare), 21)
    for epoch in range(3):  # of 7 batches
        pairs = drawn(batches[epoch * 7 : epoch * 7 + 7])
        assert len(set(pairs)) == len(pairs) == 35


def test_epochs_differ_in_order_and_so_do_seeds(bank):
    two_epochs = drawn(take(pair_dataset(bank, 4, prepare), 18))
    assert two_epochs[:36] != two_epochs[36:]
    assert drawn(take(pair_dataset(bank, 4, prepare, seed=1), 9)) != two_epochs[:36]


@pytest.mark.parametrize("start", [1, 8, 9, 25])
def test_starting_at_a_batch_is_skipping_those_before(bank, start):
    through = take(pair_dataset(bank, 4, prepare, seed=3), start + 3)
    assert equal(take(pair_dataset(bank, 4, prepare, seed=3, start=start), 3), through[start:])


def test_the_parts_of_a_batch_are_its_rows(bank):
    whole = take(pair_dataset(bank, 6, prepare, seed=3, start=5), 3)
    parts = [take(pair_dataset(bank, 6, prepare, seed=3, start=5, part=(i, 3)), 3) for i in range(3)]
    together = [
        {name: np.concatenate([one[name] for one in same]) for name in same[0]} for same in zip(*parts)
    ]
    assert equal(together, whole)


def test_starting_far_into_a_training_takes_no_longer_than_at_its_beginning(bank):
    far = take(pair_dataset(bank, 4, prepare, start=10**9), 2)
    assert len(set(drawn(far))) == 8


def test_images_poses_and_person_are_those_of_their_frames(bank):
    for batch in take(pair_dataset(bank, 4, prepare), 9):
        assert {name: value.dtype for name, value in batch.items()} == dict.fromkeys(batch, np.float32)
        assert batch["source_pose"].shape == (4, 16, 24, 18) and batch["target_person"].shape == (
            4,
            16,
            24,
            1,
        )
        for role in ("source", "target"):
            where = tuple(np.transpose(indices(batch[f"{role}_image"])))
            assert np.abs(batch[f"{role}_image"] - (bank.frames["image"][where] / 127.5 - 1)).max() < 1e-6
            expected = heat_maps(bank.frames["keypoints"][where], (16, 24), SIGMA)
            assert np.abs(batch[f"{role}_pose"] - expected).max() < 1e-6
        assert np.array_equal(batch["target_person"][..., 0], bank.frames["person"][where])


def test_what_belongs_to_an_ordered_pair_comes_with_that_pair(bank):
    """The entry of each pair says which one it is: identity, source frame, target frame."""
    entries = [
        [[(i, s, t) for t in range(FRAMES) if t != s] for s in range(FRAMES)] for i in range(IDENTITIES)
    ]
    of_pairs = PairBank(bank.frames, {"flow": np.array(entries, np.float32)})
    for batch in take(pair_dataset(of_pairs, 4, lambda batch: {**prepare(batch), "flow": batch["flow"]}), 9):
        assert [(i, s, i, t) for i, s, t in batch["flow"].astype(int)] == drawn([batch])


def test_images_become_floats_from_minus_one_to_one():
    assert to_float_image(np.array([0, 255], np.uint8)).numpy().tolist() == [-1.0, 1.0]


def test_as_many_processes_render_as_there_are_cores_for_this_one(monkeypatch):
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 64)
    monkeypatch.setattr(parallel.os, "sched_getaffinity", lambda process: {3, 5}, raising=False)
    assert parallel.cores() == 2
    monkeypatch.delattr(parallel.os, "sched_getaffinity")
    assert parallel.cores() == 64


def test_frames_rendered_on_all_cores_are_those_rendered_one_by_one(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    rendered = render_frames((32, 32), "train", 5, identities=3, frames=2).frames
    expected = render_here((32, 32), "train", 5, 3, 2).frames
    assert rendered["image"].shape == (3, 2, 32, 32, 3) and rendered["image"].dtype == np.uint8
    assert rendered["person"].shape == (3, 2, 32, 32) and rendered["person"].dtype == bool
    assert rendered.keys() == expected.keys()
    assert all(np.array_equal(rendered[name], expected[name]) for name in expected)
    assert rendered["person"].mean((2, 3)).min() > 0.01


def test_evaluation_pairs_are_one_of_each_identity_with_their_true_flow():
    pairs = render_pairs((32, 32), "test", 1, 2)
    people = SyntheticPeople((32, 32), "test", 1)
    for i in range(2):
        expected = people.pair(i, 0, 1)
        assert set(pairs) == set(expected)
        assert all(np.array_equal(pairs[name][i], expected[name]) for name in expected)


@pytest.mark.slow
def test_a_bank_of_people_can_hold_the_true_flow_of_every_ordered_pair():
    bank = render_frames((32, 32), "train", 0, 1, 3, with_flow=True)
    people = SyntheticPeople((32, 32), "train", 0)
    for source in range(3):
        for other in range(2):
            pair = people.pair(0, source, other + (other >= source))
            np.testing.assert_array_equal(bank.pairs["flow"][0, source, other], pair["flow"])
            np.testing.assert_array_equal(bank.pairs["visibility"][0, source, other], pair["visibility"])
    assert not render_frames((32, 32), "train", 0, 1, 2).pairs
