"""Synthetic people, drawn ones and rigged bodies: their speed, how exact their flow is, and what a pose detector says of them.

Run `python -m benchmarks.synthetic_people` in the repository. Speed is counted in pictures per second of processor time of one
process, of new people who are shown in eight frames each, with the flow between each frame and the next.
"""

import argparse
import time

import cv2
import numpy as np

from gfla_tf.errors import GflaError, user_errors
from gfla_tf.synthetic.bodies import SyntheticBodies, native
from gfla_tf.synthetic.people import SyntheticPeople

KINDS = {"drawn": SyntheticPeople, "bodies": SyntheticBodies}
SIZES = ((128, 96), (256, 192))
SEED = 7
_FINE = 6  # samples a pixel where surfaces are compared
_NEAR = 0.6  # decimeters within which two points are the same spot


def pictures_per_second(people, identities, frames=8):
    """Pictures with flow per second of processor time."""
    people.frame(identities, 0)  # tables that are made once
    start = time.process_time()
    for identity in range(identities):
        shown = [people.frame(identity, index) for index in range(frames)]
        for source, target in zip(shown, shown[1:] + shown[:1]):
            people.flow(source, target)
    return identities * frames / (time.process_time() - start)


def warping(people, identities):
    """Median difference (of 255) of target and warped source on visible pixels, and their share of the person's."""
    differences, seen, all_pixels = [], 0, 0
    for identity in range(identities):
        source, target = people.frame(identity, 0), people.frame(identity, 1)
        flow, visibility = people.flow(source, target)
        height, width = visibility.shape
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        warped = cv2.remap(
            source.image,
            x + flow[..., 0],
            y + flow[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        differences.append(np.abs(warped.astype(float) - target.image).mean(axis=-1)[visibility])
        seen, all_pixels = seen + visibility.sum(), all_pixels + target.person.sum()
    return float(np.median(np.concatenate(differences))), seen / all_pixels


def same_surface(bodies, identities):
    """Share of the visible pixels whose flow points at the same spot of the body, within 6 centimeters."""
    right = total = 0
    for identity in range(identities):
        source, target = bodies.frame(identity, 0), bodies.frame(identity, 1)
        flow, visibility = bodies.flow(source, target)
        mesh, (height, width) = source.owner.mesh, visibility.shape
        fine = source.screen * np.float32([_FINE, _FINE, 1])
        number = native.rasterize(
            fine, mesh.triangles, mesh.cut, mesh.two_sided, width * _FINE, height * _FINE
        )[1]
        row, column = np.nonzero(visibility)
        at = ((np.stack([column, row], axis=1) + 0.5 + flow[row, column]) * _FINE).astype(int)
        found = number[np.clip(at[:, 1], 0, height * _FINE - 1), np.clip(at[:, 0], 0, width * _FINE - 1)]
        middle = mesh.positions[mesh.triangles].mean(axis=1)
        apart = np.linalg.norm(middle[found] - middle[target.center_number[row, column]], axis=1)
        right, total = right + ((found >= 0) & (apart < _NEAR)).sum(), total + len(row)
    return right / total


def detection(people, identities, detect):
    """Share of whole people whom a detector finds, and the median distance of its joints as a share of their height."""
    found, shown, errors = 0, 0, []
    for identity in range(identities):
        frame = people.frame(identity, 0)
        if not frame.keypoints[:, 2].all():
            continue
        shown += 1
        joints = detect(frame.image)
        if joints is None:
            continue
        found += 1
        height = np.ptp(np.nonzero(frame.person)[0])
        sure = joints[:, 2] > 0
        errors.append(np.linalg.norm(joints[sure, :2] - frame.keypoints[sure, :2], axis=1) / height)
    return found / shown, float(np.median(np.concatenate(errors)))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--identities", type=int, default=40, help="people for each figure")
    parser.add_argument(
        "--detector", action="store_true", help="ask the pose detector, too; its networks are fetched"
    )
    options = parser.parse_args()
    with user_errors():
        if options.identities < 1:
            raise GflaError(f"--identities is {options.identities}: it must be at least 1.")
        for kind, dataset in KINDS.items():
            for size in SIZES:
                speed = pictures_per_second(dataset(size, "test", SEED), max(1, options.identities // 4))
                print(f"{kind:7} {size[0]}x{size[1]}: {speed:5.1f} pictures with flow per processor second")
            people = dataset(SIZES[-1], "test", SEED)
            difference, share = warping(people, options.identities)
            print(
                f"{kind:7} warped source against target where visible: median {difference:.2f} of 255; visible: {share:.0%}"
            )
            if kind == "bodies":
                print(
                    f"{kind:7} visible pixels on the right surface: {same_surface(people, options.identities):.2%}"
                )
            if options.detector:
                from gfla_tf.inference.detectors.pose_detector import PoseDetector

                with PoseDetector() as detect:
                    rate, error = detection(people, options.identities, detect)
                print(
                    f"{kind:7} found by the pose detector: {rate:.1%}; median joint error {error:.2%} of the height"
                )


if __name__ == "__main__":
    main()
