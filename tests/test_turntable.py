"""The turntable command, on a hand-made network whose output can be told."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.cli.turntable import main
from gfla_tf.errors import GflaError
from gfla_tf.inference.turntable import FPS, load_view_model, turntable
from gfla_tf.inference.video import read_video
from gfla_tf.inference.video_writer import LEAST_SIZE
from gfla_tf.keypoints.views import AZIMUTHS, ELEVATIONS
from gfla_tf.pictures.drawing import write_png
from tests.helpers.tiny_tflite import write_tiny_tflite

SIZE = (32, 32)


@tf.function(
    input_signature=[
        tf.TensorSpec([1, *SIZE, 3], name="source_image"),
        tf.TensorSpec([1, 21], name="source_view"),
        tf.TensorSpec([1, 21], name="target_view"),
    ]
)
def network(source_image, source_view, target_view):
    """The source, brighter with the azimuth of the target and darker with that of the source; elevations are the last row."""
    ramp = tf.concat([tf.range(18.0) / 36, tf.zeros(3)], 0)
    change = tf.reduce_sum((target_view - source_view) * ramp)
    raised = tf.reduce_sum(target_view[:, 18:] * tf.constant([-1.0, 0.0, 1.0]))
    shifted = tf.clip_by_value(source_image + change, -1.0, 1.0)
    return {"generated": tf.concat([shifted[:, :-1], shifted[:, -1:] * 0 + raised], 1)}


@pytest.fixture(scope="module")
def tflite(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "view.tflite"
    view = {"task": "view", "azimuths": AZIMUTHS, "elevations": ELEVATIONS}
    return write_tiny_tflite(path, network, image_size=list(SIZE), **view)


@pytest.fixture
def source(tmp_path):
    picture = np.full((*SIZE, 3), 255, np.uint8)
    picture[8:24, 4:28] = (100, 120, 140)
    write_png(tmp_path / "car.png", picture)
    return tmp_path / "car.png"


def arguments(tflite, path, **changed):
    named = {
        "model": tflite,
        "source": path,
        "azimuth": 40,
        "elevation": 10,
        "output": path.with_name("turn.gif"),
    }
    named.update(changed)
    return [text for name, value in named.items() for text in (f"--{name}", str(value))]


def test_every_azimuth_is_drawn_from_the_source_and_both_views(tflite):
    views = turntable(load_view_model(tflite), np.full((*SIZE, 3), 102, np.uint8), 2, 1)
    assert views.shape == (18, *SIZE, 3)
    np.testing.assert_allclose(views[:, 5, 5, 0], -0.2 + (np.arange(18) - 2) / 36, atol=1e-6)
    np.testing.assert_array_equal(views[:, -1], 0)  # elevation 10 is the middle one


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_the_command_writes_18_views_large_enough_to_look_at(tflite, source, suffix, capsys):
    output = source.with_name(f"turn{suffix}")
    main(arguments(tflite, source, output=output))
    assert capsys.readouterr().out == f"wrote {output}\n"
    video = read_video(output)
    frames = np.stack(list(video.frames))
    assert frames.shape == (18, LEAST_SIZE, LEAST_SIZE, 3) and video.fps == pytest.approx(FPS, rel=0.02)
    middle = frames[:, 128, 128].mean(axis=-1)
    assert abs(middle[2] - 120) < 4 and (np.diff(middle) > 1).all()


def test_a_picture_of_another_shape_is_shown_whole_with_its_borders_color_around_it(
    tflite, source, monkeypatch
):
    wide = np.full((20, 80, 3), 255, np.uint8)
    wide[:, 20:60] = 0
    write_png(source, wide)
    seen = []
    monkeypatch.setattr(
        "gfla_tf.inference.turntable.turntable",
        lambda model, image, *views: seen.append((image, views)) or [image],
    )
    main(arguments(tflite, source))
    ((image, views),) = seen
    assert image.shape == (*SIZE, 3) and views == (2, 1)
    np.testing.assert_array_equal(image[:, [0, 31]], 255)
    np.testing.assert_array_equal(image[13:19, 10:22], 0)
    np.testing.assert_array_equal(image[[0, 8, 23, 31]], 255)


def test_what_is_transparent_is_white(tflite, source, monkeypatch):
    picture = np.zeros((*SIZE, 4), np.uint8)
    picture[8:24, 8:24] = (10, 20, 30, 255)
    cv2.imwrite(str(source), picture)
    seen = []
    monkeypatch.setattr(
        "gfla_tf.inference.turntable.turntable", lambda model, image, *views: seen.append(image) or [image]
    )
    main(arguments(tflite, source))
    assert (seen[0][0, 0] == 255).all() and tuple(seen[0][16, 16]) == (30, 20, 10)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"azimuth": 30}, "--azimuth is 30: it must be one of 0, 20, 40"),
        ({"elevation": 15}, "--elevation is 15: it must be one of 0, 10, 20 degrees"),
        ({"output": "turn.avi"}, "turn.avi must end in .mp4, .webm or .gif"),
        ({"source": "missing.png"}, "missing.png: No such file"),
        ({"model": "missing.tflite"}, "missing.tflite: No such file"),
    ],
)
def test_bad_input_is_one_sentence(tflite, source, changed, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments(tflite, source, **changed))
    error = capsys.readouterr().err
    assert ended.value.code == 2 and message in error and error.count("\n") == 1
    assert not source.with_name("turn.gif").exists()


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({"task": "pose"}, "for the task 'pose'; this program needs 'view'"),
        ({"task": "view", "azimuths": [0, 90], "elevations": [0]}, "other views"),
        ({"task": "view"}, "other views"),
    ],
)
def test_models_of_something_else_are_refused(tmp_path, description, message):
    path = write_tiny_tflite(tmp_path / "other.tflite", network, image_size=list(SIZE), **description)
    with pytest.raises(GflaError, match=message):
        load_view_model(path)
