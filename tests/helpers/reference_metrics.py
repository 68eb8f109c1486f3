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


_torchvision = _import_torchvision()


def reference_lpips(network, weights):
    """The package `lpips` with our weights: function of two (batch, H, W, 3) in [-1, 1] to (batch,)."""
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


def random_inception(seed=0):
    """torch-fidelity's Inception on seeded random weights; these tests compare arithmetic, no published figure."""
    from torch_fidelity import feature_extractor_inceptionv3 as fidelity

    torch.manual_seed(seed)
    blank = fidelity.torch.load
    try:  # it reads its weights in its constructor
        fidelity.torch.load = lambda *arguments, **keywords: {}
        load, torch.nn.Module.load_state_dict = torch.nn.Module.load_state_dict, lambda self, state: None
        network = fidelity.FeatureExtractorInceptionV3(
            "random", ["2048"], feature_extractor_weights_path="none"
        )
    finally:
        fidelity.torch.load, torch.nn.Module.load_state_dict = blank, load
    return _randomized(network)


def random_torchvision_inception(seed=0):
    """torchvision's Inception without its classifier, on seeded random weights."""
    torch.manual_seed(seed)
    network = _torchvision.models.inception_v3(weights=None, init_weights=False, transform_input=True)
    network.fc = torch.nn.Identity()
    return _randomized(network)


def _randomized(network):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.ndim == 4:  # keeps the size of activations, so that the last features are not constant
                value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
            elif name.endswith(("running_mean", "bias")):
                value.normal_(0, 0.1, generator=generator)
            elif name.endswith(("running_var", "bn.weight")):
                value.uniform_(0.8, 1.2, generator=generator)
    return network.eval()


def torchmetrics_ssim(generated, truth):
    from torchmetrics.functional.image import structural_similarity_index_measure

    _, full = structural_similarity_index_measure(
        *_tensors(generated, truth), sigma=1.5, data_range=1.0, return_full_image=True
    )
    return float(
        full[..., 5:-5, 5:-5].mean()
    )  # without the reflected border, as Wang et al. and scikit-image


def torchmetrics_ms_ssim(generated, truth):
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    return float(multiscale_structural_similarity_index_measure(*_tensors(generated, truth), data_range=1.0))


def torchmetrics_psnr(generated, truth):
    from torchmetrics.functional.image import peak_signal_noise_ratio

    return float(peak_signal_noise_ratio(*_tensors(generated, truth), data_range=1.0))


def _tensors(*pictures):
    return [
        torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float64) / 255) for picture in pictures
    ]
