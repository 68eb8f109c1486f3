"""Reading the published `.pth` checkpoints into our models, and writing ours in their layout."""

import os

import numpy as np

from gfla_tf.errors import GflaError
from gfla_tf.models.checkpoint_names import checkpoint_entries


def read_pth(path):
    """State dict of a `.pth` file as {name: float array}, `module.` prefixes removed.

    Raises:
        GflaError: PyTorch is not installed, or the file is missing or no state dict.
    """
    try:
        import torch
    except ImportError as error:
        raise GflaError(f"reading {path} needs PyTorch: pip install 'gfla-tf[torch]'.") from error
    if not os.path.isfile(path):
        raise GflaError(f"checkpoint {path} does not exist.")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        arrays = {name.removeprefix("module."): tensor.numpy() for name, tensor in state.items()}
    except Exception as error:  # torch raises half a dozen unrelated types for files that are no checkpoint
        reason = str(error).strip().split("\n")[0].split(". ")[0].rstrip(".") or type(error).__name__
        raise GflaError(
            f"checkpoint {path} is not a PyTorch state dict that can be read safely ({reason[:150]}): "
            "download it again, or save it with torch.save(model.state_dict(), path)."
        ) from error
    return arrays


def load_state_dict(model, state, origin="the state dict"):
    """Sets every weight of `model` from published names.

    Args:
        model: a generator, a part of one, a discriminator, or motion extraction.
        state: {published name: array}.
        origin: what to call the state dict in an error.

    Raises:
        GflaError: entries are missing, unexpected or of another shape; all of them are listed, unless nothing fits at all. No
            weight is changed.
    """
    entries = list(checkpoint_entries(model))
    problems, arrays = [], []
    known = {name for entry in entries for name in entry.names}
    if known.isdisjoint(state):
        raise GflaError(
            f"{origin} is of another network than {type(model).__name__} {model.name!r}, none of whose weights is among its "
            f"{len(state)} entries ({min(state, default='no name')}, ...): generators are in files called latest_net_G.pth, "
            "discriminators in latest_net_D.pth and latest_net_D_V.pth."
        )
    missing = [entry.names[-1] for entry in entries if entry.names[-1] not in state]
    unexpected = sorted(name for name in state if name not in known)
    for entry in entries:
        array = state.get(entry.names[-1])
        if array is None:
            continue
        if tuple(array.shape) != entry.stored_shape:
            problems.append(f"{entry.names[-1]} is {tuple(array.shape)}, expected {entry.stored_shape}")
        else:
            arrays.append((entry, array))
    if missing or unexpected or problems:
        parts = []
        for title, names in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of another shape", problems),
        ):
            if names:
                parts.append(f"{len(names)} {title}: {', '.join(names)}")
        raise GflaError(
            f"{origin} is not a checkpoint of {type(model).__name__} {model.name!r} ({'; '.join(parts)}): "
            "choose the preset that it was trained with."
        )
    for entry, array in arrays:
        entry.variable.assign(entry.to_ours(np.asarray(array, np.float32)))


def state_dict(model):
    """All weights of `model` under their published names and in the published layout, repeated names included."""
    return {name: entry.to_stored() for entry in checkpoint_entries(model) for name in entry.names}


def load_pth(model, path):
    """Loads a published `.pth` checkpoint into `model`; see `read_pth` and `load_state_dict` for what raises."""
    load_state_dict(model, read_pth(path), origin=f"checkpoint {path}")
