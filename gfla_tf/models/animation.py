"""Running an animation generator over a sequence: the state that one step hands to the next.

The state is the part of a step's input that is not the structure to draw: reference_image, reference_structure, previous_image,
previous_structure. Nothing else is kept, so that a sequence of any length takes the memory of one step.
"""

from keras import ops


def first_state(reference_image, reference_structure):
    """State before the first frame, which has the reference for its previous frame.

    Args:
        reference_image: (batch, H, W, 3) in [-1, 1].
        reference_structure: (batch, H, W, structure_channels).
    """
    return {
        "reference_image": reference_image,
        "reference_structure": reference_structure,
        "previous_image": reference_image,
        "previous_structure": reference_structure,
    }


def next_state(state, target_structure, generated):
    """State after `generated` was drawn from `target_structure`."""
    return {**state, "previous_image": generated, "previous_structure": target_structure}


def animate(step, reference_image, reference_structure, target_structures):
    """Draws frame after frame, each from the reference and the frame drawn before it.

    Args:
        step: an `AnimationGenerator`, or anything that maps its inputs to its outputs: a `tf.function` of one is many times
            faster.
        reference_image: (batch, H, W, 3) in [-1, 1].
        reference_structure: (batch, H, W, structure_channels).
        target_structures: iterable over frames of (batch, H, W, structure_channels); may be a generator, and endless.

    Yields:
        The outputs of the step, frame by frame: generated, flow_S_L and mask_S_L.
    """
    # Keras wants all entries of an input to be tensors, or none.
    state = first_state(ops.convert_to_tensor(reference_image), ops.convert_to_tensor(reference_structure))
    for target_structure in target_structures:
        target_structure = ops.convert_to_tensor(target_structure)
        outputs = step({**state, "target_structure": target_structure})
        state = next_state(state, target_structure, ops.convert_to_tensor(outputs["generated"]))
        yield outputs
