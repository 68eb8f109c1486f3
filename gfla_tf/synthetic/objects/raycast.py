"""Ray casting of convex solids: which is seen along each ray, and how near.

Along the rays of a perspective camera the inverse depth 1 / Z at which a face's plane is met is an affine function of the
pixel. Faces that look at the camera bound a solid's near end, all others its far end: a ray hits where the least inverse
depth of the former exceeds the greatest of the latter.
"""

import numpy as np

NOTHING = -1


def planes(solid, camera):
    """(faces, 3) coefficients (column, row, 1) of each face's inverse depth, and (faces,) whether it looks at the camera."""
    beyond = solid.offsets - (solid.normals * camera.position).sum(axis=1)
    along = (solid.normals[:, :, None] * camera.rays).sum(axis=1)
    return along / np.where(np.abs(beyond) > 1e-9, beyond, 1e-9)[:, None], beyond < 0


def bounds(solids, camera):
    """(solids, 2) least and greatest (column, row) of the boxes around solids in the image."""
    corners = np.stack([solid.corners for solid in solids])[:, :, None]
    places = (camera.to_image[:, :3] * corners).sum(axis=3) + camera.to_image[:, 3]
    places = places[..., :2] / places[..., 2:]
    return places.min(axis=1), places.max(axis=1)


def inverse_depth(solid, camera, x, y):
    """Inverse depth at which rays through pixels (x, y), float32 and broadcast, enter a solid; 0 where they miss it."""
    coefficients, facing = planes(solid, camera)
    near, far = None, np.float32(0)
    for (a, b, c), faces_camera in zip(coefficients.astype(np.float32), facing, strict=True):
        plane = (a * x + c) + b * y
        if faces_camera:
            near = plane if near is None else np.minimum(near, plane, out=near)
        else:
            far = np.maximum(far, plane)
    return np.where(near > far, near, np.float32(0))


def cast(solids, camera, size, step):
    """What is seen at the samples (column * step, row * step).

    Args:
        solids: of the object.
        camera: Camera.
        size: (rows, columns) of samples.
        step: distance between samples in pixels.

    Returns:
        solid (rows, columns) int8, NOTHING where there is none; inverse depth (rows, columns) float32, 0 there.
    """
    seen, best = np.full(size, NOTHING, np.int8), np.zeros(size, np.float32)
    x = np.arange(size[1], dtype=np.float32) * np.float32(step)
    y = (np.arange(size[0], dtype=np.float32) * np.float32(step))[:, None]
    low, high = bounds(solids, camera)
    first = np.maximum(np.ceil(low / step), 0).astype(int).tolist()
    last = np.minimum(np.floor(high / step) + 1, (size[1], size[0])).astype(int).tolist()
    for number, (solid, (x0, y0), (x1, y1)) in enumerate(zip(solids, first, last, strict=True)):
        if x0 >= x1 or y0 >= y1:
            continue
        box = (slice(y0, y1), slice(x0, x1))
        found = inverse_depth(solid, camera, x[x0:x1], y[y0:y1])
        nearer = found > best[box]
        np.copyto(best[box], found, where=nearer)
        np.copyto(seen[box], np.int8(number), where=nearer)
    return seen, best


def points(camera, x, y, inverse):
    """(3, n) float32 places in the object's axes of what is seen at pixels (x, y) at an inverse depth."""
    depth = 1 / inverse
    rays, position = camera.rays.astype(np.float32), camera.position.astype(np.float32)
    return np.stack([position[i] + (rays[i, 0] * x + rays[i, 1] * y + rays[i, 2]) * depth for i in range(3)])


def project(camera, point):
    """Columns, rows and depths of (3, n) points."""
    rows = camera.to_image.astype(np.float32)
    x, y, depth = (r[0] * point[0] + r[1] * point[1] + (r[2] * point[2] + r[3]) for r in rows)
    return x / depth, y / depth, depth


def normals(solid, point):
    """Unit normals at (3, n) points of a solid's surface: of the face they lie on, and with edges rounded for the light."""
    normal, offset = solid.normals.astype(np.float32), solid.offsets.astype(np.float32)
    beneath = np.stack(
        [d - (a * point[0] + b * point[1] + c * point[2]) for (a, b, c), d in zip(normal, offset)]
    )
    flat = normal[beneath.argmin(axis=0)].T
    share = np.maximum(1 - np.maximum(beneath, 0) * np.float32(1 / solid.rounding), 0)
    share *= share
    rounded = np.zeros_like(point)
    for face, weight in zip(normal, share):
        if weight.any():
            rounded += face[:, None] * weight
    rounded /= np.sqrt(rounded[0] ** 2 + rounded[1] ** 2 + rounded[2] ** 2) + np.float32(1e-12)
    return flat, rounded
