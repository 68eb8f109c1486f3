"""The skin's texture: tone, blush, lips, brows, lashes, beard and the scalp below the hair, painted where they lie."""

import cv2
import numpy as np

from gfla_tf.synthetic.bodies.hair import above_hairline
from gfla_tf.synthetic.bodies.noise import noise
from gfla_tf.synthetic.bodies.repack_body import MASK_SIZE
from gfla_tf.synthetic.bodies.skin_map import skin_map
from gfla_tf.synthetic.bodies.template import template

# Of the three ancestries, from the darkest to the lightest tones that occur.
_TONES = np.array([[[0.21, 0.13, 0.09], [0.55, 0.37, 0.27]], [[0.62, 0.45, 0.33], [0.90, 0.74, 0.61]],
                   [[0.74, 0.55, 0.44], [0.93, 0.77, 0.68]]])  # fmt: skip
_RED = np.float32([1.03, 0.88, 0.86])


def paint_skin(shape, hair, bare, rng):
    """(512, 512, 3) float32 sRGB.

    Args:
        bare: whether the trunk is seen.
    """
    masks = template().masks
    share = rng.random()
    tones = _TONES[:, 0] * (1 - share) + _TONES[:, 1] * share
    tone = (shape.ancestry @ tones * rng.uniform(0.95, 1.05)).astype(np.float32)
    coarse = (MASK_SIZE // 2, MASK_SIZE // 2)
    mottle = 1 + np.float32(0.025) * noise(coarse, 8, rng) + np.float32(0.015) * noise(coarse, 1, rng)
    mottle = cv2.resize(mottle, (MASK_SIZE, MASK_SIZE), interpolation=cv2.INTER_LINEAR)
    mottle += np.float32(0.12) * masks["fingernails"]
    skin = mottle[..., None] * tone
    if bare:
        skin *= 1 - masks["aureolae"][..., None] * np.float32([0.15, 0.4, 0.38])
    _paint_face(skin[skin_map().face_box], tone, shape, hair, rng)
    return skin


class _Face:
    """The head's part of the texture, with the places of its texels on the base mesh."""

    def __init__(self):
        box = skin_map().face_box
        self.place = skin_map().position[box]
        self.masks = {name: mask[box] for name, mask in template().masks.items()}
        self.x, self.y, self.z = np.moveaxis(self.place, -1, 0)
        self.side = np.abs(self.x)
        self.head = (self.y > 6.0) & (self.side < 1.3)
        self.front = np.clip((self.z - 0.7) / 0.4, 0, 1) * self.head

    def blot(self, side, height, radius):
        return np.exp(-(((self.side - side) / radius) ** 2 + ((self.y - height) / radius) ** 2)) * self.front


def _lay(skin, cover, color):
    skin += cover[..., None].astype(np.float32) * (np.float32(color) - skin)


def _paint_face(skin, tone, shape, hair, rng):
    face = _Face()
    blush = 0.6 * face.blot(0.42, 6.95, 0.22) + 0.5 * face.blot(0.0, 7.0, 0.12)
    skin *= 1 + (rng.uniform(0.4, 1.1) * blush)[..., None] * (_RED - 1)
    skin *= 1 - 0.16 * face.blot(0.3, 7.3, 0.17)[..., None]
    _paint_lips(skin, face, tone, shape, rng)
    thick = rng.uniform(0.024, 0.04) * (0.75 if shape.female else 1.1)
    arch = 7.50 + 0.07 * np.sin(np.clip((face.side - 0.1) / 0.42, 0, 1) * 2.2)
    arch = arch - 0.05 * np.clip((face.side - 0.4) / 0.15, 0, 1)
    brow = np.clip(1.5 - np.abs(face.y - arch) / thick, 0, 1) * np.clip((face.side - 0.1) / 0.05, 0, 1)
    brow *= np.clip((0.56 - face.side) / 0.08, 0, 1) * (face.z > 0.9) * face.head
    _lay(skin, 0.7 * brow, np.minimum(hair.color, 0.45) * 0.8)
    lashes = face.masks["eyelids"] * np.exp(-(((face.y - 7.3) / 0.05) ** 2))
    skin *= 1 - (0.5 if shape.female else 0.35) * lashes[..., None]
    if shape.age > 0.35:  # lines from the nose to the mouth, and below the eyes
        lines = np.exp(-(((face.side - 0.27 - 0.3 * (6.95 - face.y)) / 0.05) ** 2)) * face.front
        lines *= np.exp(-(((face.y - 6.82) / 0.1) ** 2))
        skin *= 1 - 0.12 * shape.age * (lines + face.blot(0.3, 7.12, 0.07))[..., None]
    if not shape.female and rng.random() < 0.5:
        _paint_beard(skin, face, hair, rng)
    if hair.style != "bald" or shape.age < 0.5:
        _paint_scalp(skin, face, hair, rng)


def _paint_lips(skin, face, tone, shape, rng):
    lips = tone * [0.93, 0.70, 0.69]
    if shape.female:
        lips = (0.55 * np.array([0.72, 0.38, 0.36]) + 0.45 * tone) * (0.4 + 0.7 * tone.mean())
        if rng.random() < 0.18:
            lips = np.array([[0.6, 0.17, 0.2], [0.52, 0.22, 0.27], [0.74, 0.36, 0.38]][rng.integers(3)])
    _lay(skin, face.masks["inside-mouth"], np.array([0.33, 0.11, 0.11]))
    _lay(skin, face.masks["lips"] * 0.85, lips)
    gap = np.exp(-(((face.y - skin_map().mouth_height) / 0.025) ** 2)) * face.masks["lips"]
    skin *= 1 - 0.5 * gap[..., None].astype(np.float32)


def _paint_beard(skin, face, hair, rng):
    kind = rng.choice(["stubble", "full", "goatee", "mustache"], p=[0.45, 0.35, 0.1, 0.1])
    jaw = np.interp(face.z, [0.35, 0.8, 1.3], [7.0, 6.75, 6.8])
    cover = np.clip((jaw - face.y) / 0.12, 0, 1) * np.clip((face.z - 0.3) / 0.2, 0, 1)
    cover *= face.head * np.clip((face.y - 6.05) / 0.1, 0, 1)
    if kind == "goatee":
        cover *= np.clip((0.36 - face.side) / 0.08, 0, 1)
    elif kind == "mustache":
        cover *= np.clip((face.y - 6.62) / 0.05, 0, 1) * np.clip((0.4 - face.side) / 0.08, 0, 1)
    cover *= 1 - np.clip(face.masks["lips"] * 1.4, 0, 1)
    cover = np.clip(cover * (1 + 0.25 * noise(cover.shape, 3, rng)), 0, 1)
    strength = rng.uniform(0.15, 0.4) if kind == "stubble" else rng.uniform(0.7, 0.9)
    _lay(skin, cover * strength, hair.color * 0.85)


def _paint_scalp(skin, face, hair, rng):
    """Hair's color below the cap, thinning out over some millimeters in strands: no edge is seen where the cap begins."""
    edge = above_hairline(face.place, hair.recession)
    ragged = 0.05 * noise(edge.shape, 3, rng) + 0.05 * noise(edge.shape, 8, rng)
    cover = np.clip((edge + ragged) / 0.22 + 0.45, 0, 1) * (face.y > 6.3) * (face.side < 1.25)
    cover *= 1 - np.clip(2 * face.masks["ears"], 0, 1)
    strength = {"bald": 0.18, "buzz": 0.75}.get(hair.style, 0.92)
    _lay(skin, cover * strength, hair.color)
