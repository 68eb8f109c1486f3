"""MediaPipe's pose networks on plain LiteRT find what MediaPipe finds with them."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from gfla_tf.errors import GflaError
from gfla_tf.inference.detectors import blazepose, regions, ssd
from gfla_tf.inference.detectors.blazepose import PeopleFinder
from gfla_tf.inference.detectors.network_files import read_pose_networks
from gfla_tf.inference.video import read_video
from tests.helpers.fetch_test_assets import POSE_MODEL, VIDEOS, VIDEOS_OF_TWO, fetch_test_assets
from tests.helpers.record_fixtures import FIXTURES, answer, flat, listed


def distances(person, reference):
    """Of each point, in pixels of the 256 x 256 that the network sees."""
    return np.hypot(*(person.points[:, :2] - reference[:, :2]).T) * 256 / person.region.size


@pytest.fixture(scope="module")
def networks():
    return read_pose_networks()


@pytest.fixture(scope="module")
def astronaut():
    """A public-domain picture, and the points that MediaPipe 1.2.2 finds in it."""
    recorded = json.loads((FIXTURES / "astronaut_pose.json").read_text())
    return np.ascontiguousarray(data.astronaut()), np.array(recorded["points"])


def test_points_of_a_photo_are_within_a_pixel_of_those_recorded_from_mediapipe(networks, astronaut):
    image, reference = astronaut
    (person,) = PeopleFinder(networks).find(image)
    assert np.median(distances(person, reference)) < 1
    assert np.abs(person.points[:, 3] - reference[:, 3]).max() < 0.05, "visibility"


def test_the_mask_covers_the_person_and_not_what_is_around(networks, astronaut):
    image, _ = astronaut
    (person,) = PeopleFinder(networks).find(image)
    mask = person.mask(image.shape[:2])
    assert mask.shape == image.shape[:2] and 0 <= mask.min() and mask.max() <= 1
    assert mask[180:220, 190:240].min() > 0.9, "the neck"
    assert mask[:8].max() < 0.5, "above the hair"


def test_a_film_is_followed_without_the_detector_and_its_people_keep_their_numbers(networks, astronaut):
    image, _ = astronaut
    finder, looks = PeopleFinder(networks), 0

    def look(frame, original=finder._look):
        nonlocal looks
        looks += 1
        return original(frame)

    finder._look = look
    film = [np.roll(image, 4 * k, axis=1) for k in range(blazepose.LOOK_EVERY)]
    people = [finder.follow(frame) for frame in film]
    assert [[person.number for person in some] for some in people] == [[0]] * len(film)
    assert looks == 1, "newcomers are looked for in every fifteenth frame"
    noses = [some[0].points[0, 0] for some in people]
    assert noses[-1] - noses[0] == pytest.approx(4 * (len(film) - 1), abs=10)
    assert finder.follow(np.zeros_like(image)) == [], "who is gone is not followed"
    (back,) = finder.follow(image)
    assert back.number == 1, "who comes back is somebody new"


def test_nobody_is_found_where_nobody_is(networks):
    assert PeopleFinder(networks).find(np.full((60, 90, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("choice", ["nowhere.task", __file__])
def test_a_file_without_the_networks_is_refused_in_a_sentence(choice):
    with pytest.raises(GflaError, match=Path(choice).stem):
        read_pose_networks(choice)


@pytest.mark.parametrize("name", json.loads((FIXTURES / "pose_detector.json").read_text()))
def test_each_step_gives_the_numbers_that_javascript_has_to_give(name):
    case = json.loads((FIXTURES / "pose_detector.json").read_text())[name]
    ours, recorded = listed(answer(name, case["input"])), case["output"]
    assert flat(ours) == pytest.approx(flat(recorded), abs=1e-6)


def test_boxes_that_overlap_become_their_mean_weighted_by_score():
    boxes = np.array([[0.0, 0, 1, 1], [0.1, 0, 1.1, 1], [3, 3, 4, 4]])
    first, second = ssd.blend(np.array([0.9, 0.6, 0.8]), boxes, boxes.reshape(3, 2, 2), 0.5)
    assert first.score == 0.9 and second.score == 0.8
    assert np.allclose(first.box, [0.04, 0, 1.04, 1]) and np.allclose(second.box, boxes[2])


def test_a_region_is_turned_upright_and_points_return_from_it():
    region = regions.around((50, 60), (70, 60), 1.25)  # up points to the right of the picture
    assert region.size == 50 and np.isclose(region.rotation, np.pi / 2)
    assert np.allclose(regions.to_picture([[0.5, 0]], region), [[75, 60]])
    points = np.random.default_rng(0).uniform(0, 1, (5, 2))
    assert np.allclose(regions.to_region(regions.to_picture(points, region), region), points)
    picture = np.zeros((120, 120, 3), np.uint8)
    picture[55:66, 66:74] = 255
    shown = regions.cut(picture, region, 100)
    assert shown[10, 50].min() == 255 and shown[50, 50].max() == 0


@pytest.fixture(scope="module")
def oracle():
    """A function from a picture to the points of everybody whom MediaPipe itself finds in it, with the same networks."""
    mediapipe = pytest.importorskip("mediapipe")
    from mediapipe.tasks.python import BaseOptions, vision

    bundle = BaseOptions(model_asset_path=str(fetch_test_assets() / POSE_MODEL))
    with vision.PoseLandmarker.create_from_options(
        vision.PoseLandmarkerOptions(bundle, num_poses=4)
    ) as finder:

        def find(image):
            height, width = image.shape[:2]
            picture = mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(image))
            people = finder.detect(picture).pose_landmarks
            return [np.array([(p.x * width - 0.5, p.y * height - 0.5) for p in one]) for one in people]

        yield find


@pytest.mark.slow
@pytest.mark.parametrize(("videos", "every"), [(VIDEOS, 4), (VIDEOS_OF_TWO, 10)])
def test_on_real_footage_points_are_within_a_pixel_of_mediapipes_and_as_many_people_are_found(
    videos, every, networks, oracle
):
    folder, finder, errors, people = fetch_test_assets(), PeopleFinder(networks), [], []
    for video in videos:
        for image in itertools.islice(read_video(folder / video).frames, 0, None, every):
            theirs, ours = oracle(image), finder.find(image)
            people.append((len(theirs), len(ours)))
            errors += [distances(a, b) for a, b in zip(ours, theirs)]
    print(
        f"{len(people)} frames: median {np.median(errors):.3f} px, 95 % below {np.percentile(errors, 95):.3f} px at 256"
    )
    assert all(a == b for a, b in people) and len(people) == 400 // every
    assert np.median(errors) < 1
