"""One rendered frame of a face: picture, 68 points, and the material behind every pixel."""

import dataclasses

import numpy as np

from gfla_tf.synthetic.faces.motion import rounded_maps
from gfla_tf.synthetic.faces.neck_and_ears import BONES, NeckAndEars, neck_and_ears_colors
from gfla_tf.synthetic.faces.paint import head_colors
from gfla_tf.synthetic.faces.points import face_points
from gfla_tf.synthetic.faces.surface import Head
from gfla_tf.synthetic.people import raycast
from gfla_tf.synthetic.people.frame import SAMPLES, smoothed

HEAD = BONES.index("head")
HEAD_PART = 64  # layer l of the head is part HEAD_PART + l


@dataclasses.dataclass(frozen=True)
class FaceFrame:
    """A face at one moment.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        keypoints: (68, 2) float32 x, y in pixels, multiples of 1/64, in dlib's order.
        part: (H, W) int8, what is seen at pixel centers: -1 the background, one of `neck_and_ears`, or HEAD_PART + a layer.
        material: (H, W, 3) float32, the material point seen, in coordinates that move with it.
        part_samples, depth: (2H, 2W) int8 and float32, part and distance in pixels of what is seen at (column / 2, row / 2).
        head: Head; neck_and_ears: NeckAndEars.
        to_image, from_image: (parts + 1, 3, 4) float64 maps to (x, y, depth) in pixels and back, the head's last.
    """

    image: np.ndarray
    keypoints: np.ndarray
    part: np.ndarray
    material: np.ndarray
    part_samples: np.ndarray
    depth: np.ndarray
    head: Head
    neck_and_ears: NeckAndEars
    to_image: np.ndarray
    from_image: np.ndarray

    @property
    def person(self):
        """(H, W) bool, pixels whose center does not show the background."""
        return self.part != raycast.NOBODY


def render(anatomy, appearance, neck_and_ears, light, background, bones, expression):
    """The FaceFrame of an identity.

    Args:
        anatomy, appearance, neck_and_ears, light: of the identity.
        background: (H, W, 3) float32 in [0, 1].
        bones: (bones, 3, 4) maps to the image, see `Motion.places`.
        expression: Expression.
    """
    height, width = background.shape[:2]
    size = (SAMPLES * height, SAMPLES * width)
    linear = bones[neck_and_ears.bone_of][:, :, :3] @ neck_and_ears.frames
    linear[:, :, 3] += bones[neck_and_ears.bone_of][:, :, 3]
    to_image = rounded_maps(np.concatenate([linear, bones[HEAD][None]]))
    from_image = raycast.inverse_maps(to_image)
    part, depth = raycast.cast(to_image[:-1], from_image[:-1], neck_and_ears, size, 1 / SAMPLES)

    head = Head(anatomy, appearance, expression)
    rays, at, position = _head_rays(head, from_image[-1], size, depth)
    layer, material = head.material(position)
    part.ravel()[rays], depth.ravel()[rays] = HEAD_PART + layer, at

    color = np.empty((3, part.size), np.float32)
    materials = np.zeros((3, part.size), np.float32)
    rows = raycast.gather(from_image[-1:], np.zeros(rays.size, int))
    painted = head_colors(anatomy, appearance, layer, head.paint_positions(layer, material), expression)
    painted *= light.shade(turned(rows, head.normals(position)))
    color[:, rays], materials[:, rays] = painted, material

    others = np.nonzero((part.ravel() != raycast.NOBODY) & (part.ravel() < HEAD_PART))[0]
    row, column = np.divmod(others, size[1])
    parts = part.ravel()[others]
    rows = raycast.gather(from_image, parts)
    x, y = (a.astype(np.float32) * np.float32(1 / SAMPLES) for a in (column, row))
    point = raycast.surface(rows, x, y, depth.ravel()[others])
    painted = neck_and_ears_colors(appearance, neck_and_ears, parts, point)
    painted *= light.shade(raycast.normals(rows, parts, point, neck_and_ears))
    color[:, others], materials[:, others] = painted, point

    seen = np.nonzero(part.ravel() != raycast.NOBODY)[0]
    row, column = np.divmod(seen, size[1])
    image = background.copy()
    box, cover = smoothed(np.minimum(color[:, seen], 1), row, column, height, width)
    image[box] = cover[..., :3] + image[box] * (1 - cover[..., 3:])
    return FaceFrame(
        image=np.round(np.clip(image, 0, 1) * 255).astype(np.uint8),
        keypoints=face_points(head, to_image[-1]),
        part=part[::SAMPLES, ::SAMPLES].copy(),
        material=materials.reshape(3, *size)[:, ::SAMPLES, ::SAMPLES].transpose(1, 2, 0).copy(),
        part_samples=part, depth=depth, head=head, neck_and_ears=neck_and_ears, to_image=to_image, from_image=from_image,
    )  # fmt: skip


def _head_rays(head, from_image, size, depth):
    """Samples at which the head is the nearest: their flat indices, depths in pixels and (3, n) positions now."""
    ray = from_image[:, 2]
    speed = np.sqrt(ray @ ray)
    step = (ray / speed).astype(np.float32)
    row, column = np.divmod(np.arange(size[0] * size[1]), size[1])
    x, y = (a.astype(np.float32) * np.float32(1 / SAMPLES) for a in (column, row))
    maps = from_image.astype(np.float32)
    start = np.stack([maps[i, 0] * x + maps[i, 1] * y + maps[i, 3] for i in range(3)])
    rays, at, position = head.meet(start, step)
    at = at * np.float32(1 / speed)
    nearer = at < depth.ravel()[rays]
    return rays[nearer], at[nearer], position[:, nearer]


def turned(rows, normal):
    """(3, n) unit normals in image axes; they go with the transposed inverse of the map of points."""
    x, y, z = normal
    normal = np.stack([rows[i] * x + rows[i + 4] * y + rows[i + 8] * z for i in range(3)])
    normal /= np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2) + np.float32(1e-12)
    return normal
