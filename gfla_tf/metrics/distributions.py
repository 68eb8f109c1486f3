"""Distances of two sets of features: Frechet (Heusel et al., 2017) and kernel (Binkowski et al., 2018).

FID and KID are these distances on the Inception features of `gfla_tf.metrics.inception`; other
features give other distances, which are not called so.
"""

import numpy as np

from gfla_tf.errors import GflaError

_KERNEL_SEED = 2020  # that of torch-fidelity, whose subsets these are


def frechet_distance(first, second):
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2) of the means and covariances (over n - 1) of two sets of features.

    Args:
        first, second: (n, channels), each n at least 2.

    Raises:
        GflaError: a set has fewer than two members.
    """
    (mean_1, covariance_1), (mean_2, covariance_2) = _moments(first), _moments(second)
    # tr (C1 C2)^1/2 by the symmetric C1^1/2 C2 C1^1/2, which has the same eigenvalues and stays real where it is singular
    values, vectors = np.linalg.eigh(covariance_1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    products = np.linalg.eigvalsh(root @ covariance_2 @ root)
    cross = np.sqrt(np.maximum(products, 0)).sum()
    distance = np.sum((mean_1 - mean_2) ** 2) + np.trace(covariance_1) + np.trace(covariance_2) - 2 * cross
    return float(max(distance, 0.0))


def kernel_distance(first, second, subsets=100, subset_size=1000):
    """Squared maximum mean discrepancy with the kernel (x.y / channels + 1)^3, unbiased: mean and deviation over subsets.

    Args:
        first, second: (n, channels).
        subsets: how many random subsets, drawn from a fixed seed.
        subset_size: members of each set in a subset; fewer where a set is smaller.

    Returns:
        (mean, standard deviation).

    Raises:
        GflaError: a set has fewer than two members.
    """
    first, second = _features(first), _features(second)
    size = min(subset_size, len(first), len(second))
    draw = np.random.RandomState(_KERNEL_SEED)
    distances = []
    for _ in range(subsets):
        a = first[draw.choice(len(first), size, replace=False)]
        b = second[draw.choice(len(second), size, replace=False)]
        distances.append(_discrepancy(a, b))
    return float(np.mean(distances)), float(np.std(distances))


def _discrepancy(a, b):
    size = len(a)
    within = sum(kernel.sum() - np.trace(kernel) for kernel in (_kernel(a, a), _kernel(b, b)))
    return within / (size * (size - 1)) - 2 * _kernel(a, b).mean()


def _kernel(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def _moments(features):
    features = _features(features)
    return features.mean(axis=0), np.atleast_2d(np.cov(features, rowvar=False))


def _features(features):
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise GflaError(
            f"A distance of distributions needs two pictures a set, not {len(features)}: give more."
        )
    return features
