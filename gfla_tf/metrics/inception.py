"""Pooled features of Inception v3 (Szegedy et al., 2016) on TensorFlow, from a PyTorch state dict: what FID and KID compare.

Two networks share the names of their weights. `pytorch_fid` and `torch_fidelity`: the one of Heusel et al. (2017) as ported by
these packages, which differ in how they scale the input; its average poolings leave the border out and its last block pools by
maximum. `torchvision`: the classifier of torchvision.
"""

import numpy as np
from keras import ops

from gfla_tf.errors import GflaError

NETWORKS = ("pytorch_fid", "torch_fidelity", "torchvision")
SIDE = 299  # pixels of the input
CHANNELS = 2048
_BATCH = 16
_EPSILON = 1e-3  # of the batch normalizations
# Input of each network: scale and shift of values in [0, 255]. torchvision's is moved from its own normalization to TensorFlow's.
_INPUTS = {
    "pytorch_fid": (1 / 127.5, -1.0),
    "torch_fidelity": (1 / 128, -1.0),
    "torchvision": (np.array([0.458, 0.448, 0.45]) / 255, np.array([-0.030, -0.088, -0.188])),
}


class Inception:
    """Pooled features of one of `NETWORKS`.

    Args:
        network: one of `NETWORKS`.
        state: {name: array} of the published PyTorch state dict.

    Raises:
        GflaError: the network is unknown, or a weight is missing or has another shape.

    Example:
        >>> inception = Inception("pytorch_fid", read_pth("pt_inception-2015-12-05-6726825d.pth"))
        >>> inception(images)  # float (batch, 299, 299, 3) in [0, 255] -> (batch, 2048) float64
    """

    def __init__(self, network, state):
        if network not in NETWORKS:
            raise GflaError(f"There is no Inception {network!r}: choose one of {', '.join(NETWORKS)}.")
        self._is_fid = network != "torchvision"
        self._scale, self._shift = (np.asarray(each, np.float32) for each in _INPUTS[network])
        self._state, self._folded = state, {}
        self(np.zeros((1, 75, 75, 3), np.float32))  # finds what is missing at once

    def __call__(self, images):
        parts = [self._features(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
        return np.concatenate(parts).astype(np.float64)

    def _features(self, images):
        x = self._convolve(np.asarray(images, np.float32) * self._scale + self._shift, "Conv2d_1a_3x3", 2)
        x = self._convolve(x, "Conv2d_2a_3x3", valid=True)
        x = ops.max_pool(self._convolve(x, "Conv2d_2b_3x3"), 3, 2)
        x = self._convolve(self._convolve(x, "Conv2d_3b_1x1"), "Conv2d_4a_3x3", valid=True)
        x = ops.max_pool(x, 3, 2)
        for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
            x = self._join(x, name, ["branch1x1"], ["branch5x5", 2], ["branch3x3dbl", 3])
        x = self._reduce(x, "Mixed_6a", ["branch3x3"], ["branch3x3dbl", 3])
        for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
            x = self._join(x, name, ["branch1x1"], ["branch7x7", 3], ["branch7x7dbl", 5])
        x = self._reduce(x, "Mixed_7a", ["branch3x3", 2], ["branch7x7x3", 4])
        for name in ("Mixed_7b", "Mixed_7c"):
            x = self._widen(x, name)
        return ops.convert_to_numpy(ops.mean(x, axis=(1, 2)))

    def _join(self, x, name, *branches):
        """Blocks A and C: chains of convolutions side by side, and a pooling with one convolution."""
        parts = [self._chain(x, name, *branch) for branch in branches]
        return ops.concatenate([*parts, self._convolve(self._pool(x), f"{name}.branch_pool")], axis=-1)

    def _reduce(self, x, name, *branches):
        """Blocks B and D, which halve the size."""
        parts = [self._chain(x, name, *branch, stride=2) for branch in branches]
        return ops.concatenate([*parts, ops.max_pool(x, 3, 2)], axis=-1)

    def _widen(self, x, name):
        """Block E, whose chains end in two convolutions side by side."""
        parts = [self._convolve(x, f"{name}.branch1x1")]
        for branch, count in (("branch3x3", 1), ("branch3x3dbl", 2)):
            y = x
            for i in range(1, count + 1):
                y = self._convolve(y, f"{name}.{branch}_{i}")
            parts += [self._convolve(y, f"{name}.{branch}_{count + 1}{end}") for end in "ab"]
        by_maximum = self._is_fid and name == "Mixed_7c"
        pooled = ops.max_pool(x, 3, 1, padding="same") if by_maximum else self._pool(x)
        return ops.concatenate([*parts, self._convolve(pooled, f"{name}.branch_pool")], axis=-1)

    def _chain(self, x, name, branch, count=None, stride=1):
        names = [f"{name}.{branch}"] if count is None else [f"{name}.{branch}_{i + 1}" for i in range(count)]
        for each in names[:-1]:
            x = self._convolve(x, each)
        return self._convolve(x, names[-1], stride)

    def _pool(self, x):
        if self._is_fid:  # TensorFlow leaves the border out of the mean, as FID's network does
            return ops.average_pool(x, 3, 1, padding="same")
        return ops.average_pool(ops.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), 3, 1)

    def _convolve(self, x, name, stride=1, valid=False):
        """Convolution, batch normalization, ReLU; padded by half the kernel unless it halves the size or is `valid`."""
        kernel, bias = self._weights(name, x.shape[-1])
        if stride == 1 and not valid:
            pads = [(0, 0), *[(extent // 2, extent // 2) for extent in kernel.shape[:2]], (0, 0)]
            x = ops.pad(x, pads)
        return ops.relu(
            ops.conv(x, kernel, strides=stride, padding="valid", data_format="channels_last") + bias
        )

    def _weights(self, name, channels):
        if name not in self._folded:
            try:
                kernel = np.asarray(self._state[f"{name}.conv.weight"], np.float64)
                scale, shift, mean, variance = (
                    np.asarray(self._state[f"{name}.bn.{part}"], np.float64)
                    for part in ("weight", "bias", "running_mean", "running_var")
                )
            except KeyError as error:
                raise GflaError(
                    f"The weights of Inception have no {error.args[0]}: give the published file."
                ) from error
            if kernel.ndim != 4 or kernel.shape[1] != channels:
                raise GflaError(
                    f"The weights of Inception have another shape of {name}: give the published file."
                )
            scale = scale / np.sqrt(variance + _EPSILON)
            folded = (kernel.transpose(2, 3, 1, 0) * scale, shift - mean * scale)
            self._folded[name] = tuple(ops.convert_to_tensor(each.astype(np.float32)) for each in folded)
        return self._folded[name]
