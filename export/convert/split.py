"""A function cut in two: what depends on some of its inputs alone, and the rest.

The cut goes through the traced graph, operation by operation, so it is right for every network. Of pose transfer it leaves in
the first half the source encoder, the source's share of local attention's first layer, which is most of it, and the source's of
the flow estimator's first convolution; of view synthesis also the flow estimator's whole encoder and its skip connections.
"""

import tensorflow as tf

from gfla_tf.errors import GflaError

_CONSTANT, _FIXED, _VARYING = range(3)
_REARRANGING = (
    "Identity",
    "IdentityN",
    "Reshape",
)  # done again by the second half, so that maps keep their shape


def partition(function, specifications, fixed, name):
    """Cuts a function of named tensors.

    Args:
        function: from named tensors to {name: tensor}; every output has to depend on an input that is not fixed.
        specifications: {input name: `tf.TensorSpec`}.
        fixed: names of the inputs that stay the same over many calls.
        name: of the network, for errors.

    Returns:
        Two concrete functions of named tensors. The first takes those of `fixed` that it needs and gives {"encoded_0": ..., ...};
        the second takes these, the other inputs, and those of `fixed` that go into it as they are.

    Raises:
        GflaError: nothing depends on the fixed inputs alone.
    """
    names = list(specifications)
    whole = tf.compat.v1.wrap_function(
        lambda *tensors: function(**dict(zip(names, tensors, strict=True))),
        [specifications[name] for name in names],
    )
    inputs = dict(zip(names, whole.inputs[: len(names)], strict=True))
    crossing = _crossing(whole.graph, inputs, fixed)
    passed = [name for name in fixed if any(tensor is inputs[name] for tensor in crossing)]
    encoded = [tensor for tensor in crossing if not any(tensor is inputs[name] for name in passed)]
    if not encoded:
        raise GflaError(f"Nothing in {name} depends on the source alone: leave out --split.")
    codes = {f"encoded_{k}": same for k, same in enumerate(_equal(whole.graph, encoded))}
    of_codes = {name: tf.TensorSpec(same[0].shape, same[0].dtype, name=name) for name, same in codes.items()}
    needed = _ancestors(encoded)
    first = {name: [inputs[name]] for name in fixed if inputs[name].op.name in needed}
    rest = {name: [inputs[name]] for name in names if name not in fixed or name in passed}
    return (
        _named(whole, first, specifications, {name: same[0] for name, same in codes.items()}),
        _named(whole, codes | rest, of_codes | specifications, whole.structured_outputs),
    )


def _crossing(graph, inputs, fixed):
    """Tensors of `graph` that depend on the fixed inputs alone and go into operations that depend on others, too."""
    of_input = {tensor.op.name: _FIXED if name in fixed else _VARYING for name, tensor in inputs.items()}
    depends, crossing = {}, []
    for operation in graph.get_operations():  # an operation comes after those that it depends on
        needed = [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
        kinds = [depends[other.name] for other in needed]
        kind = depends[operation.name] = of_input.get(operation.name, max(kinds, default=_CONSTANT))
        for tensor in operation.inputs if kind == _VARYING else ():
            while tensor.op.type in _REARRANGING and depends[tensor.op.name] == _FIXED:
                tensor = tensor.op.inputs[tensor.value_index if tensor.op.type == "IdentityN" else 0]
            if depends[tensor.op.name] == _FIXED and not any(tensor is other for other in crossing):
                crossing.append(tensor)
    return crossing


def _equal(graph, tensors):
    """Groups tensors that are computed alike, such as once for each level. The converter makes one tensor of them, and LiteRT's
    compiled models lose outputs that share one."""
    ids, numbers, groups = {}, {}, {}
    for operation in graph.get_operations():
        definition = tf.compat.v1.NodeDef()
        definition.CopyFrom(operation.node_def)
        for field in ("name", "input", "experimental_debug_info"):
            definition.ClearField(field)
        inputs = tuple((ids[tensor.op.name], tensor.value_index) for tensor in operation.inputs)
        key = (definition.SerializeToString(deterministic=True), inputs)
        if operation.type == "Placeholder" or operation.op_def.is_stateful or operation.control_inputs:
            key = operation.name
        ids[operation.name] = numbers.setdefault(key, len(numbers))
    for tensor in tensors:
        groups.setdefault((ids[tensor.op.name], tensor.value_index), []).append(tensor)
    return list(groups.values())


def _named(whole, feeds, specifications, fetches):
    """The part of a wrapped function from `feeds` {name: equal tensors} to `fetches`, as a concrete function of named tensors."""
    part = whole.prune([tensor for same in feeds.values() for tensor in same], fetches)
    function = tf.function(lambda **given: part(*(given[name] for name, same in feeds.items() for _ in same)))
    return function.get_concrete_function(**{name: specifications[name] for name in feeds})


def _ancestors(tensors):
    """Names of the operations that tensors depend on."""
    seen, pending = set(), [tensor.op for tensor in tensors]
    while pending:
        operation = pending.pop()
        if operation.name not in seen:
            seen.add(operation.name)
            pending += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return seen
