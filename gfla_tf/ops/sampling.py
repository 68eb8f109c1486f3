"""Sampling an image where a flow field says.

Both samplers read `image` at position + flow, where flow[..., 0] is x and flow[..., 1] is y in pixels of the image, and
every tap that falls outside is clamped to the border on its own (replicate border). The integer and the fractional part
of a position both come from the flow alone, so that half precision never has to represent position + fraction.

A flow that points far outside, infinitely far included, gives the border pixel. A flow that is NaN gives NaN at that very
position and nowhere else; in the backward pass the same holds for the flow, and of the image only the pixels which that position
happens to read get NaN. Neither can fail: indices are clamped as integers before anything is gathered.
"""

import keras
from keras import ops

from gfla_tf.ops.backend import lowering, with_compiled_form
from gfla_tf.ops.channels import FEW, spread
from gfla_tf.ops.graphs import after, take_rows


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
        image_size: (height, width) of the image that is read. Flows are limited to what leads every position of the flow's own
            grid so far outside that a patch of 64 pixels reads nothing but the border.

    Returns:
        (whole x, whole y) int32 and (fraction x, fraction y), at least float32 whatever the flow is, each (batch, height, width).
    """
    flow = ops.cast(flow, keras.backend.result_type(flow.dtype, "float32"))
    rows, columns = flow.shape[1:3]
    whole, fraction = [], []
    for channel, extent in ((0, image_size[1] + columns), (1, image_size[0] + rows)):
        component = ops.clip(flow[..., channel : channel + 1], -extent - 64.0, extent + 64.0)
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
    values = take_rows(pixels, ops.reshape(index, (-1,)))  # 1-D indices: what mobile delegates accept
    return ops.reshape(values, (*ops.shape(index), pixels.shape[-1]))


@with_compiled_form
def weighted_taps(image, weights, whole, taps, offset=0):
    """Sum over m x m integer taps: result(p) = sum_ij weights_ij(p) * image(p + offset + whole(p) + (taps_j, taps_i)), clamped.

    Memory in training is that of the inputs times m: the backward pass gathers again instead of keeping what was gathered.

    Args:
        image: (batch, H, W, channels).
        weights: (batch, h, w, m * m), row-major.
        whole: (x, y) int32 of shape (batch, h, w), see `split_flow`.
        taps: m successive integers, the same in x and y.
        offset: position of the flow grid's pixel (0, 0) in the image, the same in x and y.

    Returns:
        (batch, h, w, channels), of the image's type. Differentiable in image and weights.
    """
    positions = Taps(tuple(image.shape[1:3]), whole, offset)
    rows, columns = [positions.rows(d) for d in taps], [positions.columns(d) for d in taps]
    m, channels = len(taps), image.shape[-1]

    @ops.custom_gradient
    def forward(pixels, weights):
        def backward(*args, upstream=None):
            gradient = ops.reshape(upstream if upstream is not None else args[0], (1, -1, channels))
            columnwise = ops.transpose(ops.reshape(weights, (-1, m * m)))  # (m * m, positions)
            to_pixels, to_weights = 0, []
            for i, row in enumerate(rows):  # a row of taps at a time: fewer, larger scatters are faster
                if i:
                    row = after(row, to_pixels)
                index = ops.concatenate([ops.reshape(row + column, (-1,)) for column in columns], axis=0)
                read = ops.reshape(take_rows(pixels, index), (m, -1, channels))
                to_weights.append(ops.sum(gradient * read, axis=-1))
                share = after(columnwise[i * m : (i + 1) * m], to_weights[-1])
                share = gradient * ops.expand_dims(share, -1)
                # Thousands of positions may add up in one pixel, which half precision would not survive.
                share = ops.cast(ops.reshape(share, (-1, channels)), accumulator)
                to_pixels = to_pixels + ops.segment_sum(share, index, num_segments=ops.shape(pixels)[0])
            to_weights = ops.reshape(ops.transpose(ops.concatenate(to_weights, axis=0)), ops.shape(weights))
            return ops.cast(to_pixels, pixels.dtype), to_weights

        flat = (
            lowering() == "cpu"
        )  # whose kernels copy what is reshaped; GPUs would take positions for a batch
        shares, result = ops.reshape(weights, (-1, m * m)) if flat else weights, 0
        for i, row in enumerate(rows):
            if i:
                row = after(row, result)
            for j, column in enumerate(columns):
                k, index = i * m + j, row + column
                read = take_rows(pixels, ops.reshape(index, (-1,))) if flat else gather_pixels(pixels, index)
                result = result + shares[..., k : k + 1] * read
        return ops.reshape(result, (*ops.shape(weights)[:-1], channels)) if flat else result, backward

    accumulator = keras.backend.result_type(image.dtype, "float32")
    return forward(flatten_pixels(image), ops.cast(weights, image.dtype))


def _stack(values):
    """`ops.stack` along a new last axis, out of operations that mobile delegates run (PACK is none)."""
    return ops.concatenate([ops.expand_dims(value, -1) for value in values], axis=-1)


def _outer(rows, columns):
    """Weights of m x m taps from those of each axis: two (batch, h, w, m) -> (batch, h, w, m * m), row-major."""
    return ops.concatenate([rows[..., i : i + 1] * columns for i in range(rows.shape[-1])], axis=-1)


@with_compiled_form
def bilinear_sample(image, flow, offset=0):
    """Bilinear samples of `image` at position + offset + flow, with a replicate border.

    Args:
        image: (batch, H, W, channels).
        flow: (batch, h, w, 2): x, y in pixels of the image. The image may be larger than the flow grid.
        offset: position of the flow grid's pixel (0, 0) in the image, the same in x and y.

    Returns:
        (batch, h, w, channels). Differentiable in the image and in the flow.
    """
    whole, fraction = split_flow(flow, tuple(image.shape[1:3]))
    if lowering() is not None and image.shape[-1] <= FEW:
        return _of_few_channels(image, whole, fraction, offset)
    x, y = (_stack([1 - f, f]) for f in fraction)
    return weighted_taps(image, _outer(y, x), whole, (0, 1), offset)


def _of_few_channels(image, whole, fraction, offset):
    """`bilinear_sample` of pictures, in graphs that are converted: the same sum, without a pass that goes channel by channel."""
    positions, pixels = Taps(tuple(image.shape[1:3]), whole, offset), flatten_pixels(image)
    (right, below), result = (ops.expand_dims(ops.cast(f, image.dtype), -1) for f in fraction), 0
    for dy, of_row in ((0, 1 - below), (1, below)):
        row = positions.rows(dy)
        for dx, of_column in ((0, 1 - right), (1, right)):
            read = gather_pixels(pixels, row + positions.columns(dx))
            result = result + spread(of_row * of_column, 0, image.shape[-1]) * read
    return result


def gaussian_sample(image, flow, sigma=2.0, kernel=4):
    """Samples through a Gaussian window of kernel x kernel taps around position + flow (TIP 2020, section III-A).

    The taps are k = floor(p) - kernel/2 + 1 .. floor(p) + kernel/2 in each axis, their weights exp(-|p - k|^2 / (2 sigma^2)) with
    k unclamped, divided by their sum; values are read at the clamped tap. The wide window gives the flow a gradient that
    looks further than the four taps of bilinear sampling, which is what makes flow training converge.

    Args:
        image: (batch, H, W, channels).
        flow: (batch, H, W, 2): x, y in pixels of the image.
        sigma: standard deviation of the window in pixels.
        kernel: number of taps in each axis, even.

    Returns:
        (batch, H, W, channels).
    """
    whole, fraction = split_flow(flow, tuple(image.shape[1:3]))
    taps = range(1 - kernel // 2, kernel // 2 + 1)

    def weights(f):  # the window is separable: one normalized set per axis
        return ops.softmax(_stack([-0.5 * ops.square((f - k) / sigma) for k in taps]), axis=-1)

    x, y = (weights(f) for f in fraction)
    return weighted_taps(image, _outer(y, x), whole, taps)
