"""The full-size pose network in PyTorch, written from its published description: what `benchmarks.compare` measures ours against.

Two forms give the same picture. `literal` samples as the published network does: n x n bilinear samples for every position,
then a dense layer over both patches. `smart` uses the identities of `gfla_tf.ops.local_attention`: one warp of the dense layer's
convolution, and a sum over (n + 1)^2 whole pixels.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

LEVELS = ((3, 3), (2, 5))  # attention levels with their kernel sizes, coarsest first
SLOPE = 0.1


class TorchPeer(nn.Module):
    """The pose generator for a batch of one.

    Args:
        state: {published name: array}, as `gfla_tf.models.checkpoint_import` lays weights out.
        literal: sample patches, as published.
    """

    def __init__(self, state, literal=False):
        super().__init__()
        self.literal = literal
        for name, array in state.items():
            self.register_parameter(name.replace(".", "/"), nn.Parameter(torch.from_numpy(np.array(array))))

    def forward(self, source_image, source_pose, target_pose):
        """(1, 3, H, W) and two (1, joints, H, W) -> the picture (1, 3, H, W) in [-1, 1]."""
        features = self._encode(source_image, "source", 2)
        flows = self._flows(torch.cat([source_image, source_pose, target_pose], 1))
        x = self._encode(target_pose, "target", 2)[-1]
        for index in range(3):
            for (level, n), (flow, mask) in zip(LEVELS, flows):
                if level == 3 - index:
                    attended = self._attend(x, features[level - 1], flow, f"target.attn{index}", n)
                    x = x * (1 - mask) + attended * mask
            x = self._residual(x, f"target.decoder{index}.0.model.0")
            x = self._decode(x, f"target.decoder{index}.1")
        return torch.tanh(self._reflect(x, "target.outconv.conv1"))

    def _parameters_of(self, name):
        return (getattr(self, f"{name.replace('.', '/')}/{kind}") for kind in ("weight", "bias"))

    def _convolve(self, x, name, stride=1, padding=1):
        return F.conv2d(x, *self._parameters_of(name), stride, padding)

    def _upsample(self, x, name):
        return F.conv_transpose2d(x, *self._parameters_of(name), 2, 1, 1)

    def _active(self, x, name):
        return F.leaky_relu(F.instance_norm(x, None, None, *self._parameters_of(name)), SLOPE)

    def _reflect(self, x, name):
        return self._convolve(F.pad(F.leaky_relu(x, SLOPE), (1, 1, 1, 1), "reflect"), name, padding=0)

    def _halve(self, x, name):
        x = self._convolve(self._active(x, f"{name}.model.0"), f"{name}.model.2", 2)
        return self._convolve(self._active(x, f"{name}.model.3"), f"{name}.model.5")

    def _encode(self, x, name, layers):
        """Features of levels 1, 2, ..."""
        maps = [self._halve(x, f"{name}.block0")]
        for index in range(layers):
            maps.append(self._halve(maps[-1], f"{name}.encoder{index}"))
        return maps

    def _residual(self, x, name):
        y = self._convolve(self._active(x, f"{name}.model.0"), f"{name}.model.2")
        return x + self._convolve(self._active(y, f"{name}.model.3"), f"{name}.model.5")

    def _decode(self, x, name):
        y = self._convolve(self._active(x, f"{name}.model.0"), f"{name}.model.2")
        y = self._upsample(self._active(y, f"{name}.model.3"), f"{name}.model.5")
        return y + self._upsample(x, f"{name}.shortcut.0")

    def _flows(self, x):
        """(flow, mask) of each level of LEVELS."""
        *skips, x = self._encode(x, "flow_net", 4)
        result = []
        for index in range(3):
            x = self._decode(x, f"flow_net.decoder{index}")
            x = x + self._reflect(skips[3 - index], f"flow_net.jump{index}.conv1")
            if index:
                mask = torch.sigmoid(self._convolve(x, f"flow_net.mask{index}.0"))
                result.append((self._convolve(x, f"flow_net.output{index}"), mask))
        return result

    def _attend(self, target, source, flow, name, n):
        first, second = (f"{name}.fully_connect_layer.{index}" for index in (0, 2))
        hidden, samples = (self._patches if self.literal else self._commuted)(target, source, flow, first, n)
        coefficients = torch.softmax(self._convolve(F.leaky_relu(hidden, SLOPE), second, padding=0), 1)
        return samples(coefficients) / n**2

    def _patches(self, target, source, flow, name, n):
        """The dense layer over sampled patches, and the weighted sum over them."""
        radius = n // 2
        offsets = [(i - radius, j - radius) for i in range(n) for j in range(n)]
        sampled = torch.stack([bilinear(source, flow, y, x) for y, x in offsets], 2)  # (1, C, n * n, H, W)
        own = F.unfold(F.pad(target, (radius,) * 4, "replicate"), n).reshape(sampled.shape)
        weight, bias = self._parameters_of(name)
        both = torch.cat([own, sampled], 1).flatten(1, 2)
        hidden = F.conv2d(both, weight.reshape(weight.shape[0], -1, 1, 1), bias)
        return hidden, lambda coefficients: (sampled * coefficients[:, None]).sum(2)

    def _commuted(self, target, source, flow, name, n):
        """The same by one warp and a sum over whole pixels."""
        radius, channels = n // 2, target.shape[1]
        weight, bias = self._parameters_of(name)
        own = F.conv2d(F.pad(target, (radius,) * 4, "replicate"), weight[:, :channels], bias)
        wide = F.conv2d(F.pad(source, (2 * radius,) * 4, "replicate"), weight[:, channels:])
        hidden = own + bilinear(wide, flow, radius, radius)
        return hidden, lambda coefficients: _sum_over_pixels(source, flow, coefficients, n)


def _grid(flow):
    height, width = flow.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return x, y


def bilinear(image, flow, dy, dx):
    """Bilinear samples at position + flow + (dx, dy), with a replicate border."""
    height, width = image.shape[2:]
    x, y = _grid(flow)
    x = (flow[:, 0] + x + dx) * (2 / (width - 1)) - 1
    y = (flow[:, 1] + y + dy) * (2 / (height - 1)) - 1
    return F.grid_sample(image, torch.stack([x, y], -1), "bilinear", "border", align_corners=True)


def _sum_over_pixels(source, flow, coefficients, n):
    height, width = source.shape[2:]
    whole = torch.floor(flow)
    fx, fy = (flow - whole)[0, 0], (flow - whole)[0, 1]
    grid = coefficients.reshape(n, n, height, width)
    across = F.pad(grid * (1 - fx), (0, 0, 0, 0, 0, 1)) + F.pad(grid * fx, (0, 0, 0, 0, 1, 0))
    weights = F.pad(across * (1 - fy), (0,) * 6 + (0, 1)) + F.pad(across * fy, (0,) * 6 + (1, 0))
    x, y = _grid(flow)
    x, y = x + whole[0, 0].long(), y + whole[0, 1].long()
    pixels, total = source[0].flatten(1).t().contiguous(), 0
    for i in range(n + 1):
        row = (y + i - n // 2).clamp(0, height - 1) * width
        for j in range(n + 1):
            index = row + (x + j - n // 2).clamp(0, width - 1)
            total = total + pixels.index_select(0, index.flatten()) * weights[i, j].reshape(-1, 1)
    return total.t().reshape(source.shape)
