"""The weights of torchvision's VGG-19, as the published losses use them."""

from gfla_tf.errors import GflaError


def torchvision_state():
    """The state dict {name: array} of torchvision's VGG-19, which it downloads once; a `GflaError` if it cannot be had."""
    try:
        import torch  # noqa: F401
        from torchvision.models import VGG19_Weights
    except (
        ImportError,
        RuntimeError,
    ) as error:  # the latter where torch and torchvision do not fit each other
        raise GflaError(
            f"The weights of torchvision's VGG-19 need torchvision ({error}): pip install 'gfla-tf[torch]', or give "
            "the path of a file with weights."
        ) from error
    try:
        state = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except Exception as error:  # urllib, HTTP and checksum failures
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise GflaError(
            f"The weights of torchvision's VGG-19 cannot be downloaded ({reason}): give the path of their .pth file "
            "instead."
        ) from error
    return {name: tensor.numpy() for name, tensor in state.items()}


def assign_torchvision(layers, state, origin, known):
    """Gives the convolutions of a VGG their weights.

    torchvision's names are features.N.weight, (out, in, 3, 3), and features.N.bias, where ReLUs and poolings are counted too.

    Args:
        layers: {name: Keras layer}, in order, called blockB_convI.
        state: {torchvision's name: array}.
        origin: of the state, for the error.
        known: what else could be given, for the error.

    Raises:
        GflaError: an array is missing or of another shape.
    """
    index, arrays = 0, []
    for name, following in zip(layers, [*list(layers)[1:], ""]):
        for kind, variable in zip(("weight", "bias"), layers[name].weights):
            array = state.get(f"features.{index}.{kind}")
            if kind == "weight" and array is not None:
                array = array.transpose(2, 3, 1, 0)
            if array is None or array.shape != variable.shape:
                raise GflaError(
                    f"{origin} does not hold torchvision's VGG-19: features.{index}.{kind} is missing or of another shape; give "
                    f"{known}."
                )
            arrays.append((variable, array))
        index += 2 if following[:6] == name[:6] else 3  # of the same block
    for variable, array in arrays:
        variable.assign(array)
