"""Where on the body each texel of the skin's texture lies, so that skin, brows, lips, beard and scalp can be painted there."""

import functools

import cv2
import numpy as np

from gfla_tf.synthetic.bodies import native
from gfla_tf.synthetic.bodies.repack_body import MASK_SIZE as SIZE
from gfla_tf.synthetic.bodies.template import template

# The head has the right of the texture.
_HEAD_FROM = int(0.62 * SIZE)


@functools.lru_cache(maxsize=1)
def skin_map():
    """The `SkinMap`, made once in a process."""
    return SkinMap()


class SkinMap:
    """Attributes:
    position: (512, 512, 3) float32 of the base mesh at each texel, continued beyond the charts' edges.
    face_box: slices of the texture around the head.
    mouth_height: y of the lips' middle.
    ear: (V,) float32, 1 at the vertices of the ears.
    """

    def __init__(self):
        base = template()
        triangles, uv = base.triangles["body"], base.uv["body"]
        corners = np.ones((triangles.size, 3), np.float32)
        corners[:, 0], corners[:, 1] = uv[..., 0].ravel() * SIZE, (1 - uv[..., 1].ravel()) * SIZE
        count = len(triangles)
        own = np.arange(triangles.size, dtype=np.int32).reshape(count, 3)
        always, both = np.ones((count, 3), np.float32), np.ones(count, np.uint8)
        _, number, barycentric = native.rasterize(corners, own, always, both, SIZE, SIZE)
        inside = number >= 0
        weights = np.concatenate([barycentric[inside], 1 - barycentric[inside].sum(-1, keepdims=True)], -1)
        position = np.zeros((SIZE, SIZE, 3), np.float32)
        position[inside] = np.einsum("pk,pkc->pc", weights, base.vertices[triangles[number[inside]]])
        outside = (~inside).astype(np.uint8)
        _, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        continued = np.zeros((nearest.max() + 1, 3), np.float32)
        continued[nearest[inside]] = position[inside]
        self.position = continued[nearest]

        head = (self.position[..., 1] > 6.0) & (np.abs(self.position[..., 0]) < 1.3)
        head[:, :_HEAD_FROM] = False
        head &= cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        y, x = np.where(head)
        self.face_box = (slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1))
        lips = base.masks["lips"]
        self.mouth_height = float((self.position[..., 1] * lips).sum() / lips.sum())
        ears = cv2.GaussianBlur(base.masks["ears"], (0, 0), 1.5)
        texel = np.clip(np.stack([1 - uv[..., 1], uv[..., 0]], -1) * SIZE, 0, SIZE - 1).astype(int)
        self.ear = np.zeros(len(base.vertices), np.float32)
        self.ear[triangles.ravel()] = ears[texel[..., 0], texel[..., 1]].ravel()
