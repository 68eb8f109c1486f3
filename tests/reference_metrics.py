"""The reference implementations that our metrics are compared with, on the very same weights.

`lpips` and `torch-fidelity` import torchvision, whose only build in the registry wants CUDA's operators at import; two are
declared here, never called, so that it comes up beside a PyTorch for CPUs. No network's weights are downloaded.
"""

import numpy as np
import torch


def _import_torchvision():
    for name in ("nms", "qnms"):
        try:
            torch.library.define(
                f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor"
            )
        except RuntimeError:  # a torchvision with its operators, or a second time
            pass
    import torchvision

    return torchvision


def reference_lpips(network, weights):
    """The package `lpips` with our weights: function of two (batch, H, W, 3) in [-1, 1] to (batch,)."""
    _import_torchvision()
    import lpips

    model = lpips.LPIPS(
        net={"alexnet": "alex", "vgg16": "vgg"}[network], pretrained=False, pnet_rand=True, verbose=False
    ).eval()
    convolutions = [module for module in model.net.modules() if isinstance(module, torch.nn.Conv2d)]
    with torch.no_grad():
        for module, (kernel, bias) in zip(convolutions, weights.convolutions, strict=True):
            module.weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()))
            module.bias.copy_(torch.from_numpy(bias))
        for layer, linear in zip(model.lins, weights.linear, strict=True):
            layer.model[-1].weight.copy_(torch.from_numpy(linear.reshape(1, -1, 1, 1).copy()))

    def distance(first, second):
        first, second = (torch.from_numpy(x.transpose(0, 3, 1, 2).copy()) for x in (first, second))
        with torch.no_grad():
            return model(first, second).numpy().ravel().astype(np.float64)

    return distance
