"""Writes the numbers that Python's and JavaScript's detectors, retargeting and filter have to agree on.

    python -m tests.helpers.record_fixtures

makes tests/fixtures/pose_detector.json, retarget.json and photos.json anew from seeded draws. Each entry is {"input": ...,
"output": ...}; the tests of both languages compute the outputs from the inputs. Run it after a change of behavior that is meant.
"""

import itertools
import json
from pathlib import Path

import numpy as np

from gfla_tf.data import bleeding
from gfla_tf.inference import completion, motion, photos, retarget, smoothing
from gfla_tf.inference.detectors import blazepose, pose_points, regions, ssd
from gfla_tf.inference.detectors.pose_detector import joints_of
from gfla_tf.keypoints.joint_orders import H36M_17, to_h36m
from gfla_tf.keypoints.pose_files import main_person
from gfla_tf.keypoints.poses import JOINTS

FIXTURES = Path(__file__).parents[1] / "fixtures"


def pose_detector():
    """{name: {"input", "output"}} of the steps from a detector's outputs to points."""
    draw = np.random.default_rng(14)
    places = ssd.anchors(224, blazepose.STRIDES)
    chosen = draw.choice(len(places), 6, replace=False)
    chosen = np.concatenate([chosen, chosen[:2] + 2])  # neighbors, whose boxes overlap
    raw = draw.normal(0, 8, (len(chosen), 12))
    raw[:, 2:4] = draw.uniform(40, 60, (len(chosen), 2))
    logits = draw.uniform(0.5, 4, len(chosen))
    points = draw.uniform(0.1, 0.9, (3, 5))
    heat_maps = draw.normal(0, 2, (16, 16, 3))
    heat_maps[..., 2] -= 20  # never sure
    cases = {
        "anchors": {"size": 224, "strides": list(blazepose.STRIDES)},
        "decode_and_blend": {"raw": raw, "logits": logits, "anchors": places[chosen], "size": 224}
        | {"least_score": blazepose.LEAST_SCORE, "same_box": blazepose.SAME_BOX},
        "around": {"center": [320.5, 240.25], "edge": [350.0, 100.0], "scale": blazepose.MARGIN},
        "to_picture": {
            "region": list(regions.Region(320.0, 200.0, 300.0, 0.3)),
            "points": [[0, 0], [0.25, 0.75]],
        },
        "overlap": {"first": [100, 100, 80, 0], "second": [130, 90, 60, 0.4]},
        "refined": {"points": points, "heat_maps": heat_maps},
    }
    return {name: {"input": listed(one), "output": listed(answer(name, one))} for name, one in cases.items()}


def answer(name, case):
    """What Python computes of a case's input."""
    if name == "anchors":
        every = ssd.anchors(case["size"], case["strides"])
        return {"count": len(every), "some": every[[0, 1, 2, 57, 1568, 1960, 2253]]}
    if name == "decode_and_blend":
        likely = ssd.decode(*arrays(case, "raw", "logits", "anchors"), case["size"], case["least_score"])
        return [one._asdict() for one in ssd.blend(*likely, case["same_box"])]
    if name == "around":
        return list(regions.around(case["center"], case["edge"], case["scale"]))
    if name == "to_picture":
        return regions.to_picture(case["points"], regions.Region(*case["region"]))
    if name == "overlap":
        return regions.overlap(regions.Region(*case["first"]), regions.Region(*case["second"]))
    return pose_points.refined(*arrays(case, "points", "heat_maps"))


def walk(frames, seed, height=300.0):
    """Keypoints (frames, 18, 3) of somebody who walks, trembles, loses a wrist for a while and once changes sides."""
    draw = np.random.default_rng(seed)
    usual = {"neck": (0, 0)}
    for name in sorted((name for name in JOINTS if name != "neck"), key=retarget._depth):
        usual[name] = tuple(
            np.add(usual.get(retarget.BODY[name][0], (0, 1)), _STEPS[name.split("_")[-1]](name))
        )
    pose = np.array([usual[name] for name in JOINTS]) * height / 3 + (200, 100)
    moving = np.repeat(pose[None], frames, axis=0)
    time = np.arange(frames)[:, None]
    side = np.array([name.startswith("right") - name.startswith("left") for name in JOINTS])
    moving[..., 0] += 2 * time + 0.1 * side * (pose[:, 1] - 100) * np.sin(0.4 * time)
    keypoints = np.concatenate(
        [moving + draw.normal(0, 1, moving.shape), draw.uniform(0.6, 1, (frames, 18, 1))], -1
    )
    keypoints[6:11, JOINTS.index("right_wrist")] = 0
    legs = [JOINTS.index(f"{one}_{part}") for one in ("right", "left") for part in ("hip", "knee", "ankle")]
    keypoints[14:15, legs] = keypoints[14:15, legs[3:] + legs[:3]]
    return keypoints.round(3)


def _aside(across, down):
    return lambda name: (across * (-1 if name.startswith("right") else 1), down)


_STEPS = {
    "shoulder": _aside(0.36, 0), "elbow": _aside(0.1, 0.5), "wrist": _aside(0.05, 0.45), "hip": _aside(0.2, 0),
    "knee": _aside(0.02, 0.8), "ankle": _aside(0, 0.8), "nose": lambda name: (0, -0.4), "eye": _aside(0.1, -0.05),
    "ear": _aside(0.12, 0.02),
}  # fmt: skip


def retargeting():
    """{name: {"input", "output"}} of retargeting and of the filter."""
    driver, source = walk(20, 1), walk(1, 2, 210.0)[0]
    half = source.copy()
    half[[index for index, name in enumerate(JOINTS) if name.split("_")[-1] in ("hip", "knee", "ankle")]] = 0
    cases = {
        "steadied": {"frames": driver, "seconds": 1 / 25, "joints": JOINTS},
        "steadied_dancer": {"frames": to_h36m(driver)[:6], "seconds": 1 / 30, "joints": H36M_17},
        "build": {"frames": driver, "joints": JOINTS},
        "build_of_half": {"frames": half[None], "joints": JOINTS},
    }
    for mode in retarget.MODES:
        cases[f"retargeted_{mode}"] = {"driver": driver, "source": source, "joints": JOINTS, "mode": mode}
    cases["retargeted_half"] = {"driver": driver, "source": half, "joints": JOINTS, "mode": "limbs"}
    dancer = {"driver": to_h36m(driver), "source": to_h36m(source), "joints": H36M_17, "mode": "limbs"}
    cases["retargeted_dancer"] = dancer
    return {
        name: {"input": listed(one), "output": listed(retargeting_answer(one))} for name, one in cases.items()
    }


def retargeting_answer(case):
    """What Python computes of a case's input."""
    joints = tuple(case["joints"])
    if "seconds" in case:
        state, given = None, []
        for frame in arrays(case, "frames")[0]:
            joints_now, state = smoothing.steadied(
                frame, state, case["seconds"], smoothing.side_groups(joints)
            )
            given.append(joints_now)
        return np.stack(given)
    if "frames" in case:
        return retarget.build_of(case["frames"], joints)._asdict()
    driver, source = arrays(case, "driver", "source")
    builds = retarget.build_of(driver, joints), retarget.build_of(source[None], joints)
    return np.stack([retarget.retargeted(frame, *builds, joints, case["mode"]) for frame in driver[::5]])


SIZE = (64, 48)


def framing():
    """{name: {"input", "output"}} of what lies between a photo and the network."""
    draw = np.random.default_rng(5)
    driver, source = walk(12, 1), walk(1, 2, 50.0)[0]
    source[:, :2] += (-176, -86)
    half = source.copy()
    half[[name.split("_")[-1] in ("hip", "knee", "ankle") for name in JOINTS]] = 0
    points = draw.uniform(-20, 120, (33, 5))
    points[:, 3:] = draw.uniform(0, 1, (33, 2))
    photo = draw.integers(0, 256, (40, 30, 3))
    boxes = {"shrinks": [-4, 5, 60, 80], "by_parts": [3, -6, 63, 84], "enlarges": [2, 1, 24, 32]}
    cases = {
        "joints": {"points": points, "image_size": [100, 90]},
        "main_person": {"people": [driver[0], 1.5 * driver[1], np.zeros((18, 3))]},
        "box": {"pose": source, "size": SIZE, "photo": [60, 90]},
        "box_of_half": {"pose": half, "size": SIZE, "photo": [50, 90]},
        **{f"crop_{name}": {"picture": photo, "box": box, "size": SIZE} for name, box in boxes.items()},
        "live": {"frames": driver, "source": source, "size": SIZE, "seconds": 1 / 20},
        "completed": {"height": 112, "width": 144, "hole": [50, 40, 74, 70]},
        "bled": {"height": 28, "width": 36, "hole": [8, 10, 22, 20]},
    }
    return {
        name: {"input": listed(one), "output": listed(framing_answer(name, one))}
        for name, one in cases.items()
    }


def framing_answer(name, case):
    """What Python computes of a case's input."""
    if name == "joints":
        found = blazepose.PersonFound(np.asarray(case["points"], np.float32), 1.0, None, None, 0, None)
        return joints_of(found, case["image_size"])
    if name == "main_person":
        people = [np.asarray(one, np.float64) for one in case["people"]]
        return [chosen is main_person(people) for chosen in people].index(True)
    if name.startswith("box"):
        pose = np.asarray(case["pose"], np.float64)
        box = photos.half_figure_box(photos.person_box(pose, case["size"], name), pose, JOINTS, case["photo"])
        return {"box": list(box), "pose": photos.crop_keypoints(pose, box, case["size"])}
    if name in ("completed", "bled"):
        y, x, c = np.ogrid[: case["height"], : case["width"], :3]
        wave = np.rint(128 + 60 * np.sin(x / 5 + c) + 50 * np.sin(y / 7 + x / 11)).astype(np.uint8)
        left, top, right, bottom = case["hole"]
        hole = np.zeros(wave.shape[:2], bool)
        hole[top:bottom, left:right] = True
        return (
            completion.completed(wave, hole)[hole]
            if name == "completed"
            else bleeding.bled(wave, hole)[~hole]
        )
    if name.startswith("crop"):
        picture = np.asarray(case["picture"], np.uint8)
        return photos.crop(picture, photos.Box(*case["box"]), case["size"])
    frames, source = arrays(case, "frames", "source")
    fit = motion.LiveFit(JOINTS, source, case["size"], "limbs")
    nobody = [None if index in (0, 5) else frame for index, frame in enumerate(frames)]
    return [[] if (pose := fit(frame, case["seconds"])) is None else pose for frame in nobody]


def arrays(case, *names):
    """float64 arrays of a case's lists."""
    return [np.asarray(case[name], np.float64) for name in names]


def listed(value):
    """The value as JSON has it."""
    if isinstance(value, dict):
        return {name: listed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [listed(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return listed(value.tolist())
    return round(value, 8) if isinstance(value, float) else value


def flat(value):
    """All numbers of what `listed` gives, in one list."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    return list(itertools.chain.from_iterable(map(flat, value))) if isinstance(value, list) else [value]


def write(name, content):
    """Writes a fixture, an entry a line."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
    (FIXTURES / f"{name}.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    write("pose_detector", pose_detector())
    write("retarget", retargeting())
    write("photos", framing())
