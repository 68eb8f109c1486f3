"""The detectors' networks on LiteRT: one picture in, the outputs in the order of the file."""

from ai_edge_litert.interpreter import Interpreter

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.litert.structure import require_structure

_REMEDY = "delete the file and fetch it again"


class Network:
    """A network whose input is one square picture.

    >>> points, presence, mask = Network(content, 5, "pose.tflite")(picture)[:3]

    Args:
        content: bytes of a .tflite.
        outputs: how many it has to have.
        origin: the file they are of, for the error.
        threads: on which it runs.

    Raises:
        GflaError: the file is damaged or of another network.
    """

    def __init__(self, content, outputs, origin, threads=2):
        require_structure(content, origin, _REMEDY, signed=False)
        try:
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise GflaError(
                f"LiteRT cannot load the networks in {origin}: {reason_of(error)}; {_REMEDY}."
            ) from error
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = [one["index"] for one in self._interpreter.get_output_details()]
        shape = tuple(self._input["shape"])
        if len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3 or len(self._outputs) != outputs:
            raise GflaError(f"{origin} holds other networks than the detector needs; {_REMEDY}.")
        self.size = int(shape[1])

    def __call__(self, picture):
        """All outputs, float32, without their batch axis, for a picture (size, size, 3) float32."""
        self._interpreter.set_tensor(self._input["index"], picture[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]
