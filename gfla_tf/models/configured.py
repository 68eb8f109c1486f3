"""Functional models that remember how they were built."""

from os import PathLike
from typing import Any, Self

import keras

import gfla_tf
from gfla_tf.errors import GflaError
from gfla_tf.ops.backend import sampler

_EXPORTED = ("tf_saved_model", "litert", "onnx")


def arguments(scope):
    """What a constructor was called with, {argument: value}: the beginning of its `locals()`, before anything else is in them."""
    return {name: value for name, value in scope.items() if name not in ("self", "__class__")}


class ConfiguredModel(keras.Model):
    """A functional model whose constructor's arguments are its attributes and its configuration.

    Args:
        inputs, outputs: of the functional model.
        config: {argument of the subclass's constructor: value}.

    Attributes:
        card: what is known of the weights, {"origin": where they come from, "license": theirs, "data": settings of the data that
            they were trained on}; saved with the model. Empty for fresh ones.
    """

    def __init__(self, inputs, outputs, config, /, **kwargs):
        super().__init__(inputs, outputs, **kwargs)
        self._card = {}
        for name, value in config.items():
            setattr(self, name, value)
        self._arguments = tuple(config)

    @property
    def card(self):
        return self._card

    @card.setter
    def card(self, card):
        self._card = dict(card)

    def get_config(self):
        card = {"card": _plain(dict(self._card))} if self._card else {}
        return {"name": self.name, **{name: _plain(getattr(self, name)) for name in self._arguments}, **card}

    @classmethod
    def from_preset(
        cls, name: str | PathLike, weights: str | PathLike | None = None, **settings: Any
    ) -> Self:
        """A network of this class by the name of its settings, with weights where there are any.

        >>> gfla_tf.PoseGenerator.from_preset("pose_deepfashion", weights="latest_net_G.pth")

        Args:
            name: a preset, see `gfla_tf.presets`, which is fresh without `weights`, but for those with which the package comes
                (people_256, people_128); or with weights of its own: a folder that `save_to_preset` wrote, a run (runs/NAME), a
                .keras file, or hf://USER/REPOSITORY.
            weights: a published .pth, or whatever else `init_from` takes.
            settings: replace single arguments of the constructor, such as image_size.

        Raises:
            GflaError: there is no such thing, it is of another class, or the weights do not fit.
        """
        # Runs belong to a room above this one, which the front door knows.
        return gfla_tf.from_preset(name, weights, cls, **settings)

    def save_to_preset(self, folder: str | PathLike) -> None:
        """Writes settings, weights and a model card into a folder, for `from_preset` and for model hubs.

        Raises:
            GflaError: the folder cannot be written.
        """
        gfla_tf.save_preset(self, folder)

    def export(self, filepath: str | PathLike, format: str = "tf_saved_model", **kwargs: Any) -> None:
        """Writes the network for serving, see `keras.Model.export`: without training code or compiled operations of ours.

        Args:
            filepath: a folder for tf_saved_model, otherwise a file.
            format: "tf_saved_model", "litert" (a .tflite) or "onnx". `gfla_tf.convert` writes more kinds of .tflite, and
                describes and checks them.
            kwargs: further arguments of `keras.Model.export`.

        Raises:
            GflaError: there is no such format here.
        """
        if format not in _EXPORTED:
            raise GflaError(f"There is no format {format!r}: choose one of {', '.join(_EXPORTED)}.")
        if format == "litert":
            return gfla_tf.export_litert(self, filepath)
        try:
            with sampler("composed"):
                super().export(filepath, format=format, **{"verbose": False, **kwargs})
        except ImportError as error:
            raise GflaError(
                f"The format {format} needs the package {error.name}: pip install {error.name}, or use tf_saved_model or litert."
            ) from error

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        card = config.pop("card", {})
        model = cls(**config)
        model.card = card
        return model


def _plain(value):
    """JSON has no keys but strings."""
    return {str(key): entry for key, entry in value.items()} if isinstance(value, dict) else value
