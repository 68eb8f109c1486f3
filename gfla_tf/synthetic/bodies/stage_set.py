"""A stage set: boxes, blobs and planes with small textures, drawn once behind a person by the same rasterizer."""

import numpy as np

from gfla_tf.synthetic.bodies import native
from gfla_tf.synthetic.bodies.noise import folds
from gfla_tf.synthetic.bodies.pieces import grid
from gfla_tf.synthetic.bodies.vectors import rotation, unit

SAMPLES = 2
_FACES = np.array([
    [[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], [[1, -1, -1], [-1, -1, -1], [-1, 1, -1], [1, 1, -1]],
    [[1, -1, 1], [1, -1, -1], [1, 1, -1], [1, 1, 1]], [[-1, -1, -1], [-1, -1, 1], [-1, 1, 1], [-1, 1, -1]],
    [[-1, 1, 1], [1, 1, 1], [1, 1, -1], [-1, 1, -1]], [[-1, -1, -1], [1, -1, -1], [1, -1, 1], [-1, -1, 1]],
], float)  # fmt: skip


class StageSet:
    """Things that stand behind a person. Lengths in decimeters; textures are (h, w, 3) float32 sRGB."""

    def __init__(self):
        self._points, self._normals, self._triangles, self._uv, self._texture = [], [], [], [], []
        self._textures, self._count = [], 0

    def texture(self, image):
        """The number of a texture, at most 256 of them."""
        self._textures.append(np.asarray(image, np.float32))
        return len(self._textures) - 1

    def plain(self, color):
        return self.texture(np.broadcast_to(np.float32(color), (2, 2, 3)))

    def _add(self, points, normals, triangles, uv, texture):
        self._points.append(points)
        self._normals.append(np.broadcast_to(normals, points.shape))
        self._triangles.append(triangles + self._count)
        self._uv.append(uv[triangles])
        self._texture.append(np.full(len(triangles), texture))
        self._count += len(points)

    def plane(self, corner, along, up, texture, repeat=(1.0, 1.0), cells=(12, 12)):
        """A rectangle in cells, so that what lies behind the camera can be left out.

        Args:
            corner, along, up: (3,) a corner and the two edges from it; the normal is along x up.
            repeat: of the texture along both.
        """
        u, v = np.meshgrid(np.linspace(0, 1, cells[0] + 1), np.linspace(0, 1, cells[1] + 1))
        u, v = u.ravel()[:, None], v.ravel()[:, None]
        points = np.asarray(corner) + u * np.asarray(along) + v * np.asarray(up)
        uv = np.concatenate([u * repeat[0], (1 - v) * repeat[1]], axis=1)
        self._add(points, unit(np.cross(along, up)), grid(cells[1] + 1, cells[0] + 1), uv, texture)

    def box(self, center, half, texture, turn=0.0, repeat=(1.0, 1.0), top=None):
        """A box turned about the vertical; `top`: another texture of its upper side."""
        spin = rotation([0, 1, 0], turn)
        corners = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], float) * repeat
        for number, face in enumerate(_FACES):
            points = (face * half) @ spin.T + center
            normal = spin @ face.mean(axis=0)
            self._add(
                points,
                normal,
                np.array([[0, 1, 2], [0, 2, 3]]),
                corners,
                top if top is not None and number == 4 else texture,
            )

    def blob(self, center, radius, texture, rough=0.15, rng=None):
        """A rounded, uneven thing: a crown of leaves, a cushion."""
        rows, columns = 9, 13
        turn, down = np.meshgrid(np.linspace(0, 2 * np.pi, columns), np.linspace(0, np.pi, rows))
        ball = np.stack(
            [np.sin(down) * np.sin(turn), np.cos(down), np.sin(down) * np.cos(turn)], axis=-1
        ).reshape(-1, 3)
        waves = (
            sum(np.sin(ball @ rng.normal(0, 4, 3) + rng.uniform(0, 6)) for _ in range(4)) / 2 if rng else 0
        )
        points = ball * (1 + rough * np.asarray(waves))[..., None] * radius + center
        uv = np.stack([turn.ravel() / np.pi * 2, down.ravel() / np.pi * 2], axis=1)
        self._add(points, ball, grid(rows, columns), uv, texture)

    def render(self, camera, light, samples=SAMPLES):
        """(H, W, 4) float32 linear color, premultiplied, and coverage; `samples` per pixel and axis."""
        points = np.ascontiguousarray(np.concatenate(self._points), np.float32)
        self.normals = np.ascontiguousarray(np.concatenate(self._normals), np.float32)
        depth = (points - camera.eye.astype(np.float32)) @ camera.turn[2].astype(np.float32)
        triangles = np.ascontiguousarray(np.concatenate(self._triangles), np.int32)
        before = (depth[triangles] < -1.0).all(axis=1)
        self.triangles = np.ascontiguousarray(triangles[before])
        self.uv = np.ascontiguousarray(np.concatenate(self._uv)[before], np.float32)
        self.material = np.ascontiguousarray(np.concatenate(self._texture)[before], np.uint8)
        self.atlas, self.table = _pack(self._textures)
        self.materials = np.tile(np.float32([0, 1, 0, 10, 0.3, 0, 1, 0]), (len(self._textures), 1))
        height, width = (side * samples for side in camera.size)
        screen = camera.project(points) * np.float32([samples, samples, 1])
        cut, both = np.ones((len(self.triangles), 3), np.float32), np.ones(len(self.triangles), np.uint8)
        _, number, barycentric = native.rasterize(screen, self.triangles, cut, both, width, height)
        occlusion = np.ones((height, width), np.float32)
        return native.shade((height, width), samples, number, barycentric, self, points, self.normals, folds(),
                            light.packed(camera.eye), None, occlusion)  # fmt: skip


def _pack(textures):
    table, data, offset = np.zeros((len(textures), 3), np.int64), [], 0
    for number, image in enumerate(textures):
        table[number] = offset, image.shape[1], image.shape[0]
        data.append(np.clip(image * 255, 0, 255).astype(np.uint8).ravel())
        offset += image.size
    return np.concatenate(data), table
