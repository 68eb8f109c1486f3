"""Pose files. The orders are written out here as the formats' documentation has them, in its own names."""

import json

import numpy as np
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.keypoints.pose_files import (
    find_pose,
    main_person,
    read_frames,
    read_pose,
    to_joints,
    write_openpose,
)
from gfla_tf.keypoints.poses import JOINTS

# OpenPose, doc/02_output.md and poseParameters.hpp
BODY_25 = """Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle
    REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel""".split()
BODY_18 = """Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle
    REye LEye REar LEar""".split()
# COCO, "keypoints" of the category person
COCO_17 = """nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow
    left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle""".split()


def openpose_name(joint):
    """right_shoulder -> RShoulder, nose -> Nose."""
    return "".join({"right": "R", "left": "L"}.get(word, word.capitalize()) for word in joint.split("_"))


def points(count, scale=10.0):
    """A recognizable point for each index: (10 + 10 i, 20 + 20 i, 0.5 + i / 100)."""
    index = np.arange(count)
    return np.stack([scale * (1 + index), 2 * scale * (1 + index), 0.5 + index / 100], 1).astype(np.float32)


def openpose(*people):
    return {"version": 1.3, "people": [{"pose_keypoints_2d": person.ravel().tolist()} for person in people]}


def coco(person, **fields):
    return {"image_id": 7, "category_id": 1, "keypoints": person.ravel().tolist(), **fields}


@pytest.fixture
def write(tmp_path):
    def write(document):
        path = tmp_path / "pose.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


@pytest.mark.parametrize("order", [BODY_18, BODY_25], ids=["BODY_18", "BODY_25"])
def test_openpose_joints_arrive_at_their_names(write, order):
    person = points(len(order))
    keypoints = read_pose(write(openpose(person)))
    assert keypoints.shape == (18, 3) and keypoints.dtype == np.float32
    for joint, name in enumerate(JOINTS):
        np.testing.assert_allclose(keypoints[joint], person[order.index(openpose_name(name))], err_msg=name)


def test_coco_joints_arrive_at_their_names_and_the_neck_is_between_the_shoulders(write):
    person = points(17)
    keypoints = read_pose(write([coco(person)]))
    for joint, name in enumerate(JOINTS):
        if name != "neck":
            np.testing.assert_allclose(keypoints[joint], person[COCO_17.index(name)], err_msg=name)
    left, right = person[COCO_17.index("left_shoulder")], person[COCO_17.index("right_shoulder")]
    np.testing.assert_allclose(keypoints[1], [*(left[:2] + right[:2]) / 2, min(left[2], right[2])])


def test_seventeen_openpose_joints_are_human36ms(write):
    person = points(17)
    path = write(openpose(person))
    np.testing.assert_array_equal(find_pose(path, H36M_17), person)
    keypoints = read_pose(path)
    for joint, name in enumerate(JOINTS):
        if name.endswith(("eye", "ear")):
            np.testing.assert_array_equal(keypoints[joint], np.zeros(3), err_msg=name)
        else:
            known = H36M_17.index("thorax" if name == "neck" else name)
            np.testing.assert_allclose(keypoints[joint], person[known], err_msg=name)
    eighteen = points(18)
    np.testing.assert_allclose(find_pose(write(openpose(eighteen)), H36M_17), to_h36m(eighteen))
    assert find_pose(write(openpose()), H36M_17) is None


def test_coco_comes_as_annotation_list_or_dataset_and_flags_are_confidences(write):
    person = points(17)
    person[:, 2] = np.arange(17) % 3  # missing, hidden, visible
    expected = read_pose(write(coco(person)))
    missing = {"nose", "left_ear", "right_shoulder", "left_wrist", "right_hip", "left_ankle", "neck"}
    np.testing.assert_array_equal(expected[:, 2], [name not in missing for name in JOINTS])
    things = {"image_id": 8, "num_keypoints": 0, "keypoints": [0] * 51}
    for document in ([coco(person)], {"images": [], "annotations": [things, coco(person)]}):
        np.testing.assert_array_equal(read_pose(write(document)), expected)


def test_a_missing_shoulder_leaves_the_neck_missing_and_missing_joints_are_zeros(write):
    person = points(17)
    person[COCO_17.index("left_shoulder"), 2] = 0
    keypoints = read_pose(write([coco(person)]))
    np.testing.assert_array_equal(keypoints[[1, JOINTS.index("left_shoulder")]], np.zeros((2, 3)))
    assert (keypoints[:, 2] > 0).sum() == 16


def test_of_several_people_the_large_and_sure_one_is_read(write):
    large, small, unsure = points(18), points(18, scale=3.0), points(18)
    unsure[:, 2] *= 0.1
    small[:, 2] = 1
    nobody = np.zeros((18, 3))
    for people in ([small, large, nobody, unsure], [unsure, nobody, large, small]):
        np.testing.assert_allclose(read_pose(write(openpose(*people))), large)
    assert main_person([]) is None and main_person([nobody]) is None


def test_what_is_written_is_read_back(tmp_path):
    keypoints = to_joints(points(18), JOINTS)
    keypoints[4] = 0
    write_openpose(tmp_path / "pose.json", keypoints)
    np.testing.assert_allclose(read_pose(tmp_path / "pose.json"), keypoints, atol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["pose.json"]
    with pytest.raises(GflaError, match="Cannot write"):
        write_openpose(tmp_path / "nowhere" / "pose.json", keypoints)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ('{"people": [', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("", "contains no person"),
        ("3", "neither OpenPose"),
        ('{"poses": []}', "neither OpenPose"),
        ('{"people": {}}', "neither OpenPose"),
        ('{"people": [3]}', "neither OpenPose"),
        ('{"people": [{}]}', "contains no person"),
        ('{"people": [null, {"pose_keypoints_2d": []}]}', "contains no person"),
        ({"people": [{"pose_keypoints_2d": [True] * 54}]}, "no numbers of pixels"),
        (openpose(np.tile([5.0, 5.0, 1.0], (18, 1))), "within 4 pixels"),
        ('{"annotations": 1}', "neither OpenPose"),
        ('{"people": []}', "contains no person"),
        ("[]", "contains no person"),
        (openpose(np.zeros((25, 3))), "contains no person"),
        (
            openpose(points(19)),
            r"57 values; a person takes 51 \(17 joints\) or 54 \(18 joints\) or 75 \(25 joints\)",
        ),
        ({"people": [{"pose_keypoints_2d": "nose"}]}, "0 values"),
        (coco(points(18)), r"54 values; a person takes 51 \(17 joints\)"),
        (openpose(points(18) * np.nan), "no numbers of pixels"),
        (openpose(points(18) * 1e9), "no numbers of pixels"),
        ({"people": [{"pose_keypoints_2d": [10**400] * 54}]}, "no numbers of pixels"),
        ({"people": [{"pose_keypoints_2d": ["1"] * 54}]}, "no numbers of pixels"),
        ({"people": [{"pose_keypoints_2d": [None] * 54}]}, "no numbers of pixels"),
        (openpose(points(18, scale=0.01)), "must be pixels"),
        ([coco(points(17)), coco(points(17), image_id=8)], "2 images"),
    ],
)
def test_bad_files_are_refused_in_one_sentence_with_their_name(write, document, reason):
    path = write(document)
    with pytest.raises(GflaError, match=reason) as raised:
        read_pose(path)
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path):
    with pytest.raises(GflaError, match="Cannot read the pose file"):
        read_pose(tmp_path / "absent.json")
    (tmp_path / "photo.json").write_bytes(b"\xff\xd8\xff\xe0" * 9)
    with pytest.raises(GflaError, match="is no text"):
        read_pose(tmp_path / "photo.json")


def fractions(width=300, height=400, **beyond):
    """A standing person's joints as fractions of a picture, and in its pixels."""
    draw = np.random.default_rng(3)
    person = np.c_[draw.uniform(0.2, 0.9, (18, 2)), np.ones(18)].astype(np.float32)
    for joint, place in beyond.items():
        person[JOINTS.index(joint), :2] = place
    return person, person * np.float32([width, height, 1])


@pytest.mark.parametrize("beyond", [{}, {"right_ankle": (0.5, 1.03)}, {"right_ankle": (0.5, 1.9)}])
def test_fractions_are_scaled_by_the_size_that_the_file_or_the_photo_tells_and_else_refused(write, beyond):
    person, expected = fractions(**beyond)
    path = write({**openpose(person), "canvas_width": 300, "canvas_height": 400})
    np.testing.assert_allclose(read_pose(path), expected, rtol=1e-5)
    path = write(openpose(person))
    np.testing.assert_allclose(read_pose(path, image_size=(400, 300)), expected, rtol=1e-5)
    with pytest.raises(GflaError, match="pixels of the image"):
        read_pose(path)
    with pytest.raises(GflaError, match="pixels of the image"):  # from -1 to 1
        read_pose(write({**openpose(person * 2 - 1), "canvas_width": 300, "canvas_height": 400}))


def test_pixels_of_a_smaller_copy_of_the_photo_are_scaled_to_it(write):
    _, expected = fractions()
    path = write({**openpose(expected / (2, 2, 1)), "canvas_width": 150, "canvas_height": 200})
    np.testing.assert_allclose(read_pose(path, image_size=(400, 300)), expected, rtol=1e-5)
    with pytest.raises(GflaError, match=r"of an image of 150 x 200 pixels, and the photo has 400 x 300"):
        read_pose(path, image_size=(300, 400))


def test_the_files_of_other_tools(write):
    person = points(18)
    old = {"version": 1.0, "people": [{"pose_keypoints": person.ravel().tolist()}]}
    np.testing.assert_allclose(read_pose(write(old)), person)
    np.testing.assert_allclose(
        read_pose(write({"version": "AlphaPose v0.3", "bodies": [{"joints": person.ravel().tolist()}]})),
        person,
    )
    halpe = points(26)
    found = read_pose(
        write([{"image_id": "1.jpg", "keypoints": halpe.ravel().tolist(), "score": 3.0, "idx": [1.0]}])
    )
    np.testing.assert_allclose(found[0], halpe[0])
    np.testing.assert_allclose(found[JOINTS.index("neck")], halpe[18])
    np.testing.assert_allclose(found[JOINTS.index("right_ankle")], halpe[16])
    landmarks = [
        {"x": 0.1 + 0.02 * k, "y": 0.2 + 0.01 * k, "z": 0, "visibility": 0.05 if k == 27 else 0.9}
        for k in range(33)
    ]
    for document in (landmarks, [landmarks], {"pose_landmarks": [landmarks]}, {"landmarks": landmarks}):
        found = read_pose(write(document), image_size=(200, 100))
        np.testing.assert_allclose(
            found[JOINTS.index("left_shoulder")], [100 * (0.1 + 0.22), 200 * 0.31, 0.9], rtol=1e-5
        )
        assert found[JOINTS.index("left_ankle"), 2] == 0, "hidden"
    with pytest.raises(GflaError, match="pixels of the image"):
        read_pose(write(landmarks))


def test_one_file_holds_a_whole_film(write):
    frames = [points(18, scale=10 + k) for k in range(12)]
    films = {
        "ComfyUI": [{**openpose(frame), "canvas_width": 900, "canvas_height": 900} for frame in frames],
        "AlphaPose": [
            {"image_id": f"{k}.jpg", "keypoints": points(17, 10 + k).ravel().tolist(), "idx": 5}
            for k in reversed(range(12))
        ],
        "by name": {f"{k}.jpg": openpose(frames[k]) for k in reversed(range(12))},
    }
    for kind, film in films.items():
        found = read_frames(write(film))
        assert len(found) == 12, kind
        for k, frame in enumerate(found):
            assert frame.people[0].keypoints[0, 0] == 10 + k, kind
            assert frame.people[0].number == (5 if kind == "AlphaPose" else None)


def test_what_shows_nobody_beside_good_entries_is_no_person(write):
    person = points(18)
    document = openpose(person)
    document["people"] += [None, {"pose_keypoints_2d": []}, {"face_keypoints_2d": [1, 2, 3]}]
    np.testing.assert_allclose(read_pose(write(document)), person)
    car = {"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}
    expected = read_pose(write([coco(points(17))]))
    np.testing.assert_allclose(
        read_pose(write([car, coco(points(17)), {"image_id": 7, "keypoints": []}])), expected
    )
