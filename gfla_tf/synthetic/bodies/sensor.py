"""What real cameras and files do to a picture: blur, the sensor's noise, compression."""

import io

import cv2
import numpy as np
from PIL import Image

from gfla_tf.synthetic.bodies.noise import grain


def photographed(image, rng, strength=1.0):
    """A picture as an ordinary camera would have stored it.

    Args:
        image: (H, W, 3) uint8 RGB.
        rng: numpy Generator.
        strength: scales blur, noise and the loss of compression; 0 gives the picture back.

    Returns:
        (H, W, 3) uint8.
    """
    if strength <= 0:
        return image
    picture = image.astype(np.float32)
    blur = strength * max(0.0, rng.normal(0.2, 0.22))
    if blur > 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if rng.random() < 0.12:  # a hand that moves
        length, angle = int(rng.integers(2, 5)), rng.uniform(0, np.pi)
        kernel = np.zeros((5, 5), np.float32)
        half = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        ends = [tuple(np.round(2 + sign * half).astype(int).tolist()) for sign in (-1, 1)]
        cv2.line(kernel, *ends, 1.0, 1)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    height, width = image.shape[:2]
    tile = grain()
    y, x = rng.integers(0, max(1, tile.shape[0] - height)), rng.integers(0, max(1, tile.shape[1] - width))
    noise = tile[y : y + height, x : x + width]
    if noise.shape == picture.shape:
        picture = picture + noise * np.float32(strength * rng.uniform(0, 0.013) * 255)
    picture = np.clip(picture + np.float32(0.5), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=int(100 - strength * rng.uniform(4, 24)))
    return np.asarray(Image.open(buffer))
