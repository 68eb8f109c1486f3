"""The demo: one photo in, a picture of poses and a film of a dance out."""

import av
import cv2
import numpy as np
import pytest
from gfla_tf.export.convert.conversion import convert
from gfla_tf.export.convert.signatures import Form
from gfla_tf.export.convert.sources import Source

from gfla_tf.errors import GflaError
from gfla_tf.inference import demo
from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.models import load_model
from gfla_tf.inference.motion_clips import clip_keypoints
from gfla_tf.inference.sample_photo import read_photo
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.models.presets import create_generator
from gfla_tf.synthetic.bodies import SyntheticBodies
from gfla_tf.synthetic.bodies.motions import motions
from gfla_tf.training.tasks import task_named


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """An untrained people_128, which draws its photo mostly."""
    task = task_named("pose", heat_map_sigma=12.0, limb_sigma=3.3, pose_stride=2)
    source = Source(
        create_generator("people_128"), task, "people", None, {"origin": "a test", "license": "ours"}
    )
    return convert(source, tmp_path_factory.mktemp("network"), Form())[-1].path


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "me.png"
    frame = SyntheticBodies((512, 384), "test").frame(3, 0)
    cv2.imwrite(str(path), frame.image[..., ::-1])
    return path


def test_a_photo_is_put_into_poses_and_danced(network, photo, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "DANCE", "dab")  # 2.3 seconds
    monkeypatch.setattr(demo, "fetch_photo", lambda: pytest.fail("a photo was fetched beside one's own"))
    picture, film = demo.demonstrate(tmp_path / "out", photo, network)
    columns = 1 + 2 * len(demo.POSES)
    height, width = cv2.imread(str(picture)).shape[:2]
    assert height >= 128 and width >= columns * 96
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == demo.FPS
    assert len(frames) == len(clip_keypoints("dab", demo.FPS))
    moved = np.abs(frames[0].astype(int) - frames[len(frames) // 2])
    assert moved[:, : width // columns].mean() < 2 < moved.max()  # the photo stands still beside what moves
    assert sorted(path.name for path in picture.parent.iterdir()) == ["dance.mp4", "poses.png"]


def test_a_photo_of_nobody_is_one_sentence_and_leaves_nothing(network, tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 200, 3), 128, np.uint8))
    with pytest.raises(GflaError, match=r"No person was found in the photo .*wall\.png"):
        demo.demonstrate(tmp_path / "out", tmp_path / "wall.png", network)
    assert not (tmp_path / "out").exists()


def test_the_plain_file_of_a_network_with_small_maps_can_be_opened(network):
    model = load_model(network, "pose")
    assert model.description["image_size"] == [128, 96] and model.description["pose_stride"] == 2


def test_every_clip_is_a_person_who_stands_upright_most_of_the_time():
    for name in motions():
        joints = dict(zip(JOINTS, clip_keypoints(name, 5).transpose(1, 0, 2)))
        assert np.median(joints["nose"][:, 1] - joints["neck"][:, 1]) < 0
        assert np.median(joints["left_ankle"][:, 1] - joints["left_hip"][:, 1]) > 50
    # Whoever faces the camera has the right hand on the picture's left.
    idle = dict(zip(JOINTS, clip_keypoints("idle", 5).transpose(1, 0, 2)))
    assert np.median(idle["right_wrist"][:, 0]) < np.median(idle["left_wrist"][:, 0])
    assert np.median(idle["right_eye"][:, 0]) < np.median(idle["left_eye"][:, 0])


def test_a_clip_that_is_not_there_is_one_sentence():
    with pytest.raises(GflaError, match=r"There is no motion clip 'waltz': choose one of .*dance"):
        clip_keypoints("waltz", 15)


def test_what_cannot_be_fetched_is_one_sentence_before_anything_is_written(network, tmp_path, monkeypatch):
    def fails():
        raise GflaError("A photo to try cannot be fetched: try again.")

    monkeypatch.setattr(demo, "fetch_photo", fails)
    with pytest.raises(GflaError, match="photo to try"):
        demo.demonstrate(tmp_path / "out", None, network)
    assert not (tmp_path / "out").exists()


def test_the_sample_is_one_man_who_is_found():
    try:
        picture = read_photo()
    except GflaError as error:
        pytest.skip(str(error))
    with PoseDetector() as detector:
        (man,) = detector.people(picture)
    assert (man[:, 2] > 0).sum() >= 16 and np.ptp(man[man[:, 2] > 0, 1]) > 400
