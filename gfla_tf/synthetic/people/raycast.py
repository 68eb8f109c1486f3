"""Analytic ray casting of round cones with parallel rays: which part is seen at each sample, and how far away.

The intersection with a round cone is the side's (a quadratic) where it lies between the circles in which the two
spheres touch the side, and the nearer sphere's elsewhere. Every ray starts at its point nearest to the first sphere's
center, measured in the part's own coordinates, which removes most terms of the quadratic.
"""

import numpy as np

from gfla_tf.synthetic.people.camera import boxes

FAR = np.float32(1e30)
NOBODY = -1


def inverse_maps(to_image):
    """(parts, 3, 4) maps from (x, y, depth) in the image to each part's coordinates."""
    linear = np.linalg.inv(to_image[:, :, :3])
    return np.concatenate([linear, -linear @ to_image[:, :, 3:]], axis=2)


def cast(to_image, from_image, body, size, step):
    """Nearest part at the samples (column * step, row * step).

    Args:
        to_image, from_image: (parts, 3, 4) maps between part coordinates and (x, y, depth), and back.
        body: Body.
        size: (rows, columns) of samples.
        step: distance between samples in pixels.

    Returns:
        part (rows, columns) int8, NOBODY where no part is hit; depth (rows, columns) float32 in pixels, FAR there.
    """
    part = np.full(size, NOBODY, np.int8)
    depth = np.full(size, FAR, np.float32)
    low, high = boxes(to_image, body)
    first = np.maximum(np.ceil(low / step), 0).astype(int).tolist()
    last = np.minimum(np.floor(high / step) + 1, (size[1], size[0])).astype(int).tolist()

    ray = from_image[:, :, 2]
    speed = np.sqrt((ray**2).sum(axis=1))  # in part coordinates per pixel of depth
    ray = ray / speed[:, None]
    # The ray through (x, y) passes nearest to the start at base + x * per_x + y * per_y, at the depth
    # depth_base + x * depth_x + y * depth_y.
    rest = from_image[:, :, [3, 0, 1]]
    shift = (rest * ray[:, :, None]).sum(axis=1)
    near = rest - ray[:, :, None] * shift[:, None, :]
    depth_of = -shift / speed[:, None]
    x = np.arange(size[1], dtype=np.float32) * np.float32(step)
    y = (np.arange(size[0], dtype=np.float32) * np.float32(step))[:, None]
    near, depth_of, ray_y = near.tolist(), depth_of.tolist(), ray[:, 1].tolist()
    lengths, radii, speed = body.lengths.tolist(), body.radii.tolist(), speed.tolist()

    for i, ((x0, y0), (x1, y1)) in enumerate(zip(first, last)):
        if x0 >= x1 or y0 >= y1:
            continue
        columns, rows = x[x0:x1], y[y0:y1]
        position = [(p0 + px * columns) + py * rows for p0, px, py in near[i]]
        t = _hit(*position, ray_y[i], lengths[i], *radii[i], bool(body.open[i]))
        d0, dx, dy = depth_of[i]
        t *= 1 / speed[i]
        t += (d0 + dx * columns) + dy * rows
        box = (slice(y0, y1), slice(x0, x1))
        nearer = t < depth[box]
        np.copyto(depth[box], t, where=nearer)
        np.copyto(part[box], np.int8(i), where=nearer)
    return part, depth


def _hit(x, y, z, ray_y, length, a, b, is_open):
    """Distance along rays through (x, y, z), their points nearest to the origin, to the round cone; FAR where none."""
    taper = a - b
    side = length**2 - taper**2
    along = length * ray_y
    k2 = side - along**2
    k2 = k2 if abs(k2) > 1e-9 else 1e-9  # a ray along the side of the cone: the spheres decide
    away = x * x
    away += y * y
    away += z * z
    axial = y * length
    axial -= taper * a  # position along the axis, from the first touching circle
    # h = k1^2 - k0 k2 of the side's quadratic k2 t^2 + 2 k1 t + k0, divided by `side`
    k0 = side * away
    k0 -= axial * axial
    k0 += (taper * a) ** 2 - (length * a) ** 2
    h = axial * axial
    h *= along**2
    h -= k0 * k2
    t = np.sqrt(np.maximum(h, 0))
    t *= -1 / k2
    t += axial * (along / k2)
    on_axis = axial + t * along
    valid = h >= 0
    valid &= on_axis >= 0
    valid &= on_axis <= side
    if is_open:
        return np.where(valid, t, FAR)
    first = a * a - away
    caps = np.where(first >= 0, -np.sqrt(np.maximum(first, 0)), FAR)
    second = (y * (2 * length) - away) + (along**2 - length**2 + b * b)
    np.minimum(caps, np.where(second >= 0, along - np.sqrt(np.maximum(second, 0)), FAR), out=caps)
    return np.where(valid, t, caps)


def gather(maps, part):
    """(12, n) float32: the rows of each point's own 3 x 4 map, one after the other."""
    return maps.reshape(-1, 12).T.astype(np.float32)[:, part]


def surface(rows, x, y, depth):
    """(3, n) part coordinates of n points of the image; `rows` = gather(from_image, part)."""
    return np.stack([rows[i] * x + rows[i + 1] * y + (rows[i + 2] * depth + rows[i + 3]) for i in (0, 4, 8)])


def normals(rows, part, point, body):
    """(3, n) float32 unit normals, in image axes, at (3, n) surface points given in part coordinates.

    The normal at a point leaves that sphere on the axis which touches the hull there; `rows` as in `surface`.
    """
    taper = body.radii[:, 0] - body.radii[:, 1]
    slope = (taper / np.sqrt(body.lengths**2 - taper**2)).astype(np.float32)[part]
    length = body.lengths.astype(np.float32)[part]
    x, y, z = point
    center = y - np.sqrt(x * x + z * z) * slope
    y = y - np.minimum(np.maximum(center, 0), length)
    # Normals go with the transposed inverse of the map of points.
    normal = np.stack([rows[i] * x + rows[i + 4] * y + rows[i + 8] * z for i in range(3)])
    normal /= np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2) + np.float32(1e-12)
    return normal
