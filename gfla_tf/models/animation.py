"""Running an animation generator over a sequence: the state that one step hands to the next.

The state is the part of a step's input that is not the structure to draw: reference_image, reference_structure, previous_image,
previous_structure. Nothing else is kept, so that a sequence of any length takes the memory of one step. Keras is needed by
`animate` alone: the rest also serves programs that run converted networks.
"""

# What the inputs that carry the state are, at the first step and after each. The others stay as they are.
STATE = {
    "first": {"previous_image": "reference_image", "previous_structure": "reference_structure"},
    "next": {"previous_image": "generated", "previous_structure": "target_structure"},
}


def is_recurrent(generator):
    """Whether a generator is one step of an animation, whose state goes in and of which the next one is made."""
    return "previous_image" in generator.input


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


def sequence(run, state, target_structures):
    """Draws frame after frame with anything that computes a step.

    Args:
        run: from the named arrays of a state and `target_structure` to {name: array}, such as an
        `gfla_tf.litert.runner.TFLiteModel`.
        state: before the first of the frames.
        target_structures: iterable over frames of (batch, H, W, structure_channels); may be a generator, and endless.

    Yields:
        The outputs of the step, frame by frame: generated, flow_S_L and mask_S_L.
    """
    for target_structure in target_structures:
        outputs = run(**state, target_structure=target_structure)
        state = next_state(state, target_structure, outputs["generated"])
        yield outputs


def animate(step, reference_image, reference_structure, target_structures):
    """`sequence` from a reference, in Keras: each frame is drawn from the reference and the frame drawn before it.

    Args:
        step: an `AnimationGenerator`, or anything that maps its inputs to its outputs: a `tf.function` of one is many times
            faster.
        reference_image: (batch, H, W, 3) in [-1, 1].
        reference_structure: (batch, H, W, structure_channels).
        target_structures: as for `sequence`, which also says what is yielded.
    """
    from keras import ops

    def run(**arrays):
        # Keras wants all entries of an input to be tensors, or none.
        return step({name: ops.convert_to_tensor(array) for name, array in arrays.items()})

    reference = ops.convert_to_tensor(reference_image), ops.convert_to_tensor(reference_structure)
    return sequence(run, first_state(*reference), target_structures)
