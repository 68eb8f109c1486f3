"""One picture of a posed person, with its joints and what flow needs."""

import dataclasses

import cv2
import numpy as np

from gfla_tf.synthetic.bodies import native
from gfla_tf.synthetic.bodies.keypoints import find_keypoints
from gfla_tf.synthetic.bodies.noise import folds
from gfla_tf.synthetic.bodies.person import Person
from gfla_tf.synthetic.bodies.pose import matrices
from gfla_tf.synthetic.bodies.scene import SHADOW_SIZE
from gfla_tf.synthetic.bodies.template import template

SAMPLES = 2  # per pixel and axis


@dataclasses.dataclass(frozen=True)
class Frame:
    """A person in one pose.

    Attributes:
        image: (H, W, 3) uint8 RGB, as a perfect camera sees it.
        keypoints: (18, 3) float32 x, y in pixels, multiples of 1/64, and confidence: 1, or 0 outside the image.
        person: (H, W) bool, pixels whose center shows the person.
        part: (H, W) int8 number in `person.PARTS` of what is seen, -1 on the background.
        screen: (N, 3) float32 x, y and 1 / depth of the mesh's vertices.
        inverse_depth, number: (2H, 2W) of the samples, see `native.rasterize`.
    """

    image: np.ndarray
    keypoints: np.ndarray
    person: np.ndarray
    part: np.ndarray
    screen: np.ndarray
    inverse_depth: np.ndarray
    number: np.ndarray
    barycentric: np.ndarray
    center_number: np.ndarray
    center_barycentric: np.ndarray
    owner: Person


# sRGB with a mild S-curve, as cameras have, by linear brightness.
_linear = (np.arange(4096) / 4095) ** (1 / 2.2)
_CURVE = ((_linear + 0.3 * (_linear * _linear * (3 - 2 * _linear) - _linear)) * 255).astype(np.float32)


def place(person, pose, offset):
    """The person's mesh in the world, and its bones' matrices there.

    The lowest point stands on the floor, or `pose.lift` above it; the hips are above the offset (x, z).
    """
    bones = matrices(pose, person)
    positions = native.skin(person.mesh.positions, person.mesh.bones, person.mesh.weights, bones)
    hips = bones[template().bone["Hips"]] @ np.append(person.heads[template().bone["Hips"]], 1)
    shift = np.float32([offset[0] - hips[0], pose.lift - positions[:, 1].min(), offset[1] - hips[2]])
    bones[:, :, 3] += shift
    return positions + shift, bones


def render(person, pose, scene, offset=(0.0, 0.0)):
    """The `Frame` of a person in a pose before a scene, standing at an offset (x, z) in decimeters from its middle."""
    mesh, camera, light = person.mesh, scene.camera, scene.light
    positions, bones = place(person, pose, offset)
    vertex_normals = native.normals(positions, mesh.triangles)
    height, width = camera.size
    size = height * SAMPLES, width * SAMPLES
    screen = camera.project(positions)
    fine = screen * np.float32([SAMPLES, SAMPLES, 1])
    depth, number, barycentric = native.rasterize(
        fine, mesh.triangles, mesh.cut, mesh.two_sided, size[1], size[0]
    )
    lit = np.ascontiguousarray(positions @ scene.to_light[:, :3].T + scene.to_light[:, 3], np.float32)
    both = np.ones_like(mesh.two_sided)
    shadow = native.rasterize(lit, mesh.triangles, mesh.cut, both, SHADOW_SIZE, SHADOW_SIZE)[0]
    drawn = native.shade(size, SAMPLES, number, barycentric, mesh, positions, vertex_normals, folds(), light.packed(camera.eye),
                         (scene.to_light, shadow), _occlusion(depth, number, camera))  # fmt: skip
    linear = drawn[..., :3] * np.float32(light.exposure) + (1 - drawn[..., 3:]) * _shadowed(scene, shadow)
    image = _CURVE[np.minimum(linear * 4095, 4095).astype(np.uint16)]
    _, center_number, center_barycentric = native.rasterize(
        screen, mesh.triangles, mesh.cut, mesh.two_sided, width, height
    )
    seen = center_number >= 0
    return Frame(
        image=(image + np.float32(0.5)).astype(np.uint8),
        keypoints=find_keypoints(person, bones, camera),
        person=seen,
        part=np.where(seen, mesh.part[np.maximum(center_number, 0)], -1).astype(np.int8),
        screen=screen, inverse_depth=depth, number=number, barycentric=barycentric, center_number=center_number,
        center_barycentric=center_barycentric, owner=person,
    )  # fmt: skip


def _occlusion(depth, number, camera):
    """Share of the sky that is seen: less where the surroundings lie nearer than the point."""
    reach = max(3, round(12.5 * camera.size[0] / 256)) | 1
    cover = (number[::SAMPLES, ::SAMPLES] >= 0).astype(np.float32)
    mean = cv2.blur(depth[::SAMPLES, ::SAMPLES], (reach, reach)) / np.maximum(
        cv2.blur(cover, (reach, reach)), np.float32(1e-3)
    )
    mean = cv2.resize(mean, depth.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return 1 - np.clip((mean - depth) * np.float32(camera.distance**2 * 0.5), 0, np.float32(0.5))


def _shadowed(scene, shadow):
    """The background with the person's shadow on the floor, and darker around the feet."""
    light = scene.light
    hit = cv2.remap(
        (shadow > 0).astype(np.float32), scene.shadow_x, scene.shadow_y, cv2.INTER_LINEAR, borderValue=0
    )
    softness = light.softness * scene.camera.size[0] / 256
    soft = cv2.GaussianBlur(hit, (0, 0), softness) * scene.shadow_on
    sun = float(light.sun.mean() * light.direction[1])
    share = sun / (sun + float(light.sky.mean()))
    contact = np.float32(0.3) * scene.near * (1 - soft)
    return scene.background * (1 - soft * np.float32(share * 0.75) - contact)[..., None]
