"""Reading the published `.pth` checkpoints into our models, and writing ours in their layout."""

import zipfile
from collections.abc import Mapping

import numpy as np

from gfla_tf.errors import GflaError, os_reason, reason_of
from gfla_tf.models.checkpoint_names import checkpoint_entries

# Under which names programs keep the generator's state dict in a larger file, those of GANs first.
CONTAINERS = (
    *("net_G", "netG", "generator", "G_ema", "params_ema", "state_dict", "model_state_dict"),
    *("model", "params", "net", "module"),
)
_ALWAYS = ("module.", "_orig_mod.")  # of DataParallel and of torch.compile
_SHARED = (
    "net_G.",
    "netG.",
    "generator.",
    "model.",
)  # where all names begin so, and behind it not with a number
_DEEPEST = 4
_MOST_RATIO, _SMALL = (
    4,
    2**26,
)  # of unpacked bytes to the file's, where there are more than a few: weights hardly shrink


def read_pth(path):
    """State dict of a `.pth` file as {name: float32 array}, without the prefixes and containers that programs put around it.

    Raises:
        GflaError: PyTorch is not installed, or the file is missing, no state dict, or holds values that are no weights.
    """
    try:
        import torch
    except ImportError as error:
        raise GflaError(f"Reading {path} needs PyTorch: pip install 'gfla-tf[torch]'.") from error
    try:
        with open(path, "rb") as file:
            begin = file.read(200)
    except FileNotFoundError as error:
        raise GflaError(f"Checkpoint {path} does not exist.") from error
    except OSError as error:
        raise GflaError(f"Checkpoint {path} cannot be read ({os_reason(error)}).") from error
    if told := _no_checkpoint(begin) or _unpacks_too_far(path):
        raise GflaError(f"Checkpoint {path} {told}.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # torch raises half a dozen unrelated types for files that are no checkpoint
        raise GflaError(f"Checkpoint {path} {_why_not(error)}.") from error
    return _arrays(torch, _state_in(torch, content, path), path)


def _no_checkpoint(begin):
    """What a file is instead, by its first bytes."""
    if not begin:
        return "is empty: download it again"
    if begin.lstrip()[:1] == b"<":
        return "is a web page, not the file that it was to lead to: download the file itself"
    if begin.startswith(b"version https://git-lfs"):
        return "only points to the file (Git LFS): fetch it with git lfs pull"
    if begin[8:9] == b"{" and int.from_bytes(begin[:8], "little") < 2**26:
        return "is in the safetensors format: load it there and save it with torch.save(state_dict, path)"
    return None


def _unpacks_too_far(path):
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (
        OSError,
        ValueError,
        zipfile.BadZipFile,
        NotImplementedError,
    ):  # of before there were zip files, or damaged
        return None
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max(_SMALL, _MOST_RATIO * sum(entry.compress_size for entry in entries)):
        return f"unpacks to {unpacked / 2**20:.0f} MiB, which no weights do: download it again"
    return None


def _why_not(error):
    told = str(error)
    if "Unsupported global" in told or "not an allowed global" in told:
        return (
            "holds a whole program object beside its weights, which is not read, for it could run code: load it where it comes "
            "from and save it with torch.save(model.state_dict(), path)"
        )
    return (
        f"is not a PyTorch state dict that can be read safely ({reason_of(error)[:150]}): it is damaged or of another format; "
        "download it again, or save it with torch.save(model.state_dict(), path)"
    )


def _state_in(torch, content, path):
    """The state dict in what a file holds: itself, or where one of `CONTAINERS` has it."""
    for _ in range(_DEEPEST):
        if isinstance(content, Mapping):
            if any(isinstance(value, torch.Tensor) and value.ndim for value in content.values()):
                return content
            inside = next(
                (content[name] for name in CONTAINERS if isinstance(content.get(name), Mapping)), None
            )
            if inside is not None:
                content = inside
                continue
        break
    held = ", ".join(map(str, list(content)[:6])) if isinstance(content, Mapping) else type(content).__name__
    raise GflaError(
        f"Checkpoint {path} holds no weights of a generator (but {held or 'nothing'}): save them with "
        "torch.save(model.state_dict(), path)."
    )


def _arrays(torch, state, path):
    tensors = {}
    for name, value in state.items():
        # Counters and settings beside the weights are none.
        if not isinstance(value, torch.Tensor) or (value.ndim == 0 and not value.is_floating_point()):
            continue
        short = str(name)
        while short.startswith(_ALWAYS):
            short = short.partition(".")[2]
        if short in tensors:
            raise GflaError(
                f"Checkpoint {path} holds {short} twice, as itself and as {name}: save one of them alone."
            )
        tensors[short] = value
    for prefix in _SHARED:
        # PatchGAN's own names are model.0.weight and so on.
        if tensors and all(
            name.startswith(prefix) and not name.removeprefix(prefix)[:1].isdigit() for name in tensors
        ):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    arrays = {}
    for name, value in tensors.items():
        if not value.is_floating_point() or value.layout != torch.strided:
            raise GflaError(
                f"Checkpoint {path} holds {name} as {value.dtype}, {value.layout}: weights are dense floats."
            )
        arrays[name] = value.detach().float().numpy()
        if not np.isfinite(arrays[name]).all():
            raise GflaError(f"Checkpoint {path} is damaged: {name} holds values that are no numbers.")
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
