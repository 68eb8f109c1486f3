"""Fills a hole in a picture with what is around it: what may have been behind the person of a photo.

"Space-Time Completion of Video" (Wexler, Shechtman and Irani, PAMI 2007), for one picture: every patch that touches the hole is
to look like one of the picture elsewhere. From coarse to fine, the most similar patches are found, and vote for its pixels.
On coarse levels the search is exact, a product of matrices; on finer ones it is around the places of the level above.
JavaScript has the same, tested on the same picture.
"""

import cv2
import numpy as np

from gfla_tf.data.bleeding import grown

REACH = 3  # of a patch around its middle, in pixels
COARSEST = 24  # pixels a side, at least
SEARCHED = 64  # pixels a side, at most, of levels that are searched all over
ROUNDS = 3, 1  # of searching and voting, on these levels and on finer ones
SHARP = 0.75  # quantile of the patches' errors at which a vote counts exp(-1/2)
LEAST = 1e-6  # that a vote counts


def completed(picture, hole):
    """The picture without its hole.

    Args:
        picture: uint8 (H, W, 3).
        hole: bool (H, W), the pixels to be filled.

    Returns:
        uint8 (H, W, 3), the picture itself outside the hole; and in it, where everything is unknown.
    """
    if not hole.any() or hole.all():
        return picture
    levels = [(picture.astype(np.float32), hole)]
    while min(hole.shape) >= 2 * COARSEST and not any(extent % 2 for extent in hole.shape):
        picture, hole = _halved(*levels[-1])
        levels.append((picture, hole))
    found = None
    for known, missing in levels[::-1]:
        touches = _touching(missing)
        if found is None:
            filled = grown(known, missing)
        else:
            found = _enlarged(found, missing.shape)
            filled = cv2.resize(filled, missing.shape[::-1], interpolation=cv2.INTER_LINEAR)
            filled = np.where(missing[..., None], filled, known)
        small = max(missing.shape) <= SEARCHED
        if touches.all() or (found is None and not small):
            continue
        for _ in range(ROUNDS[0 if small else 1]):
            patches = _patches(filled)
            found, errors = _search(patches, touches) if small else _nearby(patches, touches, found)
            filled = _voted(filled, missing, touches, found, errors)
    return np.rint(filled).clip(0, 255).astype(np.uint8)


def _halved(picture, hole):
    """A picture of half the size, of the known pixels alone, and its hole: where less than half is known."""
    height, width = hole.shape
    fours = height // 2, 2, width // 2, 2
    known = (~hole).astype(np.float32)
    share = known.reshape(fours).mean(axis=(1, 3))
    small = (picture * known[..., None]).reshape(*fours, 3).mean(axis=(1, 3))
    return small / np.maximum(share, 1e-6)[..., None], share < 0.5


def _touching(hole):
    """(H, W) bool: which patches, by their middles, touch the hole."""
    side = 2 * REACH + 1
    return cv2.dilate(hole.astype(np.uint8), np.ones((side, side), np.uint8)) > 0


def _patches(filled):
    """(H * W, values) float32: the patch around each pixel."""
    padded = cv2.copyMakeBorder(filled, *[REACH] * 4, cv2.BORDER_REFLECT_101)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * REACH + 1,) * 2, axis=(0, 1))
    return windows.reshape(filled.shape[0] * filled.shape[1], -1)


def _search(patches, touches):
    """The most similar whole patch for each that touches the hole.

    Returns:
        (H, W, 2) int64: y and x of its middle, 0 elsewhere; (n,) the mean squared differences, in the order of `touches`.
    """
    middles, choices = np.flatnonzero(touches), np.flatnonzero(~touches)
    wanted, offered = patches[middles], patches[choices]
    distances = (offered**2).sum(axis=1) - 2 * wanted @ offered.T
    best = distances.argmin(axis=1)
    found = np.zeros((*touches.shape, 2), np.int64)
    found[touches] = np.stack(np.divmod(choices[best], touches.shape[1]), axis=-1)
    errors = distances[np.arange(len(middles)), best] + (wanted**2).sum(axis=1)
    return found, errors / patches.shape[1]


def _nearby(patches, touches, found):
    """As `_search`, of the patches around those that were found; one that touches the hole counts where there is no other."""
    wanted, width = patches[touches.ravel()], touches.shape[1]
    best, errors = found[touches], np.full(len(wanted), np.inf)
    start = best
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            places = (start + np.array([dy, dx])).clip(0, np.array(touches.shape) - 1)
            error = ((wanted - patches[places[:, 0] * width + places[:, 1]]) ** 2).mean(axis=1)
            error = np.where(touches[places[:, 0], places[:, 1]], 1e6 + error, error)
            best = np.where((error < errors)[:, None], places, best)
            errors = np.minimum(errors, error)
    found = found.copy()
    found[touches] = best
    return found, errors


def _enlarged(found, shape):
    """What was found on a level of half the size, for one of `shape`."""
    y, x = (np.arange(extent) for extent in shape)
    places = 2 * found[np.ix_(y // 2, x // 2)] + np.stack(np.meshgrid(y % 2, x % 2, indexing="ij"), axis=-1)
    return places.clip(0, np.array(shape) - 1)


def _voted(filled, hole, touches, found, errors):
    """The picture whose hole has the mean of what all patches say of a pixel, those of similar patches counting more."""
    scale = max(float(np.quantile(errors, SHARP)), 1e-3)
    weights = np.exp(-errors / (2 * scale)).clip(LEAST).astype(np.float32)[:, None]
    total, share = np.zeros_like(filled), np.full((*hole.shape, 1), 1e-9, np.float32)
    padded = cv2.copyMakeBorder(filled, *[REACH] * 4, cv2.BORDER_REFLECT_101)
    middles, sources = np.argwhere(touches), found[touches]
    for offset in np.ndindex(2 * REACH + 1, 2 * REACH + 1):
        to, of = middles + offset - REACH, sources + offset
        inside = ((to >= 0) & (to < hole.shape)).all(axis=1)
        to, of = tuple(to[inside].T), tuple(of[inside].T)
        total[to] += weights[inside] * padded[of]  # each place once
        share[to] += weights[inside]
    return np.where(hole[..., None], total / share, filled)
