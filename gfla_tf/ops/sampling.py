"""Sampling an image where a flow field says.

Both samplers read `image` at position + flow, where flow[..., 0] is x and flow[..., 1] is y in pixels of the image, and
every tap that falls outside is clamped to the border on its own (replicate border). The integer and the fractional part
of a position both come from the flow alone, so that half precision never has to represent position + fraction.

A flow that points far outside, infinitely far included, gives the border pixel. A flow that is NaN gives NaN at that very
position and nowhere else. Neither can fail: indices are clamped as integers before anything is gathered.
"""

from keras import ops


def edge_pad(image, size):
    """Extends (batch, height, width, channels) by `size` replicated pixels on every side."""
    if size == 0:
        return image
    # Slices and concatenations: MIRROR_PAD knows no replicate border, and mobile delegates no shrinking slice.
    top, bottom = image[:, :1], image[:, -1:]
    image = ops.concatenate([top] * size + [image] + [bottom] * size, axis=1)
    left, right = image[:, :, :1], image[:, :, -1:]
    return ops.concatenate([left] * size + [image] + [right] * size, axis=2)


def split_flow(flow, image_size):
    """Splits a flow into whole pixels and a fraction in [0, 1): flow = whole + fraction.

    Args:
        flow: (batch, height, width, 2), in pixels.
        image_size: (height, width) of the image that is read; flows are limited to what leaves it on either side.

    Returns:
        (whole x, whole y) int32 and (fraction x, fraction y) float32, each (batch, height, width).
    """
    flow = ops.cast(flow, "float32")
    whole, fraction = [], []
    for channel, extent in ((0, image_size[1]), (1, image_size[0])):
        limit = 2.0 * extent + 16.0
        component = ops.clip(flow[..., channel : channel + 1], -limit, limit)
        floor = ops.floor(component)
        shape = ops.shape(component)[:-1]
        whole.append(ops.reshape(ops.cast(floor, "int32"), shape))
        fraction.append(ops.reshape(component - floor, shape))
    return whole, fraction


class Taps:
    """Integer positions in an image, addressed relative to where a flow points.

    Args:
        image_size: static (height, width) of the image that is read.
        whole: (x, y) int32 of shape (batch, height, width): the whole part of the flow.
        offset: added to every position; the image's pixel (offset, offset) is the flow grid's (0, 0).
    """

    def __init__(self, image_size, whole, offset=0):
        self.height, self.width = image_size
        batch, rows, columns = ops.shape(whole[0])
        self.shape = (batch, rows, columns)
        self._x = whole[0] + ops.reshape(ops.arange(columns, dtype="int32") + offset, (1, 1, columns))
        self._y = whole[1] + ops.reshape(ops.arange(rows, dtype="int32") + offset, (1, rows, 1))
        first = ops.reshape(ops.arange(batch, dtype="int32") * (self.height * self.width), (-1, 1, 1))
        # A batch of one, as on the phone, needs no offset per sample. (An open batch size is a tensor.)
        self._first = None if isinstance(batch, int) and batch == 1 else first

    def rows(self, dy):
        """Flat index of the first pixel of the row at y + dy, clamped."""
        index = ops.clip(self._y + dy, 0, self.height - 1) * self.width
        return index if self._first is None else index + self._first

    def columns(self, dx):
        """Column index at x + dx, clamped."""
        return ops.clip(self._x + dx, 0, self.width - 1)


def flatten_pixels(image):
    """(batch, height, width, channels) as (batch * height * width, channels)."""
    return ops.reshape(image, (-1, image.shape[-1]))


def gather_pixels(pixels, index):
    """Rows `index` (any shape) of the flattened image `pixels`, as index.shape + (channels,)."""
    values = ops.take(pixels, ops.reshape(index, (-1,)), axis=0)  # 1-D indices: what mobile delegates accept
    return ops.reshape(values, (*ops.shape(index), pixels.shape[-1]))


def bilinear_sample(image, flow, offset=0):
    """Bilinear samples of `image` at position + offset + flow, with a replicate border.

    Args:
        image: (batch, H, W, channels).
        flow: (batch, h, w, 2): x, y in pixels of the image. The image may be larger than the flow grid.
        offset: position of the flow grid's pixel (0, 0) in the image, the same in x and y.

    Returns:
        (batch, h, w, channels). Differentiable in the image and in the flow.
    """
    size = tuple(image.shape[1:3])
    whole, (fx, fy) = split_flow(flow, size)
    taps = Taps(size, whole, offset)
    pixels = flatten_pixels(image)
    fx, fy = (ops.expand_dims(ops.cast(f, image.dtype), -1) for f in (fx, fy))
    left, right = taps.columns(0), taps.columns(1)

    def row(dy):
        first = taps.rows(dy)
        return gather_pixels(pixels, first + left) * (1 - fx) + gather_pixels(pixels, first + right) * fx

    return row(0) * (1 - fy) + row(1) * fy


def gaussian_sample(image, flow, sigma=2.0, kernel=4):
    """Samples through a Gaussian window of kernel x kernel taps around position + flow (TIP 2020, section III-A).

    The taps are k = floor(p) - kernel/2 + 1 .. floor(p) + kernel/2 in each axis, their weights exp(-|p - k|^2 / (2 sigma^2)) with k
    unclamped, divided by their sum; values are read at the clamped tap. The wide window gives the flow a gradient that
    looks further than the four taps of bilinear sampling, which is what makes flow training converge.

    Args:
        image: (batch, H, W, channels).
        flow: (batch, H, W, 2): x, y in pixels of the image.
        sigma: standard deviation of the window in pixels.
        kernel: number of taps in each axis, even.

    Returns:
        (batch, H, W, channels).
    """
    size = tuple(image.shape[1:3])
    whole, fraction = split_flow(flow, size)
    taps = Taps(size, whole)
    pixels = flatten_pixels(image)
    offsets = range(1 - kernel // 2, kernel // 2 + 1)

    def weights(f):  # the window is separable: one normalised set per axis
        values = [ops.exp(-0.5 * ops.square((f - k) / sigma)) for k in offsets]
        total = sum(values)
        return [ops.expand_dims(ops.cast(v / total, image.dtype), -1) for v in values]

    columns = [taps.columns(dx) for dx in offsets]
    wx, wy = weights(fraction[0]), weights(fraction[1])
    result = 0
    for dy, weight in zip(offsets, wy, strict=True):
        first = taps.rows(dy)
        row = sum(gather_pixels(pixels, first + c) * w for c, w in zip(columns, wx, strict=True))
        result = result + row * weight
    return result
