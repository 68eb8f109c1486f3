"""Rendered clips of synthetic people, for dances."""

from gfla_tf.data.clips import ClipBank
from gfla_tf.keypoints.joint_orders import to_coco, to_h36m
from gfla_tf.synthetic.identity_source import SPLITS
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.synthetic.people.people import SyntheticPeople
from gfla_tf.synthetic.people.pose_noise import noisy_keypoints
from gfla_tf.synthetic.rng import Draws

_DETECTIONS = 0x646574656374  # keeps the keys apart from those of the people


def render_clips(image_size, split, seed, identities, length, noise=0.0, detected_reference=False):
    """Renders a clip of `length` frames of each of `identities` synthetic people on all cores.

    Args:
        noise: 0 for true joints; otherwise they are found by a pose detector, see `noisy_keypoints`: some go missing or change
            sides, and their jitter and drift are this share of those of a raw detection.
        detected_reference: whether the reference has the joints that a detector gives, in the order `COCO_17`.

    Returns:
        `ClipBank.of` them, with the joints (17, 3) float32 in the order `H36M_17` for structures.
    """
    people = SyntheticPeople(image_size, split, seed)
    clips = parallel_map(_render, [(people, i, length) for i in range(identities)], "rendering clips")
    poses = noisy_poses([clip.keypoints for clip in clips], seed, split, noise * image_size[0])
    return ClipBank.of(clips, [dance_joints(pose, detected_reference) for pose in poses])


def dance_joints(pose, detected_reference=False):
    """Joints (1 + T, 18, 3) of a clip, the reference first, in the orders that dances are drawn from, (1 + T, 17, 3)."""
    joints = to_h36m(pose)
    if detected_reference:
        joints[0] = to_coco(pose[0])
    return joints


def noisy_poses(poses, seed, split, size):
    """Sequences of joints as a detector finds them, that of each identity with its own noise; true where the size is 0."""
    if not size:
        return poses
    return [noisy_keypoints(pose, _key(seed, split, i), size) for i, pose in enumerate(poses)]


def _key(seed, split, identity):
    return int(Draws(_DETECTIONS, seed, SPLITS[split], identity).uniform(0, 2**53))


def _render(arguments):
    people, identity, length = arguments
    return people.clip(identity, 0, length)
