"""What the bodies need of the package @dcl/wearable-preview: the joints of its skeletal clips, sampled evenly."""

import json
import struct

import numpy as np
from scipy.spatial.transform import Rotation

from gfla_tf.fetch import read_members

FRAMES_PER_SECOND = 30
JOINTS = ("Hips", "Spine", "Spine1", "Spine2", "Neck", "Head",
          *(side + bone for side in ("Left", "Right")
            for bone in ("Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")))  # fmt: skip
_KINDS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


def repack(archive):
    """Arrays of the package's clips.

    Returns:
        dict of names (clips,); offsets (clips + 1,) of their frames; places (frames, joints, 3) float32 of `JOINTS` in the clip's
        own unit; heads (frames, 3, 3) float32, the axes of the head as columns.
    """
    names, places, heads = [], [], []
    for path, content in sorted(read_members(archive, prefix="package/emotes/", suffix=".glb").items()):
        clip = _Clip(content)
        times = np.arange(0, clip.length, 1 / FRAMES_PER_SECOND)
        worlds = [clip.world(time) for time in times]
        names.append(path.rpartition("/")[2].removesuffix(".glb"))
        places.append([[world[joint][:3, 3] for joint in JOINTS] for world in worlds])
        heads.append(
            [world["Head"][:3, :3] / np.linalg.norm(world["Head"][:3, :3], axis=0) for world in worlds]
        )
    return {
        "names": np.array(names),
        "offsets": np.cumsum([0, *map(len, places)]).astype(np.int32),
        "places": np.concatenate(places).astype(np.float32),
        "heads": np.concatenate(heads).astype(np.float32),
    }


class _Clip:
    """A binary glTF file (.glb) with one animation of linear or step-wise channels."""

    def __init__(self, content):
        (size,) = struct.unpack("<I", content[12:16])
        self._tree, self._data = json.loads(content[20 : 20 + size]), content[20 + size + 8 :]
        self._nodes = self._tree["nodes"]
        self._parents = {child: i for i, node in enumerate(self._nodes) for child in node.get("children", [])}
        animation = self._tree["animations"][0]
        self._channels = {}
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            key = channel["target"]["node"], channel["target"]["path"]
            self._channels[key] = self._accessor(sampler["input"])[:, 0], self._accessor(sampler["output"])
        self.length = max(float(times[-1]) for times, _ in self._channels.values())

    def _accessor(self, number):
        accessor = self._tree["accessors"][number]
        view, width = self._tree["bufferViews"][accessor["bufferView"]], _KINDS[accessor["type"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        return np.frombuffer(self._data, "<f4", accessor["count"] * width, start).reshape(-1, width)

    def _value(self, node, path, default, time):
        if (node, path) not in self._channels:
            return np.array(self._nodes[node].get(path, default), float)
        times, values = self._channels[node, path]
        right = min(int(np.searchsorted(times, time)), len(times) - 1)
        left = max(right - 1, 0)
        share = np.clip((time - times[left]) / max(times[right] - times[left], 1e-6), 0, 1)
        other = values[left] * (1 if path != "rotation" or values[left] @ values[right] >= 0 else -1)
        return (1 - share) * other + share * values[right]

    def world(self, time):
        """{joint: (4, 4)} at a time in seconds."""
        worlds = {}

        def of(node):
            if node not in worlds:
                local = np.eye(4)
                turn = Rotation.from_quat(self._value(node, "rotation", [0, 0, 0, 1], time)).as_matrix()
                local[:3, :3] = turn * self._value(node, "scale", [1, 1, 1], time)
                local[:3, 3] = self._value(node, "translation", [0, 0, 0], time)
                worlds[node] = of(self._parents[node]) @ local if node in self._parents else local
            return worlds[node]

        return {node["name"].removeprefix("Avatar_"): of(i) for i, node in enumerate(self._nodes)}
