"""What the published checkpoints call each weight of our networks, and how they lay it out.

`checkpoint_entries(model)` walks a model once and yields, for every weight, the published name(s) and the layout. Shapes and
orders are those of `torch` modules: convolution kernels (out, in, [time,] height, width), transposed ones (in, out, height,
width), linear layers (out, in).
"""

import dataclasses
import re

import numpy as np

from gfla_tf.layers.attention import LocalAttention
from gfla_tf.layers.blocks import DecoderBlock, EncoderBlock, ImageOutput, Jump, ResBlock
from gfla_tf.layers.convolution import UpsamplingConvolution
from gfla_tf.layers.normalization import (
    AdaptiveNormalization,
    InstanceNormalization,
    SequenceNormalization,
)
from gfla_tf.layers.spectral_norm import SpectralConv2D, SpectralConv3D
from gfla_tf.models.discriminators import DiscriminatorBlock, DiscriminatorBlock3D, PatchDiscriminator
from gfla_tf.models.flow_estimator import FlowNet
from gfla_tf.models.generator import Generator
from gfla_tf.models.motion_extraction import MotionExtraction


@dataclasses.dataclass(frozen=True)
class Entry:
    """One weight: `names` in the checkpoint (the last one is in use, the others repeat it) and the axes' order.

    `axes` permutes the stored array into ours: ours = stored.transpose(axes). `is_column` means that the checkpoint stores a
    vector as (n, 1).
    """

    names: tuple
    variable: object
    axes: tuple
    is_column: bool = False

    @property
    def stored_shape(self):
        """Shape of the weight in the checkpoint."""
        shape = tuple(self.variable.shape[axis] for axis in np.argsort(self.axes))
        return (*shape, 1) if self.is_column else shape

    def to_ours(self, stored):
        """The stored array in our layout."""
        return np.transpose(stored[:, 0] if self.is_column else stored, self.axes)

    def to_stored(self):
        """Our weight in the checkpoint's layout."""
        return np.transpose(np.asarray(self.variable), np.argsort(self.axes)).reshape(self.stored_shape)


def _kernel_axes(kernel):
    """(out, in, h, w) -> (h, w, in, out), or (in, out, h, w) -> (h, w, out, in) for transposed ones; any number of extents."""
    return (*range(2, len(kernel.shape)), 1, 0)


# What the checkpoints call the parts of the generators.
_PARTS = {
    "source_encoder": "source",
    "previous_encoder": "source_previous",
    "reference_encoder": "source_reference",
    "target_net": "target",
    "flow_estimator": "flow_net",
    "previous_flow_estimator": "flow_net_previous",
    "reference_flow_estimator": "flow_net_reference",
}
_BLOCKS = {
    "norm1": "model.0",
    "conv1": "model.2",
    "norm2": "model.3",
    "conv2": "model.5",
    "shortcut": "shortcut.0",
}
_DISCRIMINATOR = {"conv1": "model.1", "conv2": "model.3", "shortcut": "shortcut.1"}
_ADAPTIVE = {"shared": "mlp_shared.0", "gamma": "mlp_gamma", "beta": "mlp_beta"}


def _weight(layer, names):
    """Entries of a layer that owns weights."""
    if isinstance(layer, UpsamplingConvolution):
        layer = layer.convolution
    if isinstance(layer, InstanceNormalization):
        pairs = [("weight", layer.gamma, (0,)), ("bias", layer.beta, (0,))]
    else:
        spectral = isinstance(layer, SpectralConv2D | SpectralConv3D)
        pairs = [("weight_orig" if spectral else "weight", layer.kernel, _kernel_axes(layer.kernel))]
        if layer.use_bias:
            pairs.append(("bias", layer.bias, (0,)))
        if spectral:
            pairs += [("weight_u", layer.u, (0,)), ("weight_v", layer.v, (0,))]
    for suffix, variable, axes in pairs:
        is_column = isinstance(layer, SequenceNormalization)
        yield Entry(tuple(f"{name}.{suffix}" for name in names), variable, axes, is_column)


def _parts(layer, name, table):
    for attribute, published in table.items():
        part = getattr(layer, attribute)
        if part is not None:
            yield from _weight(part, (f"{name}.{published}",))


def _published_name(model, layer):
    """What the checkpoint calls a layer of a model."""
    name = layer.name
    if isinstance(model, MotionExtraction):
        return "kp_input." + re.sub(r"^(layers_\w+)_(\d+)$", r"\1.\2", name)
    if name.startswith("residual"):  # it and decoder{i} form one sequence in the checkpoint
        return f"decoder{name.removeprefix('residual')}.0.model.0"
    if name.startswith("decoder") and not isinstance(model, FlowNet):
        return f"{name}.1"
    if name == "cat":
        return "cat.model.0"
    if name.startswith("mask"):
        return f"{name}.0"
    return name


def checkpoint_entries(model, prefix=""):
    """Yields an `Entry` for every weight of a generator, of one of its parts, of a discriminator or of motion extraction."""
    if isinstance(model, Generator):
        for attribute, published in _PARTS.items():
            part = getattr(model, attribute, None)
            if part is not None:
                yield from checkpoint_entries(part, f"{published}.")
        return
    convolutions = 0
    for layer in model.layers:
        if not layer.weights:
            continue
        name = prefix + _published_name(model, layer)
        if isinstance(layer, EncoderBlock | ResBlock | DecoderBlock):
            yield from _parts(layer, name, _BLOCKS)
        elif isinstance(layer, Jump | ImageOutput):
            yield from _weight(layer.convolution, (f"{name}.conv1", f"{name}.model.2"))
        elif isinstance(layer, LocalAttention):
            dense = f"{name}.fully_connect_layer"
            yield Entry((f"{dense}.0.weight",), layer.patch_kernel, _kernel_axes(layer.patch_kernel))
            yield Entry((f"{dense}.0.bias",), layer.patch_bias, (0,))
            yield Entry(
                (f"{dense}.2.weight",), layer.coefficient_kernel, _kernel_axes(layer.coefficient_kernel)
            )
            yield Entry((f"{dense}.2.bias",), layer.coefficient_bias, (0,))
        elif isinstance(layer, DiscriminatorBlock | DiscriminatorBlock3D):
            yield from _parts(layer, name, _DISCRIMINATOR)
        elif isinstance(layer, AdaptiveNormalization):
            yield from _parts(layer, name, _ADAPTIVE)
        elif isinstance(model, PatchDiscriminator):
            yield from _weight(layer, (f"{prefix}model.{2 * convolutions}",))
            convolutions += 1
        else:
            yield from _weight(layer, (name,))
