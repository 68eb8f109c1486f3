"""The pose transfer command, on a hand-made network whose output can be told."""

import json
import types

import cv2
import numpy as np
import pytest
import tensorflow as tf

from gfla_tf.cli.transfer import main
from gfla_tf.errors import GflaError
from gfla_tf.inference.models import load_model
from gfla_tf.inference.photos import Box, crop, crop_keypoints, person_box
from gfla_tf.inference.subjects import read_subject, subject_of
from gfla_tf.inference.transfer import overview, transfer
from gfla_tf.keypoints.pose_files import read_pose, write_openpose
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.pictures.drawing import write_png
from tests.helpers.tiny_tflite import SIZE, write_tiny_tflite

STANDING = np.array(
    [
        *[(150, 60), (150, 100), (115, 100), (100, 160), (95, 220), (185, 100), (200, 160), (205, 220)],
        *[(130, 230), (128, 310), (125, 390), (170, 230), (172, 310), (175, 390)],
        *[(142, 50), (158, 50), (132, 55), (168, 55)],
    ],
    np.float32,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_tflite(tmp_path_factory.mktemp("model") / "tiny.tflite", heat_map_sigma=2.0)


@pytest.fixture
def files(tmp_path):
    """A photo 300 x 450 and two poses in it: as OpenPose, and the other bent to the side as COCO."""
    photo = np.random.default_rng(0).integers(0, 256, (45, 30, 3), np.uint8)
    write_png(tmp_path / "photo.png", cv2.resize(photo, (300, 450), interpolation=cv2.INTER_CUBIC))
    write_openpose(tmp_path / "standing.json", np.c_[STANDING, np.ones(18)])
    order = [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
    bent = np.c_[STANDING[:, 0] + 0.3 * (390 - STANDING[:, 1]), STANDING[:, 1], np.ones(18)][order]
    (tmp_path / "bent.json").write_text(json.dumps([{"keypoints": bent.ravel().tolist(), "score": 1.0}]))
    return tmp_path


def arguments(tflite, files, **changed):
    named = {
        "model": tflite,
        "source": files / "photo.png",
        "source_pose": files / "standing.json",
        "pose": files / "bent.json",
        "output": files / "out" / "picture.png",
    }
    named.update(changed)
    return [text for name, value in named.items() for text in (f"--{name.replace('_', '-')}", str(value))]


def test_the_command_writes_the_generated_image_and_an_overview(model, files, capsys):
    main(arguments(model, files, retarget="none"))
    out = files / "out"
    assert sorted(path.name for path in out.iterdir()) == ["picture.png", "picture_generated.png"]
    assert capsys.readouterr().out.count("wrote") == 2
    # The network paints the target's joints red into the source's crop.
    source_pose, target_pose = read_pose(files / "standing.json"), read_pose(files / "bent.json")
    box = person_box(source_pose, SIZE, "")
    source = crop(cv2.imread(str(files / "photo.png"))[..., ::-1], box, SIZE)
    joints = crop_keypoints(target_pose, person_box(target_pose, SIZE, ""), SIZE)
    generated = cv2.imread(str(out / "picture_generated.png"))[..., ::-1]
    assert generated.shape == (*SIZE, 3)
    x, y = joints[:, :2].astype(int).T
    np.testing.assert_array_equal(generated[y, x], np.broadcast_to((255, 0, 0), (18, 3)))
    grid = np.stack(np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0])), -1)
    far = np.linalg.norm(grid[:, :, None] - joints[:, :2], axis=-1).min(-1) > 9  # 4 sigma and truncation
    assert far.sum() > 100
    assert np.abs(generated[far].astype(int) - source[far]).max() <= 1
    assert cv2.imread(str(out / "picture.png")).shape[0] > 256


def test_the_overview_shows_every_view_coarse_levels_first(model, files, monkeypatch):
    labels = []
    monkeypatch.setattr("gfla_tf.inference.transfer.labeled_grid", lambda rows, cell: labels.extend(rows[0]))
    source = np.zeros((*SIZE, 3), np.uint8)
    keypoints = crop_keypoints(np.c_[STANDING, np.ones(18)], Box(0, 0, 300, 450), SIZE)
    outputs = transfer(TFLiteModel(model), source, keypoints, keypoints)
    assert {name: value.shape for name, value in outputs.items()} == {
        "generated": (64, 32, 3),
        **{"flow_3": (8, 4, 2), "mask_3": (8, 4, 1), "flow_2": (16, 8, 2), "mask_2": (16, 8, 1)},
    }
    overview(source, keypoints, keypoints, outputs, source)
    assert [label for label, _ in labels] == [
        *[
            "source",
            "source pose",
            "target pose",
            "flow_3, max 3.4 px",
            "mask_3",
            "flow_2, max 2.5 px",
            "mask_2",
        ],
        *["generated", "photo of the target pose"],
    ]


def refused(capsys, argv, files):
    """What the command says on refusing, after checking that it leaves nothing behind and says one sentence."""
    before = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2
    assert {path: path.read_bytes() for path in files.rglob("*") if path.is_file()} == before
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.count("\n") == 1
    return message


def test_bad_input_is_refused_in_one_sentence_with_status_2(model, files, capsys):
    photo = (files / "photo.png").read_bytes()
    (files / "truncated.png").write_bytes(photo[: len(photo) // 2])
    (files / "broken.json").write_text("{")
    (files / "truncated.tflite").write_bytes(model.read_bytes()[:2000])
    small = np.zeros((45, 30, 3), np.uint8)
    write_png(files / "small.png", small)
    cases = {
        "Cannot read the photo": {"source": files / "truncated.png"},
        "absent.png: No such file": {"source": files / "absent.png"},
        "absent.tflite: No such file": {"model": files / "absent.tflite"},
        "its parts do not fit together": {"model": files / "truncated.tflite"},
        "not valid JSON": {"pose": files / "broken.json"},
        "Cannot read the pose file": {"source_pose": files / "absent.json"},
        "small.png shows 0 joints": {"source": files / "small.png"},
        "must be a .png": {"output": files / "picture.jpg"},
        "would overwrite": {"output": files / "photo.png"},
        "Cannot write the picture": {"output": files / "bent.json" / "picture.png"},
        "There is no pose model": {"pose": files / "photo.png", "pose_model": files / "absent.task"},
    }
    for reason, changed in cases.items():
        assert reason in refused(capsys, arguments(model, files, **changed), files)


def test_models_of_other_tasks_or_joints_are_refused(tmp_path):
    path = tmp_path / "other.tflite"
    with pytest.raises(GflaError, match="task 'view'; this program needs 'pose'"):
        load_model(write_tiny_tflite(path, task="view"), "pose")
    with pytest.raises(GflaError, match="other joints"):
        subject_of(load_model(write_tiny_tflite(path, joints=JOINTS[::-1]), "pose"))
    with pytest.raises(GflaError, match="no embedded description"):
        load_model(write_tiny_tflite(path), "pose")


def test_models_in_forms_for_apps_are_refused_with_the_remedy(tmp_path):
    @tf.function(
        input_signature=[
            tf.TensorSpec([1, 8, 8, 3], tf.uint8, name="source_image"),
            tf.TensorSpec([1, 18, 3], tf.float32, name="target_keypoints"),
        ]
    )
    def network(source_image, target_keypoints):
        return {"generated": tf.cast(source_image, tf.float32) + tf.reduce_sum(target_keypoints)}

    path = write_tiny_tflite(tmp_path / "app.tflite", network, task="pose", image_size=[8, 8])
    with pytest.raises(
        GflaError, match=r"was converted with --keypoints and --uint8, .*: convert it again witho"
    ):
        load_model(path, "pose")


@pytest.mark.parametrize(
    "box", [Box(100, 0, 20, 20), Box(-30, 0, 20, 20), Box(0, 80, 20, 20), Box(-500, -500, 1000, 900)]
)
def test_keypoints_that_are_not_on_the_photo_are_refused(tmp_path, box):
    cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((80, 100, 3), np.uint8))
    subject = types.SimpleNamespace(what="face", size=(64, 64), find=lambda path, size: np.ones((68, 3)))
    subject.on_photo, subject.box = lambda keypoints, size: keypoints, lambda keypoints, origin: box
    with pytest.raises(
        GflaError, match=r"face.txt on the photo .*photo.png puts the face beside its 100x80 p"
    ):
        read_subject(subject, tmp_path / "photo.png", tmp_path / "face.txt")
