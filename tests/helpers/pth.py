"""Published checkpoints, written as PyTorch writes them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")


def save_pth(arrays, path, prefix=""):
    """Writes {name: array} as the state of a network, under names that begin with `prefix`; returns the path."""
    torch.save({prefix + name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}, path)
    return path
