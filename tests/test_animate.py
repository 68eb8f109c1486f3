"""The animation command, on hand-made networks whose frames can be told: people, dancers and faces follow a motion."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest

from gfla_tf.cli.animate import main
from gfla_tf.inference.animation import animate
from gfla_tf.inference.photos import crop, person_box
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.tracks import Track
from gfla_tf.inference.transfer import transfer
from gfla_tf.inference.video import read_video
from gfla_tf.io.pictures import read_picture
from gfla_tf.keypoints.dance_structure import dance_maps
from gfla_tf.keypoints.face_structure import face_structure
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.models.animation import first_state, next_state
from gfla_tf.ops.dance_structure import dance_structure
from gfla_tf.pictures.drawing import to_uint8
from tests.helpers.motions import FRAMES, arguments, motion_files, swaying, talking, tiny_models
from tests.helpers.tiny_tflite import ANIMATION_SIZE, SIZE, drawn_step

pytest.importorskip("av")


models = pytest.fixture(tiny_models, scope="module")
files = pytest.fixture(motion_files)


def expected_frames(subject, image, keypoints, targets):
    """The frames of the hand-made animation network, by a loop of the test's own."""
    source = image[None].astype(np.float32) / 127.5 - 1
    state = first_state(source, subject.maps(keypoints, image)[None])
    for target in targets:
        structure = subject.maps(target, image)[None]
        generated = drawn_step(**state, target_structure=structure)
        state = next_state(state, structure, generated)
        yield to_uint8(generated[0])


@pytest.mark.parametrize("task", ["dance", "face"])
def test_each_frame_is_drawn_from_the_source_and_the_frame_before(task, models, files):
    model = TFLiteModel(models[task])
    subject = subject_of(model)
    source, motion = ("me.json", "dance") if task == "dance" else ("me.txt", "talk")
    image, keypoints = read_subject(subject, files / "me.png", files / source)
    assert image.shape == (*ANIMATION_SIZE, 3)
    track = Track(subject, files / motion)
    frames = list(animate(model, subject, image, keypoints, track))
    expected = list(expected_frames(subject, image, keypoints, track))
    assert len(frames) == FRAMES
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, expected, strict=True)) <= 1
    assert all(np.any(a != b) for a, b in itertools.pairwise(frames)), "the subject moves in every frame"


def test_a_pose_network_draws_every_frame_from_the_source_alone(models, files):
    model = TFLiteModel(models["pose"])
    person = subject_of(model)
    image, keypoints = read_subject(person, files / "me.png", files / "me.json")
    track = Track(person, files / "dance")
    for frame, target in zip(animate(model, person, image, keypoints, track), track, strict=True):
        np.testing.assert_array_equal(frame, to_uint8(transfer(model, image, keypoints, target)["generated"]))


@pytest.mark.parametrize(
    ("task", "changed"),
    [
        ("pose", {}),
        ("dance", {}),
        ("face", {"source_points": "me.txt", "points": "talk", "source_pose": None, "poses": None}),
    ],
)
def test_the_command_writes_a_film_of_every_task(task, changed, models, files, capsys):
    changed = {name: value and files / value for name, value in changed.items()}
    argv = arguments(models[task], files, **changed)
    argv = [word for k, word in enumerate(argv) if "None" not in argv[k : k + 2]]
    main(argv)
    film = read_video(files / "out" / "film.gif")
    frames = list(film.frames)
    height, width = SIZE if task == "pose" else ANIMATION_SIZE
    factor = -(-256 // height)
    assert film.fps == 25 and len(frames) == FRAMES
    assert frames[0].shape == (factor * height, factor * width, 3)
    assert any(np.any(frames[0] != frame) for frame in frames[1:])
    assert capsys.readouterr().out == f"wrote {files / 'out' / 'film.gif'} ({FRAMES} frames)\n"
    assert [path.name for path in (files / "out").iterdir()] == ["film.gif"]


def test_side_by_side_shows_source_structure_and_generated_at_the_rate_that_was_given(models, files):
    output = files / "film.mp4"
    main(arguments(models["dance"], files, "--side-by-side", "--fps", "10", output=output))
    film = read_video(output)
    assert film.fps == 10
    height, width, _ = next(film.frames).shape
    assert height > 256 and width > 3 * 256 * ANIMATION_SIZE[1] / ANIMATION_SIZE[0]


def test_the_network_without_keras_sees_the_dance_that_training_draws():
    keypoints = np.stack([swaying(k, H36M_17) for k in range(3)]) * (0.1, 0.1, 1)
    keypoints[1, 4, 2] = 0
    drawn = dance_maps(keypoints, ANIMATION_SIZE, 2.0, 1.0)
    assert drawn.shape == (3, *ANIMATION_SIZE, 20) and drawn.dtype == np.float32
    np.testing.assert_allclose(drawn, dance_structure(keypoints, ANIMATION_SIZE, 2.0, 1.0), atol=2e-6)


def test_faces_are_drawn_with_the_edges_of_the_source_around_them(models, files):
    face = subject_of(TFLiteModel(models["face"]))
    image, keypoints = read_subject(face, files / "me.png", files / "me.txt")
    np.testing.assert_array_equal(
        face.maps(keypoints, image), face_structure(keypoints[:, :2], ANIMATION_SIZE, image)
    )
    box = person_box(np.c_[talking(0), np.ones(68)], ANIMATION_SIZE, "", face.margins)
    np.testing.assert_array_equal(image, crop(read_picture(files / "me.png"), box, ANIMATION_SIZE))
    high, low = keypoints[:, 1].min(), keypoints[:, 1].max()
    assert 0.3 < high / ANIMATION_SIZE[0] < 0.6 < low / ANIMATION_SIZE[0] < 0.95


def test_bad_input_is_one_sentence_and_leaves_nothing(models, files, capsys):
    (files / "empty").mkdir()
    (files / "nobody").mkdir()
    (files / "broken").mkdir()
    (files / "nobody" / "0.json").write_text(json.dumps({"people": []}))
    (files / "broken" / "0.json").write_text("{")
    (files / "text.mp4").write_text("no video")
    before = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    cases = {
        "has no .json files": {"poses": files / "empty"},
        "No person was found in any of the 1 frames": {"poses": files / "nobody"},
        "not valid JSON": {"poses": files / "broken"},
        "Cannot read the video": {"poses": files / "text.mp4"},
        "There is no video": {"poses": files / "absent.mp4"},
        "No person was found in": {"source_pose": files / "nobody" / "0.json"},
        "must end in .mp4, .webm or .gif": {"output": files / "film.avi"},
        "would overwrite": {"output": files / "text.mp4", "poses": files / "text.mp4"},
        "must be between 0.1 and 240": {"fps": 0},
        "absent.png: No such file": {"source": files / "absent.png"},
        "Cannot write the video": {"output": files / "me.png" / "film.mp4"},
        "has no .txt files": {"model": models["face"], "source_pose": files / "me.txt"},
    }
    for reason, changed in cases.items():
        with pytest.raises(SystemExit) as stopped:
            main(arguments(changed.pop("model", models["dance"]), files, **changed))
        assert stopped.value.code == 2, reason
        message = capsys.readouterr().err.strip().splitlines()[-1]
        assert message.startswith("error: ") and reason in message, message
        assert {path: path.read_bytes() for path in files.rglob("*") if path.is_file()} == before, reason


def test_the_command_needs_no_tensorflow():
    program = "import gfla_tf.inference.animation, sys; assert not {'tensorflow', 'keras', 'mediapipe'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})
