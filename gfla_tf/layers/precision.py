"""In which precision layers compute."""

import contextlib

import keras


@contextlib.contextmanager
def precision(policy):
    """Layers made inside have this dtype policy: float32, mixed_bfloat16 or mixed_float16. Weights are float32 in all of them."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
