"""ShapeNet's cars, which may lie beside the other category."""

from gfla_tf.data.builders.shapenet import ShapeNet


class ShapeNetCar(ShapeNet):
    """Cars from 18 azimuths and 3 elevations."""

    name, category = "shapenet_car", "car"
    VERSION, BUILDER_CONFIGS = ShapeNet.VERSION, ShapeNet.BUILDER_CONFIGS
