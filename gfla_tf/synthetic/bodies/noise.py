"""Tiles of noise, always the same, from which textures take random windows: to make them anew each time would cost too much."""

import functools

import cv2
import numpy as np

SIZE = 512
DEVIATIONS = (1, 3, 8, 24, 64)


def _filtered(generator, size, response):
    white = np.fft.rfft2(generator.normal(size=(size, size)))
    tile = np.fft.irfft2(white * response, s=(size, size))
    return (tile / tile.std()).astype(np.float32)


def _frequencies(size):
    return np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]


def _tile(generator, deviation, size=SIZE):
    y, x = _frequencies(size)
    return _filtered(generator, size, np.exp(-2 * (np.pi * deviation) ** 2 * (x**2 + y**2)))


@functools.cache
def _tiles():
    generator = np.random.default_rng(7)
    return {deviation: np.tile(_tile(generator, deviation), (2, 2)) for deviation in DEVIATIONS}


def noise(shape, deviation, rng):
    """Smooth periodic noise of mean 0 and deviation 1.

    Args:
        shape: (height, width), at most 512 each.
        deviation: of the blur, in pixels, one of `DEVIATIONS`.
        rng: numpy Generator, which chooses the window.
    """
    y, x = rng.integers(0, SIZE, 2)
    return _tiles()[deviation][y : y + shape[0], x : x + shape[1]]


@functools.cache
def folds(size=256):
    """(256, 256, 3) int8 slopes of cloth: ridges of several directions, strong in places."""
    generator = np.random.default_rng(11)
    y, x = _frequencies(size)
    height = np.zeros((size, size), np.float32)
    for angle, long, short, weight in (
        (0.0, 26, 5, 1.0),
        (0.5, 24, 6, 0.9),
        (-0.6, 22, 6, 0.9),
        (0.2, 40, 10, 1.2),
    ):
        u, v = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
        ridges = _filtered(generator, size, np.exp(-2 * np.pi**2 * ((u * long) ** 2 + (v * short) ** 2)))
        height += weight * short * ridges * np.clip(0.4 + 0.6 * _tile(generator, 28, size), 0, 1.6)
    slope_x = np.roll(height, -1, 1) - np.roll(height, 1, 1)
    slope_y = np.roll(height, -1, 0) - np.roll(height, 1, 0)
    slopes = np.stack([-slope_x, slope_y, np.zeros_like(slope_x)], -1) / np.hypot(slope_x, slope_y).std()
    return np.clip(slopes * 40, -127, 127).astype(np.int8)


@functools.cache
def strands(size=256):
    """(256, 256) float32 of deviation 1: the streaks of hair, which run down."""
    streaks = cv2.GaussianBlur(_tiles()[1][:size, :size], (0, 0), sigmaX=1.2, sigmaY=40)
    return streaks / streaks.std()


@functools.cache
def grain():
    """(700, 900, 3) float32 white noise of a camera's sensor, of deviation 1."""
    return np.random.default_rng(3).standard_normal((700, 900, 3), np.float32)
