"""The compiled part: skinning, normals, rasterization, shading and flow; see raster.cc. Compiled on first use."""

import ctypes
import functools
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.ops.native.build import build_library

_FLAGS = ("-ffast-math",)


@functools.cache
def _library():
    try:
        return ctypes.CDLL(
            str(build_library(Path(__file__).with_name("raster.cc"), flags=_FLAGS, key=_FLAGS))
        )
    except (GflaError, OSError) as error:
        reason = reason_of(error)
        raise GflaError(
            f"Synthetic bodies are drawn by a compiled program, which cannot be made ({reason}): install g++ or use the "
            "drawn people."
        ) from error


def _pointer(array, kind):
    # C code would read a float64 array, which a NumPy scalar can make of a float32 one, as garbage.
    if array.dtype != kind or not array.flags.c_contiguous:
        raise TypeError(f"{array.dtype} array, contiguous: {array.flags.c_contiguous}; {kind} wanted")
    return array.ctypes.data_as(ctypes.c_void_p)


def _call(name, *arguments):
    kinds = {"f": np.float32, "i": np.int32, "h": np.int16, "B": np.uint8, "b": np.int8, "q": np.int64}
    given = [
        _pointer(a[0], np.dtype(kinds[a[1]])) if isinstance(a, tuple) else ctypes.c_float(a) if isinstance(a, float) else a
        for a in arguments
    ]  # fmt: skip
    getattr(_library(), name)(*given)


def skin(positions, bones, weights, matrices):
    """Linear blend skinning.

    Args:
        positions: (N, 3) float32 at rest.
        bones, weights: (N, 6) int16 and float32, the heaviest first.
        matrices: (bones, 3, 4) float32.

    Returns:
        (N, 3) float32.
    """
    out = np.empty_like(positions)
    _call("skin", len(out), (positions, "f"), (bones, "h"), (weights, "f"), (matrices, "f"), (out, "f"))
    return out


def normals(positions, triangles):
    """(N, 3) float32 unit normals of the vertices, weighted by the triangles' areas."""
    positions, triangles = np.ascontiguousarray(positions), np.ascontiguousarray(triangles, np.int32)
    out = np.empty_like(positions)
    _call("normals", len(out), len(triangles), (positions, "f"), (triangles, "i"), (out, "f"))
    return out


def rasterize(screen, triangles, cut, two_sided, width, height):
    """The nearest surface at each pixel's center.

    Args:
        screen: (N, 3) float32 x, y in pixels (centers at halves) and 1 / depth.
        triangles: (T, 3) int32.
        cut: (T, 3) float32 per corner; what interpolates to less than 0 is not there.
        two_sided: (T,) uint8, seen from behind, too.
        width, height: in pixels.

    Returns:
        (H, W) float32 1 / depth (0: nothing), (H, W) int32 triangle (-1: none), (H, W, 2) float32 barycentric coordinates.
    """
    inverse_depth = np.empty((height, width), np.float32)
    number = np.empty((height, width), np.int32)
    barycentric = np.empty((height, width, 2), np.float32)
    _call("raster", len(triangles), (screen, "f"), (triangles, "i"), (cut, "f"), (two_sided, "B"), width, height,
          (inverse_depth, "f"), (number, "i"), (barycentric, "f"))  # fmt: skip
    return inverse_depth, number, barycentric


def shade(
    size, samples, number, barycentric, mesh, positions, vertex_normals, bump, light, shadow, occlusion
):
    """(H, W, 4) float32 premultiplied linear color and coverage.

    Args:
        size: (height, width) of the picture in samples.
        samples: per pixel and axis.
        number, barycentric: as `rasterize` gives them.
        mesh: has triangles, uv, material, atlas, table, materials, see `Mesh`.
        positions, vertex_normals: (N, 3) float32 in the world.
        bump: (256, 256, 3) int8.
        light: (15,) float32: direction, sun, sky, ground, eye.
        shadow: None, or the light's (3, 4) matrix and its (S, S) depths.
        occlusion: (H, W) float32 share of the sky that is seen.
    """
    height, width = size
    out = np.empty((height // samples, width // samples, 4), np.float32)
    matrix, depths = (
        shadow if shadow is not None else (np.zeros((3, 4), np.float32), np.zeros((1, 1), np.float32))
    )
    _call("shade", width, height, samples, (number, "i"), (barycentric, "f"), (mesh.triangles, "i"), (positions, "f"),
          (vertex_normals, "f"), (mesh.uv, "f"), (mesh.material, "B"), (mesh.atlas, "B"), (mesh.table, "q"),
          (mesh.materials, "f"), (bump, "b"), (light, "f"), (matrix, "f"), 0 if shadow is None else len(depths),
          (depths, "f"), (occlusion, "f"), (out, "f"))  # fmt: skip
    return out


def flow(
    number, barycentric, mesh, own_screen, source_screen, samples, source_depth, source_number, tolerance
):
    """Where each pixel of the target lies in the source.

    Args:
        number, barycentric: (H, W), (H, W, 2) of the target, at the centers of its pixels.
        mesh: has triangles and layer (uint8 per triangle).
        own_screen, source_screen: (N, 3) float32 of the target and of the source.
        samples: of the source per pixel and axis.
        source_depth, source_number: its buffers at those samples.
        tolerance: by which depths may differ, in decimeters.

    Returns:
        (H, W, 2) float32 in pixels and (H, W) bool, whether the source shows that point.
    """
    height, width = number.shape
    out, visible = np.empty((height, width, 2), np.float32), np.empty((height, width), np.uint8)
    _call(
        "flow", width, height, (number, "i"), (barycentric, "f"), (mesh.triangles, "i"), (own_screen, "f"),
        (source_screen, "f"), samples, (source_depth, "f"), (source_number, "i"), (mesh.layer, "B"),
        float(tolerance), (out, "f"), (visible, "B"),
    )  # fmt: skip
    return out, visible > 0
