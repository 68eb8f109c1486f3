"""LPIPS, the perceptual distance of Zhang et al. (CVPR 2018), where its package and its weights are on this machine."""

from pathlib import Path

import numpy as np

_BATCH = 8


def load_lpips():
    """The distance with AlexNet, without downloading anything.

    Returns:
        a function from two (batch, H, W, 3) arrays in [-1, 1] to the mean distance, or a string that says why there is none.
    """
    try:
        import lpips
        import torch
    except ImportError as error:
        return f"{error.name or error} is not installed (pip install lpips torchvision)"
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    if not list(folder.glob("alexnet-*.pth")):
        return f"the ImageNet weights of AlexNet are not in {folder}"
    network = lpips.LPIPS(net="alex", verbose=False)

    def distance(first, second):
        pairs = zip(*(np.array_split(np.moveaxis(x, -1, 1), -(-len(x) // _BATCH)) for x in (first, second)))
        with torch.no_grad():
            parts = [network(*map(torch.tensor, pair)).flatten() for pair in pairs]
        return float(torch.cat(parts).mean())

    return distance
