"""Functional models that remember how they were built."""

import keras

from gfla_tf.ops.backend import sampler


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

    def export(self, *args, **kwargs):
        """See `keras.Model.export`; what is written holds no compiled operations of ours."""
        with sampler("composed"):
            return super().export(*args, **kwargs)

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
