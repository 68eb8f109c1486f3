"""A driver's motion on a person of other build, and the filter that steadies it."""

import json

import numpy as np
import pytest

from gfla_tf.inference.retarget import MODES, build_of, retargeted
from gfla_tf.inference.smoothing import HOLD, PATIENCE, side_groups, steadied
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.keypoints.poses import JOINTS
from tests.helpers.record_fixtures import FIXTURES, flat, listed, retargeting_answer, walk

JOINT = {name: index for index, name in enumerate(JOINTS)}
LEGS = [JOINT[f"{side}_{part}"] for side in ("right", "left") for part in ("hip", "knee", "ankle")]
SECONDS = 1 / 30


@pytest.fixture
def person():
    pose = walk(1, 0)[0]
    pose[:, 2] = 1
    return pose


def scaled(pose, factor, shift=(0, 0)):
    return np.c_[pose[:, :2] * factor + shift, pose[:, 2]]


def length(pose, first, second):
    return np.hypot(*(pose[JOINT[first], :2] - pose[JOINT[second], :2]))


def steady(frames):
    state, given = None, []
    for frame in frames:
        joints, state = steadied(frame, state, SECONDS, side_groups(JOINTS))
        given.append(joints)
    return np.stack(given)


@pytest.mark.parametrize("name", json.loads((FIXTURES / "retarget.json").read_text()))
def test_the_numbers_are_those_that_javascript_has_to_give(name):
    case = json.loads((FIXTURES / "retarget.json").read_text())[name]
    assert flat(listed(retargeting_answer(case["input"]))) == pytest.approx(flat(case["output"]), abs=1e-6)


@pytest.mark.parametrize("mode", MODES[1:])
@pytest.mark.parametrize("joints", [JOINTS, H36M_17])
def test_a_driver_of_the_same_build_takes_the_sources_size_and_place(person, mode, joints):
    driver = scaled(person, 0.4, (300, 20))
    if joints == H36M_17:
        person, driver = to_h36m(person), to_h36m(driver)
    builds = build_of(driver[None], joints), build_of(person[None], joints)
    assert np.allclose(retargeted(driver, *builds, joints, mode), person, atol=1e-3)


def test_the_sources_proportions_are_kept_and_the_drivers_angles(person):
    driver = person.copy()
    for side in ("right", "left"):
        for outer, inner in ((f"{side}_ankle", f"{side}_knee"), (f"{side}_wrist", f"{side}_elbow")):
            driver[JOINT[outer], :2] += 0.25 * (person[JOINT[outer], :2] - person[JOINT[inner], :2])
    driver[JOINT["left_wrist"], :2] = driver[JOINT["left_elbow"], :2] + [
        length(driver, "left_wrist", "left_elbow"),
        0,
    ]
    builds = build_of(driver[None], JOINTS), build_of(person[None], JOINTS)
    result = retargeted(driver, *builds, JOINTS)
    arm = result[JOINT["left_wrist"], :2] - result[JOINT["left_elbow"], :2]
    assert np.isclose(arm[1], 0) and arm[0] > 0
    for outer, inner in (
        ("right_ankle", "right_knee"),
        ("left_wrist", "left_elbow"),
        ("right_knee", "right_hip"),
    ):
        assert length(result, outer, inner) == pytest.approx(length(person, outer, inner), rel=0.01)


def test_what_the_view_foreshortens_stays_foreshortened(person):
    pointing = person.copy()  # a forearm towards the camera
    pointing[JOINT["left_wrist"], :2] = pointing[JOINT["left_elbow"], :2] + [3, 0]
    builds = build_of(np.stack([person, pointing]), JOINTS), build_of(person[None], JOINTS)
    assert length(retargeted(pointing, *builds, JOINTS), "left_wrist", "left_elbow") == pytest.approx(
        3, rel=0.05
    )


def test_limits_hold_against_a_photo_that_shows_limbs_shortened(person):
    source = person.copy()  # both forearms of the photo towards the camera
    for side in ("right", "left"):
        source[JOINT[f"{side}_wrist"], :2] = source[JOINT[f"{side}_elbow"], :2] + [2, 0]
    builds = build_of(person[None], JOINTS), build_of(source[None], JOINTS)
    ours = length(retargeted(person, *builds, JOINTS), "left_wrist", "left_elbow")
    assert ours > 0.6 * length(person, "left_wrist", "left_elbow")


def test_a_half_figure_is_driven_in_its_own_frame(person):
    half = person.copy()
    half[LEGS] = 0
    driver = scaled(person, 2, (50, 10))
    result = retargeted(driver, build_of(driver[None], JOINTS), build_of(half[None], JOINTS), JOINTS)
    seen = half[:, 2] > 0
    assert np.abs(result - person)[seen, :2].max() < 0.12 * np.ptp(person[:, 1])


def test_missing_joints_stay_missing_and_those_they_carry_do_not(person):
    driver = person.copy()
    driver[JOINT["left_elbow"]] = 0
    result = retargeted(driver, build_of(person[None], JOINTS), build_of(person[None], JOINTS), JOINTS)
    assert not result[JOINT["left_elbow"]].any() and np.allclose(
        result[JOINT["left_wrist"]], person[JOINT["left_wrist"]]
    )
    assert build_of(np.zeros((1, 18, 3)), JOINTS) is None


def test_trembling_is_taken_away_and_motion_is_followed(person):
    draw = np.random.default_rng(0)
    trembling = person + np.r_[2, 2, 0] * draw.normal(size=(60, 18, 3))
    still = steady(trembling)[10:, :, :2]
    assert np.diff(still, axis=0).std() < 0.4 * np.diff(trembling[10:, :, :2], axis=0).std()
    moving = person + 5 * np.arange(60)[:, None, None] * np.array([1, 0, 0])
    late = moving[30:, :, 0] - steady(moving)[30:, :, 0]
    assert 0 <= late.min() and late.max() < 5, "less than a frame late"


def test_a_joint_that_jumps_glides_and_one_that_is_guessed_glides_longer(person):
    frames = np.repeat(person[None], 20, axis=0)
    ankle, size = JOINT["right_ankle"], np.hypot(*np.ptp(person[:, :2], axis=0))
    frames[10:, ankle, 0] += 100
    sure = steady(frames)[:, ankle, 0]
    assert np.diff(sure).max() <= 4 * size * SECONDS * 1.05 and sure[-1] - sure[0] > 80
    frames[:, ankle, 2] = 0.2
    guessed = steady(frames)[:, ankle, 0]
    assert guessed[12] - guessed[0] < 0.8 * (sure[12] - sure[0])


def test_a_lost_joint_is_held_and_fades(person):
    frames = np.repeat(person[None], 40, axis=0)
    frames[:, :, 0] += 3 * np.arange(40)[:, None]
    wrist, gone = JOINT["right_wrist"], round(HOLD / SECONDS)
    frames[5:30, wrist] = 0
    given = steady(frames)
    confidence = given[:, wrist, 2]
    assert (np.diff(confidence[4 : 5 + gone]) < 0).all() and confidence[5 + gone] == 0 and confidence[30] == 1
    beside = given[10, wrist, :2] - given[10, JOINT["right_elbow"], :2]
    assert np.allclose(beside, person[wrist, :2] - person[JOINT["right_elbow"], :2], atol=4), (
        "it goes with the body"
    )
    assert np.allclose(given[30, wrist, :2], frames[30, wrist, :2]), "it comes back where it is seen"


def test_sides_that_are_mistaken_for_a_moment_are_exchanged_back(person):
    frames = np.repeat(person[None], 60, axis=0)
    swapped = LEGS[3:] + LEGS[:3]
    frames[10:13, LEGS] = frames[10:13, swapped]
    given = steady(frames)
    assert np.allclose(given, person)
    frames[30:, LEGS] = frames[30:, swapped]
    believed = 30 + round(PATIENCE / SECONDS) + 15
    assert np.allclose(steady(frames)[believed:, LEGS, :2], person[swapped, :2], atol=5), (
        "a detector that insists"
    )
