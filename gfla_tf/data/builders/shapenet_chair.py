"""ShapeNet's chairs, which may lie beside the other category."""

from gfla_tf.data.builders.shapenet import ShapeNet


class ShapeNetChair(ShapeNet):
    """Chairs from 18 azimuths and 3 elevations."""

    name, category = "shapenet_chair", "chair"
    VERSION, BUILDER_CONFIGS = ShapeNet.VERSION, ShapeNet.BUILDER_CONFIGS
