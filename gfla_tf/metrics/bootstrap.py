"""How sure a mean over pictures is."""

import numpy as np

RESAMPLINGS = 1000
_SEED = 0


def interval(values, reference=None):
    """The mean, or its share of a reference's mean, with the ends of the 95 % bootstrap interval over pictures.

    A share resamples both together, so that what makes a picture hard for both cancels out. The seed is fixed.

    Args:
        values: (n,).
        reference: (n,) of the same pictures, or None. Pictures whose value or reference is NaN do not count.

    Returns:
        (estimate, low, high), NaN where there is nothing.

    >>> interval([2.0, 2.0])
    (2.0, 2.0, 2.0)
    """
    values = np.asarray(values, np.float64)
    reference = np.ones_like(values) if reference is None else np.asarray(reference, np.float64)
    used = np.isfinite(values) & np.isfinite(reference)
    values, reference = values[used], reference[used]
    if not len(values):
        return (float("nan"),) * 3
    draw, shares = np.random.default_rng(_SEED), []
    for _ in range(RESAMPLINGS):
        chosen = draw.integers(0, len(values), len(values))
        shares.append(values[chosen].mean() / reference[chosen].mean())
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(values.mean() / reference.mean()), float(low), float(high)
