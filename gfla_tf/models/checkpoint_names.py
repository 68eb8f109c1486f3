"""What the published checkpoints call each weight of our networks, and how they lay it out.

`checkpoint_entries(model)` walks a model once and yields, for every weight, the published name(s) and the layout. Shapes and
orders are those of `torch` modules: convolution kernels (out, in, height, width), transposed ones (in, out, height, width).
"""

import dataclasses

import numpy as np

from gfla_tf.layers.attention import LocalAttention
from gfla_tf.layers.blocks import DecoderBlock, EncoderBlock, ImageOutput, Jump, ResBlock
from gfla_tf.layers.convolution import UpsamplingConvolution
from gfla_tf.layers.normalization import InstanceNormalization
from gfla_tf.layers.spectral_norm import SpectralConv2D
from gfla_tf.models.discriminators import DiscriminatorBlock, PatchDiscriminator
from gfla_tf.models.flow_estimator import FlowEstimator
from gfla_tf.models.pose_generator import PoseGenerator
from gfla_tf.models.target_net import TargetNet


@dataclasses.dataclass(frozen=True)
class Entry:
    """One weight: `names` in the checkpoint (the last one is in use, the others repeat it) and the axes' order.

    `axes` permutes the stored array into ours: ours = stored.transpose(axes).
    """

    names: tuple
    variable: object
    axes: tuple

    @property
    def stored_shape(self):
        """Shape of the weight in the checkpoint."""
        return tuple(self.variable.shape[axis] for axis in np.argsort(self.axes))

    def to_ours(self, stored):
        """The stored array in our layout."""
        return np.transpose(stored, self.axes)

    def to_stored(self):
        """Our weight in the checkpoint's layout."""
        return np.transpose(np.asarray(self.variable), np.argsort(self.axes))


_KERNEL = (
    2,
    3,
    1,
    0,
)  # (out, in, h, w) -> (h, w, in, out); and (in, out, h, w) -> (h, w, out, in) for transposed ones
_BLOCKS = {
    "norm1": "model.0",
    "conv1": "model.2",
    "norm2": "model.3",
    "conv2": "model.5",
    "shortcut": "shortcut.0",
}
_DISCRIMINATOR = {"conv1": "model.1", "conv2": "model.3", "shortcut": "shortcut.1"}


def _weight(layer, names):
    """Entries of a layer that owns weights."""
    if isinstance(layer, UpsamplingConvolution):
        layer = layer.convolution
    if isinstance(layer, InstanceNormalization):
        pairs = [("weight", layer.gamma, (0,)), ("bias", layer.beta, (0,))]
    else:
        spectral = isinstance(layer, SpectralConv2D)
        pairs = [("weight_orig" if spectral else "weight", layer.kernel, _KERNEL)]
        if layer.use_bias:
            pairs.append(("bias", layer.bias, (0,)))
        if spectral:
            pairs += [("weight_u", layer.u, (0,)), ("weight_v", layer.v, (0,))]
    for suffix, variable, axes in pairs:
        yield Entry(tuple(f"{name}.{suffix}" for name in names), variable, axes)


def _parts(layer, name, table):
    for attribute, published in table.items():
        part = getattr(layer, attribute)
        if part is not None:
            yield from _weight(part, (f"{name}.{published}",))


def _target_name(layer):
    """`residual{i}` and `decoder{i}` form one sequence in the checkpoint: decoder{i}.0 and decoder{i}.1."""
    if isinstance(layer, ResBlock):
        return f"decoder{layer.name.removeprefix('residual')}.0.model.0"
    if isinstance(layer, DecoderBlock):
        return f"{layer.name}.1"
    return layer.name


def checkpoint_entries(model, prefix=""):
    """Yields an `Entry` for every weight of a generator, of one of its parts, or of a discriminator."""
    if isinstance(model, PoseGenerator):
        parts = {"source": model.source_encoder, "target": model.target_net, "flow_net": model.flow_estimator}
        for name, part in parts.items():
            if part is not None:
                yield from checkpoint_entries(part, f"{name}.")
        return
    convolutions = 0
    for layer in model.layers:
        if not layer.weights:
            continue
        name = prefix + (_target_name(layer) if isinstance(model, TargetNet) else layer.name)
        if isinstance(layer, EncoderBlock | ResBlock | DecoderBlock):
            yield from _parts(layer, name, _BLOCKS)
        elif isinstance(layer, Jump | ImageOutput):
            yield from _weight(layer.convolution, (f"{name}.conv1", f"{name}.model.2"))
        elif isinstance(layer, LocalAttention):
            dense = f"{name}.fully_connect_layer"
            yield Entry((f"{dense}.0.weight",), layer.patch_kernel, _KERNEL)
            yield Entry((f"{dense}.0.bias",), layer.patch_bias, (0,))
            yield Entry((f"{dense}.2.weight",), layer.coefficient_kernel, _KERNEL)
            yield Entry((f"{dense}.2.bias",), layer.coefficient_bias, (0,))
        elif isinstance(layer, DiscriminatorBlock):
            yield from _parts(layer, name, _DISCRIMINATOR)
        elif isinstance(model, PatchDiscriminator):
            yield from _weight(layer, (f"{prefix}model.{2 * convolutions}",))
            convolutions += 1
        elif isinstance(model, FlowEstimator) and layer.name.startswith("mask"):
            yield from _weight(layer, (f"{name}.0",))
        else:
            yield from _weight(layer, (name,))
