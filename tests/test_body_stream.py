"""People drawn in the background: batches are a pure function of their number, and people are replaced as they are used up."""

import cv2
import numpy as np
import pytest

from gfla_tf.synthetic.bodies import SyntheticBodies
from gfla_tf.synthetic.bodies.rendered import frames_of
from gfla_tf.synthetic.bodies.stream import BodyStream

pytestmark = pytest.mark.usefixtures("fetched_bodies")
SIZE = (64, 48)


@pytest.fixture(scope="module")
def stream():
    return BodyStream(SIZE, "train", 3, identities=3, frames=2, lifetime=4, with_flow=True)


@pytest.fixture(scope="module")
def batches(stream):
    endless = stream.batches(2, seed=1)
    first = [next(endless) for _ in range(5)]
    endless.close()
    return first


def test_every_sample_is_a_pair_of_the_dataset(batches):
    bodies = SyntheticBodies(SIZE, "train", 3)
    pairs = [bodies.pair(identity, *order) for identity in range(3) for order in ((0, 1), (1, 0))]
    for row in range(2):
        found = [p for p in pairs if (p["target_image"] == batches[0]["target_image"][row]).all()]
        assert len(found) == 1
        for name in (
            "source_image",
            "source_keypoints",
            "target_keypoints",
            "source_person",
            "target_person",
            "visibility",
        ):
            np.testing.assert_array_equal(batches[0][name][row], found[0][name])
        np.testing.assert_allclose(batches[0]["flow"][row], found[0]["flow"], atol=0.04)


def test_people_leave_after_their_lifetime(batches):
    """Five batches of two are ten samples, so that two people of four samples each have left the window of three."""
    bodies = SyntheticBodies(SIZE, "train", 3)
    known = [{bodies.frame(identity, index).image.tobytes() for index in range(2)} for identity in range(5)]
    for number, batch in enumerate(batches):
        window = range(number * 2 // 4, number * 2 // 4 + 3)
        for image in batch["target_image"]:
            assert any(image.tobytes() in known[identity] for identity in window)


@pytest.mark.slow
def test_a_run_that_goes_on_sees_the_same_batches_through_tensorflow_and_a_part_of_them(stream, batches):
    whole = next(iter(stream.dataset(2, lambda batch: batch, seed=1, start=4)))
    for name, value in batches[4].items():
        np.testing.assert_array_equal(whole[name], value)
    part = next(iter(stream.dataset(2, lambda batch: batch, seed=1, start=4, part=(1, 2))))
    np.testing.assert_array_equal(part["target_image"], batches[4]["target_image"][1:])


def test_of_bled_people_sources_have_no_room_and_targets_stand_before_what_they_have():
    stream = BodyStream(SIZE, "train", 3, identities=3, frames=2, lifetime=4, noise=(0.0, 0.0), bled=0.5)
    assert [stream._is_bled(identity) for identity in range(4)] == [False, True, False, True]
    plain, bled = (
        stream._sample(i, frames_of(stream.bodies, 1, 2, False, bled=i == 1), 0, 0) for i in (0, 1)
    )
    inside = cv2.erode(plain["source_person"].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    np.testing.assert_array_equal(bled["source_image"][inside], plain["source_image"][inside])
    outside = ~(plain["source_person"] | plain["target_person"])
    assert np.abs(bled["source_image"].astype(int) - plain["source_image"])[outside].mean() > 10
    np.testing.assert_array_equal(bled["target_image"][outside], bled["source_image"][outside])
    np.testing.assert_array_equal(bled["target_image"][~outside], plain["target_image"][~outside])
