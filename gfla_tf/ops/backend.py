"""Which form of the samplers runs: `composed` of keras.ops, or `compiled`, a fused kernel in C++ that is several times faster.

The environment variable GFLA_SAMPLER, or `set_sampler`, says:

    auto      (default) compiled on CPUs where a C++ compiler is found, otherwise composed without a word
    compiled  an error where it cannot be compiled
    composed

There is no compiled form for XLA (`jit_compile`), for half precision and in what is exported: those are composed,
whatever is set.
`python -m gfla_tf.ops.backend` prints which one is used, and why.
"""

import contextlib
import contextvars
import functools
import importlib
import os
import threading

import keras

from gfla_tf.errors import GflaError, user_errors

CHOICES = ("auto", "compiled", "composed")
VARIABLE = "GFLA_SAMPLER"
LOWERINGS = ("gather", "resampler", "litert", "cpu")  # of graphs that are converted to TFLite
_MODULES = {
    "compiled": "gfla_tf.ops.native.tensorflow_op",
    "litert": "gfla_tf.ops.native.litert_op",
    "resampler": "gfla_tf.ops.resampler",
}

_set = None
_scoped = contextvars.ContextVar("sampler", default=None)
_lock = threading.Lock()


def set_sampler(choice):
    """Sets which form runs in this process, one of CHOICES; None leaves it to the environment variable again.

    Raises:
        GflaError: `compiled` cannot be had, or there is no such choice.
    """
    global _set
    if choice is not None:
        _known(choice, "the sampler")
        require_sampler(choice)
    _set = choice


def require_sampler(choice=None):
    """Raises a `GflaError` if `compiled` is asked for and cannot be had: before a layer does, to whose errors Keras adds."""
    if (choice or _choice()) == "compiled":
        _why_not("compiled")


@contextlib.contextmanager
def sampler(choice):
    """As `set_sampler`, in what the calling thread runs and traces inside this context.

    Here LOWERINGS are choices too, for graphs that are to be converted to TFLite: `gather` is composed, `resampler` reads pixels
    with the custom operation of `gfla_tf.ops.resampler`, `litert` has the samplers as that of `gfla_tf.ops.native.litert_op`;
    `cpu` is composed, with whatever is fastest on CPUs around it, see `gfla_tf.ops.cpu_lowering`.
    """
    _known(choice, "the sampler", (*CHOICES, *LOWERINGS))
    require_sampler(choice)
    token = _scoped.set(choice)
    try:
        yield
    finally:
        _scoped.reset(token)


def _without_autograph(function):
    """Nothing here depends on tensors' values: AutoGraph need not read it, and warn of what it cannot."""
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    return tf.autograph.experimental.do_not_convert(function)


@_without_autograph
def form_for(image):
    """The form that runs for an image, at this place: "compiled", "composed" or a lowering that is not composed.

    Raises:
        GflaError: `compiled` is asked for and cannot be had, or the environment variable is none of CHOICES.
    """
    choice = _choice()
    if (
        choice in ("composed", "gather", "cpu")
        or _in_xla()
        or keras.backend.standardize_dtype(image.dtype) not in ("float32", "float64")
    ):
        return "composed"
    if choice in LOWERINGS:
        return choice
    return "composed" if _why_not(choice) else "compiled"


def lowering():
    """Which of LOWERINGS the graph that is traced here is to be converted in; None if it is not to be converted."""
    return _scoped.get() if _scoped.get() in LOWERINGS else None


def may_be_half():
    """Whether what is traced here may have to run in half precision, as on a phone's GPU."""
    return lowering() not in (None, "cpu")


def describe_sampler():
    """The form that runs for float32 images, and why it is not the compiled one; raises as `form_for` does."""
    choice = _choice()
    reason = f"{VARIABLE} or set_sampler says so" if choice == "composed" else _why_not(choice)
    return f"composed: {reason}" if reason else "compiled"


def with_compiled_form(composed):
    """Decorator of a sampler, whose first argument is the image: calls its compiled twin where that can be used."""

    @_without_autograph
    @functools.wraps(composed)
    def sample(image, *args, **kwargs):
        form = form_for(image)
        twins = None if form == "composed" else _import(form)
        return getattr(twins, composed.__name__, composed)(image, *args, **kwargs)

    return sample


def _choice():
    return _scoped.get() or _set or _known(os.environ.get(VARIABLE) or "auto", VARIABLE)


def _known(choice, name, choices=CHOICES):
    if choice not in choices:
        raise GflaError(f"{name} is {choice!r}: choose {', '.join(choices)}.")
    return choice


def _why_not(choice):
    """Why there is no compiled form, None if there is; a `GflaError` if it is asked for all the same."""
    reason = None
    if keras.backend.backend() != "tensorflow":
        reason = f"Keras runs on {keras.backend.backend()}, not on TensorFlow"
    elif choice == "auto" and _has_accelerator():
        reason = "there is a GPU or a TPU, and the kernel is for CPUs"
    elif isinstance(_import("compiled"), GflaError):
        reason = str(_import("compiled"))
    if reason and choice == "compiled":
        raise GflaError(f"The compiled sampler cannot be had: {reason}; set {VARIABLE}=auto to do without.")
    return reason


def _import(form):
    """The module of a form's samplers, or the `GflaError` that says why there is none."""
    with _lock:
        return _import_once(form)


@functools.cache
def _import_once(form):
    try:
        return importlib.import_module(_MODULES[form])
    except GflaError as error:
        return error


@functools.cache
def _has_accelerator():
    import tensorflow as tf

    return any(device.device_type in ("GPU", "TPU") for device in tf.config.get_visible_devices())


def _in_xla():
    """Whether what is traced here is to be compiled by XLA."""
    if keras.backend.backend() != "tensorflow":
        return False
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import control_flow_util

    # There is no public way to ask.
    return control_flow_util.GraphOrParentsInXlaContext(ops.get_default_graph())


if __name__ == "__main__":
    with user_errors():
        print(describe_sampler())
