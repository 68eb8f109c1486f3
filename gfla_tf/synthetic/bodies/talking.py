"""Talking heads: the same people before a camera that shows head and shoulders, with the 68 points of the face."""

import dataclasses

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.keypoints.face_structure import face_maps
from gfla_tf.synthetic.bodies import assets, correspondence
from gfla_tf.synthetic.bodies.bodies import SyntheticBodies
from gfla_tf.synthetic.bodies.camera import Camera
from gfla_tf.synthetic.bodies.expressions import Talk
from gfla_tf.synthetic.bodies.frame import place, render
from gfla_tf.synthetic.bodies.person import Person, draw_person
from gfla_tf.synthetic.bodies.pose import Pose
from gfla_tf.synthetic.bodies.scene import Scene, draw_scene
from gfla_tf.synthetic.bodies.template import SIDES, template
from gfla_tf.synthetic.bodies.vectors import cross, rotation, unit
from gfla_tf.synthetic.parallel import parallel_map
from gfla_tf.synthetic.people.clips import joined

FRAMES_PER_SECOND = 25
_PERSON, _SCENE, _TALK, _CLIP = range(24, 28)
# Vertices of the base that are dlib's 68 points: found by MediaPipe's face mesh on 40 people and made symmetric.
POINTS = (
    *(
        5769,
        5763,
        5238,
        5241,
        737,
        915,
        994,
        786,
        787,
        7503,
        7688,
        7617,
        7457,
        11850,
        11847,
        12360,
        12366,
    ),  # jaw
    *(5200, 716, 3745, 896, 236, 7008, 7598, 10413, 7439, 11811),  # brows
    *(169, 135, 164, 291, 318, 332, 307, 7094, 7080),  # nose
    *(84, 4876, 3, 4872, 1320, 1334, 11490, 6787, 11494, 6868, 8026, 8012),  # eyes
    *(3738, 5340, 456, 455, 7215, 11943, 10406, 7165, 11940, 5337, 5336, 405),  # outer lips
    *(407, 471, 474, 7227, 7167, 7242, 494, 487),  # inner lips
)


@dataclasses.dataclass(frozen=True)
class Talker:
    """A `Person` before a `Scene`, and its `Talk`."""

    person: Person
    scene: Scene
    talk: Talk


class SyntheticTalkers(SyntheticBodies):
    """Heads that turn and talk; everything is a pure function of (seed, split, identity, frame index).

    Consecutive indices are consecutive frames of a film of 25 frames a second. Arguments: `SyntheticBodies`.
    """

    def __init__(self, image_size=(256, 256), split="train", seed=0, noise=(1.0, 0.0)):
        super().__init__(image_size, split, seed, noise)

    def _draw_identity(self, number):
        person = draw_person(self._rng(number, _PERSON))
        rng = self._rng(number, _SCENE)
        height = _head_height(person)
        camera = _draw_camera(rng, self.image_size, height)
        scene = draw_scene(rng, self.image_size, person.shape.height, camera, (height - 1, 9.0))
        return Talker(person, scene, Talk(self._rng(number, _TALK)))

    def frame(self, identity, index):
        """Frame `index` (any integer from 0) of a person: a `Frame` whose keypoints are the face's (68, 2)."""
        one, time = self._identity(identity), index / FRAMES_PER_SECOND
        person, vertices = _with_expression(one.person, one.talk.expression(time))
        pose = _pose(one.person, *one.talk.head(time))
        frame = render(person, pose, one.scene)
        return dataclasses.replace(frame, keypoints=_points(person, vertices, pose, one.scene.camera))

    def clip(self, identity, index, length):
        """Clip `index` (any integer from 0) of a face: a `Clip` of `length` frames and a reference, 12 to 45 frames before."""
        if length < 1:
            raise GflaError(f"A clip cannot have {length} frames: give it at least one.")
        rng = self._rng(identity, _CLIP, index)
        reference = int(rng.integers(0, 10_000))
        start = reference + int(rng.integers(12, 46))
        frames = [self.frame(identity, time) for time in (reference, *range(start, start + length))]
        return joined(frames, correspondence.flow)


def _head_height(person):
    """Of the eyes above the floor, in decimeters."""
    eyes = np.concatenate([template().cubes["l-eye"], template().cubes["r-eye"]])
    return float(person.shape.vertices[eyes, 1].mean() - person.mesh.positions[:, 1].min())


def _draw_camera(rng, size, height):
    extent = rng.uniform(3.6, 5.0) * max(
        1.0, size[0] / size[1]
    )  # decimeters from the picture's top to its bottom
    view = rng.uniform(0.16, 0.42)
    eye = np.array([rng.normal(0, 0.15), height - 0.35 + rng.normal(0, 0.5), extent / 2 / np.tan(view / 2)])
    target = np.array([rng.normal(0, 0.12), height - 0.35 + rng.normal(0, 0.12), 0])
    back = unit(eye - target)
    side = unit(np.cross([0, 1, 0], back))
    return Camera(size, eye, np.stack([side, np.cross(back, side), back]), size[0] / 2 / np.tan(view / 2))


def _with_expression(person, amounts):
    """The person with an expression, and (V, 3) the base's vertices on it."""
    moved = np.zeros_like(person.shape.vertices)
    for name, amount in amounts.items():
        template().morph(name, amount, moved)
    origin = person.mesh.origin
    positions = person.mesh.positions + np.where(origin[:, None] >= 0, moved[origin], 0)
    mesh = dataclasses.replace(person.mesh, positions=np.ascontiguousarray(positions, np.float32))
    return dataclasses.replace(person, mesh=mesh), person.shape.vertices + moved


def _pose(person, head, chest):
    """Standing with hanging arms; head and chest turned by radians (nod, turn, tilt) and (nod, turn)."""
    body = rotation([0, 1, 0], chest[1]) @ rotation([1, 0, 0], chest[0])
    face = body @ rotation([0, 1, 0], head[1]) @ rotation([1, 0, 0], head[0]) @ rotation([0, 0, 1], head[2])
    limbs = {}
    for side, _, sign in SIDES:
        upper = body @ unit(np.array([0.28 * sign, -1.0, 0.0]))
        lower = body @ unit(np.array([0.16 * sign, -1.0, 0.25]))
        limbs[f"{side}Arm"] = upper, lower, unit(cross(upper, lower))
        limbs[f"{side}Leg"] = np.array([0, -1.0, 0]), np.array([0, -1.0, 0]), np.array([1.0, 0, 0])
    return Pose(np.eye(3), body, face, limbs)


def _points(person, vertices, pose, camera):
    """(68, 2) float32 x, y in pixels, multiples of 1/64, in dlib's order."""
    _, bones = place(person, pose, (0.0, 0.0))
    chosen = list(POINTS)
    points = np.concatenate([vertices[chosen], np.ones((len(chosen), 1))], axis=1)
    world = np.einsum("pb,bij,pj->pi", template().weights[chosen], bones, points)
    xy = camera.project(world.astype(np.float32))[:, :2] - np.float32(0.5)
    return (np.round(xy * 64) / 64).astype(np.float32)


def render_clips(image_size, split, seed, identities, length, draw=face_maps):
    """Clips of talking people, like those of the drawn faces: a `ClipBank` with what `draw` gives for structures."""
    from gfla_tf.data.clips import ClipBank  # which needs TensorFlow, as pictures alone do not

    assets.fetch()
    talkers = SyntheticTalkers(image_size, split, seed)
    rendered = parallel_map(
        _render, [(talkers, i, length, draw) for i in range(identities)], "rendering clips"
    )
    return ClipBank.of(*zip(*rendered, strict=True))


def _render(arguments):
    talkers, identity, length, draw = arguments
    clip = talkers.clip(identity, 0, length)
    pictures = zip(clip.keypoints, clip.images, strict=True)
    return clip, np.stack([draw(points, talkers.image_size, image) for points, image in pictures])
