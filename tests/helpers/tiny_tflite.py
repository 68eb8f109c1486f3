"""A hand-made .tflite with the signature of exported pose networks, whose outputs are known in advance."""

import tensorflow as tf

from gfla_tf.keypoints.poses import HEAT_MAP_SIGMA, JOINTS
from gfla_tf.litert.description import write_description
from gfla_tf.litert.runner import TFLiteModel

SIZE = (64, 32)


@tf.function(
    input_signature=[
        tf.TensorSpec([1, *SIZE, 3], name="source_image"),
        tf.TensorSpec([1, *SIZE, 18], name="source_pose"),
        tf.TensorSpec([1, *SIZE, 18], name="target_pose"),
    ]
)
def network(source_image, source_pose, target_pose):
    """Paints the target's joints red into the source; masks show the source's joints; flows are constant."""
    joints = tf.reduce_max(target_pose, -1, keepdims=True)
    outputs = {"generated": source_image * (1 - joints) + joints * tf.constant([1.0, -1.0, -1.0])}
    for level in (3, 2):
        mask = tf.nn.max_pool2d(tf.reduce_max(source_pose, -1, keepdims=True), 2**level, 2**level, "VALID")
        outputs[f"mask_{level}"] = mask
        outputs[f"flow_{level}"] = tf.concat([mask * 0 + 1.5, mask * 0 - float(level)], -1)
    return outputs


def write_tiny_tflite(path, function=network, **description):
    """Converts `function` to `path`; given fields of a description, embeds one that has them."""
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], tf.Module()
    )
    path.write_bytes(converter.convert())
    if description:
        model = TFLiteModel(path)
        fields = {
            "task": "pose",
            "image_size": list(SIZE),
            "value_range": [-1, 1],
            "joints": JOINTS,
            "heat_map_sigma": HEAT_MAP_SIGMA,
            "attention": [{"level": 3, "kernel": 3}, {"level": 2, "kernel": 5}],
            "weights": {"origin": "hand-made", "license": "as the project"},
            "inputs": model.inputs,
            "outputs": model.outputs,
        }
        write_description(path, fields | description)
    return path


ANIMATION_SIZE = (48, 32)


def animation_network(structure_channels):
    """One step of an animation of small frames, as a function for `write_tiny_tflite`."""
    image, structure = (tf.TensorSpec([1, *ANIMATION_SIZE, n]) for n in (3, structure_channels))
    names = ("reference_image", "previous_image")
    names += ("reference_structure", "previous_structure", "target_structure")

    @tf.function(
        input_signature=[
            tf.TensorSpec((image if name.endswith("image") else structure).shape, name=name) for name in names
        ]
    )
    def step(reference_image, previous_image, reference_structure, previous_structure, target_structure):
        arrays = (reference_image, previous_image, reference_structure, previous_structure, target_structure)
        return {"generated": drawn_step(**dict(zip(names, arrays, strict=True)))}

    return step


def drawn_step(reference_image, previous_image, reference_structure, previous_structure, target_structure):
    """What `animation_network` draws; every input has its own share. For arrays and tensors."""
    light = 0.6 * target_structure - 0.2 * previous_structure + 0.1 * reference_structure
    return 0.4 * reference_image + 0.3 * previous_image + light[..., -3:]
