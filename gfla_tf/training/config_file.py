"""Reading of training configurations: YAML files and `key=value` overrides, merged into the schema.

An unknown key is an error. A configuration without `model.preset` takes the network that `init_from` names, and what its maps
are drawn with.
"""

import io
import os
from importlib import resources
from pathlib import Path

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException

from gfla_tf.errors import GflaError
from gfla_tf.io.documents import read_text
from gfla_tf.training.config import MAP_SETTINGS, TrainConfig

_MOST_BYTES = 2**20
# What runs did before these settings existed. A run records every setting that there is, so what is missing is older than it.
_STAGE = {"adam": "keras", "epsilon": 1e-7}
_EARLIER = {"data": {"drawing": "simple"}, "flow": _STAGE, "full": _STAGE}
# What libraries raise at values that they cannot take.
_REFUSALS = (
    OSError,
    OmegaConfBaseException,
    yaml.YAMLError,
    TypeError,
    ValueError,
    ArithmeticError,
    RecursionError,
)


def configuration_names():
    """Names of the configurations that come with the package."""
    return sorted(
        file.name.removesuffix(".yaml") for file in _packaged().iterdir() if file.name.endswith(".yaml")
    )


def configuration_path(name):
    """Path of a configuration: `name` itself where it is a file, else the package's own of that name.

    A path into `configs/` that does not exist here, such as configs/pose_quickstart.yaml, means the package's own, too.
    """
    path = Path(name)
    if path.suffix not in ("", ".yaml") or str(path.parent) not in (".", "configs"):
        return path
    own = _packaged() / f"{path.stem}.yaml"
    return path if path.is_file() or not own.is_file() else own


def _packaged():
    return resources.files("gfla_tf.configs")


def load_recorded_config(directory):
    """The `TrainConfig` of a training run, also of one that an earlier version recorded.

    Args:
        directory: of the run.

    Raises:
        GflaError: as `load_config`.
    """
    path = Path(directory) / "config.yaml"
    return _checked(OmegaConf.merge(_EARLIER, _read(path)), path)


def load_config(path, overrides=()):
    """Reads a YAML file and `key=value` overrides into a `TrainConfig`.

    Args:
        path: of the file, or the name of a configuration of the package, such as `pose_quickstart`.
        overrides: iterable of `key=value`, which replace what the file says.

    Raises:
        GflaError: the file is missing or no YAML, a key is unknown, or a value is of another type or out of range.
    """
    path = configuration_path(path)
    return _checked(_read(path), path, overrides, inherits=True)


def _checked(loaded, path, overrides=(), inherits=False):
    config, given = _merge(OmegaConf.structured(TrainConfig), loaded, path), loaded
    for override in overrides:
        key, separator, _ = override.partition("=")
        if not separator or not key:
            raise GflaError(
                f"Override {override[:80]!r} is not of the form key=value, such as full.steps=2000."
            )
        origin = f"override {override[:80]!r}"
        try:
            changed = OmegaConf.from_dotlist([override])
        except _REFUSALS as error:
            raise GflaError(f"{origin}: its value is not YAML ({_reason(error)}): quote it.") from error
        config, given = _merge(config, changed, origin), OmegaConf.merge(given, changed)
    if inherits and config.init_from and not OmegaConf.select(given, "model.preset"):
        config = _merge(config, OmegaConf.merge(_inherited(config.init_from), given), config.init_from)
    try:
        result = OmegaConf.to_object(config)
    except _REFUSALS as error:
        raise GflaError(f"{path}: {_reason(error)}.") from error
    # Only now: what the choices are is known to modules that take seconds to import, and a mistyped key need not wait.
    from gfla_tf.training.config_check import check_config
    from gfla_tf.training.tasks import TASKS

    if result.data.dataset is None and result.task in TASKS:
        result.data.dataset = TASKS[result.task].datasets[0]
    origin = " ".join([str(path), *overrides])
    try:
        check_config(result, origin)
    except _REFUSALS as error:  # a value of another kind than its rule compares with
        raise GflaError(f"{origin}: {_reason(error)}.") from error
    return result


def _inherited(init_from):
    """The preset of a network, what differs from it, and the settings of its maps; nothing of files, which do not tell."""
    path = Path(init_from)
    if path.suffix in (".pth", ".keras", ".h5"):
        return OmegaConf.create()
    if os.path.isfile(path / "config.yaml"):  # also of a name that no file can have
        recorded = load_recorded_config(init_from)
        model = {"preset": recorded.model.preset, "generator": recorded.model.generator}
        return OmegaConf.create(
            {"model": model, "data": {k: getattr(recorded.data, k) for k in MAP_SETTINGS}}
        )
    # As late as the check, for the same reason.
    from gfla_tf.models.preset_folder import recorded_data, require_preset

    preset, told = recorded_data(require_preset(init_from))
    return OmegaConf.create(
        {"model": {"preset": preset}, "data": {k: told[k] for k in MAP_SETTINGS if k in told}}
    )


def _read(path):
    text = read_text(path, "configuration", _MOST_BYTES)
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise GflaError(f"Configuration {path} refers to its own parts with *: write them out.")
        # Unlike plain YAML 1.1 this refuses a key given twice and reads 1e-3 as a number.
        loaded = OmegaConf.load(io.StringIO(text))
    except _REFUSALS as error:
        raise GflaError(f"Configuration {path} cannot be read as YAML: {_reason(error)}.") from error
    if not OmegaConf.is_dict(loaded):
        raise GflaError(
            f"Configuration {path} holds a list: it must hold key: value lines, as those in configs/."
        )
    if not loaded:
        raise GflaError(
            f"Configuration {path} is empty: it must hold key: value lines, as those in configs/."
        )
    return loaded


def _merge(config, other, origin):
    _require_shape(config, OmegaConf.to_container(other), origin)
    try:
        return OmegaConf.merge(config, other)
    except _REFUSALS as error:
        key = getattr(error, "full_key", None)
        if isinstance(error, ConfigKeyError):
            parent = getattr(error, "parent_node", None)
            known = f": choose among {', '.join(map(str, parent))}" if parent is not None else ""
            raise GflaError(f"{origin}: there is no key {key}{known}.") from error
        raise GflaError(f"{origin}: {_reason(error)}" + (f" (key {key})." if key else ".")) from error


def _require_shape(config, changes, origin, above=""):
    """Settings of a part are given as such, and none is left open."""
    for key, value in changes.items():
        name = f"{above}{key}"
        here = config[key] if OmegaConf.is_dict(config) and key in config else None
        if value == "???":
            raise GflaError(f"{origin}: {name} is ???: give it a value.")
        if OmegaConf.is_dict(here):
            if not isinstance(value, dict):
                raise GflaError(
                    f"{origin}: {name} is {value!r}: it holds settings of its own, so give those."
                )
            _require_shape(here, value, origin, f"{name}.")
        elif OmegaConf.is_list(here) and not isinstance(value, list):
            raise GflaError(f"{origin}: {name} is {value!r}: it takes a list, such as {list(here)}.")


def _reason(error):
    """What a library says about its error, as one line without a final full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        lines = [f"{error.problem}, line {error.problem_mark.line + 1}"]
    return lines[0].rstrip(". ")
