"""A first guess of the flow from the joints."""

import keras

from gfla_tf.ops.limb_flow import joint_positions, limb_flow


@keras.saving.register_keras_serializable("gfla_tf")
class LimbFlow(keras.layers.Layer):
    """How the limbs carry along what is around them, see `gfla_tf.ops.limb_flow`.

    Call with `(source_pose, target_pose)`, both (batch, H, W, channels) of which the first are the joints' heat maps. Returns
    {level: (batch, H/2^level, W/2^level, 2)}, in pixels of the level.

    Args:
        limbs: pairs of joints.
        levels: of the flows.
    """

    def __init__(self, limbs, levels, **kwargs):
        super().__init__(**kwargs)
        self.limbs = tuple((int(a), int(b)) for a, b in limbs)
        self.levels = tuple(int(level) for level in levels)

    def call(self, source_pose, target_pose):
        joints, size = 1 + max(max(limb) for limb in self.limbs), tuple(source_pose.shape[1:3])
        source, target = (joint_positions(pose[..., :joints]) for pose in (source_pose, target_pose))
        return {str(level): limb_flow(source, target, self.limbs, size, level) for level in self.levels}

    def compute_output_shape(self, source_pose_shape, target_pose_shape):
        batch, height, width, _ = source_pose_shape
        return {str(level): (batch, height >> level, width >> level, 2) for level in self.levels}

    def get_config(self):
        return {**super().get_config(), "limbs": self.limbs, "levels": self.levels}
