"""What is given damaged files: {kind: a class with `make(folder)` of good samples once, and `try_(folder, random)` of a case}.

A case returns, or raises a `GflaError`; all else is a finding.
"""

import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from gfla_tf.errors import GflaError
from tests.fuzz.mutations import VALUES, changed, damaged
from tests.fuzz.training_targets import Datasets, Prepared, Runs

MODEL = Path(__file__).parents[1] / "fixtures" / "tiny_pose.tflite"
POSE = np.c_[np.random.default_rng(0).uniform(20, 280, (18, 2)), np.ones(18)].round(2)


def openpose(points=POSE, **more):
    return {"people": [{"person_id": [-1], "pose_keypoints_2d": points.ravel().tolist()}], **more}


class Poses:
    def make(self, folder):
        person = np.resize(POSE, (17, 3)).ravel().tolist()
        landmarks = [{"x": 0.1 + 0.02 * k, "y": 0.3, "z": 0, "visibility": 0.9} for k in range(33)]
        self.samples = [
            openpose(), openpose(POSE / (300, 300, 1), canvas_width=300, canvas_height=300), [openpose(), openpose()],
            [{"image_id": f"{k}.jpg", "keypoints": person, "score": 1.0, "idx": k} for k in range(3)],
            {"images": [{"id": 1, "width": 300, "height": 300, "file_name": "1.jpg"}],
             "annotations": [{"image_id": 1, "keypoints": person}]},
            landmarks, {"pose_landmarks": [landmarks]},
        ]  # fmt: skip

    def try_(self, folder, random):
        from gfla_tf.keypoints.identity import Follower
        from gfla_tf.keypoints.pose_files import read_frames

        text = json.dumps(changed(self.samples[random.integers(len(self.samples))], random)).encode()
        (folder / "pose.json").write_bytes(damaged(text, random) if random.integers(4) == 0 else text)
        follow = Follower()
        for frame in read_frames(folder / "pose.json", image_size=(300, 300) if random.integers(2) else None):
            follow(frame.people)


class Points:
    def make(self, folder):
        self.text = "\n".join(f"{x},{y}" for x, y in np.resize(POSE[:, :2], (68, 2))).encode()

    def try_(self, folder, random):
        from gfla_tf.keypoints.face_points import find_face

        (folder / "p.txt").write_bytes(damaged(self.text, random))
        find_face(folder / "p.txt")


class Tables:
    def make(self, folder):
        self.text = b'from,to\n"a.png",b.png\nc.png,d.png\n' * 20

    def try_(self, folder, random):
        from gfla_tf.io.documents import read_table

        (folder / "t.csv").write_bytes(damaged(self.text, random))
        read_table(folder / "t.csv", "list")


class Pictures:
    def make(self, folder):
        image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 30, 3), np.uint8))
        self.samples = []
        for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "AVIF", "ICO", "TGA", "JPEG2000"):
            buffer = io.BytesIO()
            try:
                image.save(buffer, kind)
            except (OSError, KeyError, ValueError):
                continue  # this Pillow cannot
            self.samples.append(buffer.getvalue())

    def try_(self, folder, random):
        from gfla_tf.io.pictures import read_picture

        (folder / "a.png").write_bytes(damaged(self.samples[random.integers(len(self.samples))], random))
        read_picture(folder / "a.png")


class Videos:
    def make(self, folder):
        from gfla_tf.inference.video_writer import write_video

        frames = list(np.random.default_rng(2).integers(0, 256, (8, 48, 64, 3), np.uint8))
        for name in ("film.mp4", "film.gif"):
            write_video(folder / name, iter(frames), 25)
        self.samples = [(folder / name).read_bytes() for name in ("film.mp4", "film.gif")]

    def try_(self, folder, random):
        from gfla_tf.inference.video import read_video

        # Now and then a download that broke off at once: by how films are encoded, other damage may all be survived.
        if random.integers(5) == 0:
            content = self.samples[0][:200]
        else:
            content = damaged(self.samples[random.integers(2)], random)
        (folder / "a.mp4").write_bytes(content)
        for count, _ in enumerate(read_video(folder / "a.mp4").frames):
            if count > 2000:
                break


class Models:
    """Bytes of a .tflite, its structure with a digest that fits, and what it claims."""

    def make(self, folder):
        from gfla_tf.litert.description import flatbuffer_of, read_description

        self.flatbuffer, self.description = flatbuffer_of(MODEL), read_description(MODEL)

    def try_(self, folder, random):
        from gfla_tf.export.verify.lint import lint

        from gfla_tf.litert.description import write_description
        from gfla_tf.litert.runner import TFLiteModel

        path, kind = folder / "m.tflite", random.integers(4)
        path.write_bytes(self.flatbuffer)
        if kind == 0:
            path.write_bytes(damaged(MODEL.read_bytes(), random))
        elif kind == 1:
            claims = changed({k: v for k, v in self.description.items() if k != "flatbuffer"}, random)
            if not isinstance(claims, dict) or not {"task", "weights", "inputs", "outputs"} <= claims.keys():
                return
            try:
                write_description(path, claims)
            except (ValueError, OverflowError):
                return
        else:
            path.write_bytes(self._structure(random) if kind == 2 else damaged(self.flatbuffer, random))
            write_description(path, {k: v for k, v in self.description.items() if k != "flatbuffer"})
        lint(path)
        model = TFLiteModel(path)
        _ = model.description
        if all(size > 0 for shape in model.inputs.values() for size in shape):
            model(**{name: np.zeros(shape, model.types[name]) for name, shape in model.inputs.items()})

    def _structure(self, random):
        import flatbuffers
        from ai_edge_litert import schema_py_generated as schema

        model = schema.ModelT.InitFromPackedBuf(self.flatbuffer, 0)
        graph = model.subgraphs[0]
        value = int(random.choice([-2, -1, 0, 1, 7, 1000, 2**31 - 1]))
        tensor, operator = (items[random.integers(len(items))] for items in (graph.tensors, graph.operators))
        entry = random.choice([model.signatureDefs[0].inputs[0], model.signatureDefs[0].outputs[0]])
        holders = [
            (entry, "tensorIndex"), (model.signatureDefs[0], "subgraphIndex"), (operator, "opcodeIndex"), (tensor, "buffer"),
            (tensor, "type"), (model.operatorCodes[0], "builtinCode"), (operator, "inputs"), (operator, "outputs"),
            (tensor, "shape"), (graph, "inputs"), (graph, "outputs"),
        ]  # fmt: skip
        holder, field = holders[random.integers(len(holders))]
        if field in ("inputs", "outputs", "shape"):
            values = np.array(getattr(holder, field), np.int32)
            if len(values):
                values[random.integers(len(values))] = value
            setattr(holder, field, values)
        else:
            setattr(holder, field, max(value, 0) % 2**31 if field != "type" else abs(value) % 128)
        builder = flatbuffers.Builder(1024)
        try:
            builder.Finish(model.Pack(builder), b"TFL3")
        except Exception:  # the writer cannot write that
            return self.flatbuffer
        return bytes(builder.Output())


class Pickles:
    def make(self, folder):
        buffer = io.BytesIO()
        positions = {"S1": {"Walking": [np.ones((4, 17, 2), np.float32)] * 4}}
        np.savez(buffer, positions_2d=np.array(positions, dtype=object))
        self.content = buffer.getvalue()
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            self.array = archive.read("positions_2d.npy")

    def try_(self, folder, random):
        from gfla_tf.io.pickles import read_object

        if random.integers(2):
            (folder / "a.npz").write_bytes(damaged(self.content, random))
        else:
            with zipfile.ZipFile(folder / "a.npz", "w") as archive:
                archive.writestr("positions_2d.npy", damaged(self.array, random))
        read_object(folder / "a.npz", "positions_2d")


class Configurations:
    """Every key of a configuration with values that it should not have."""

    def make(self, folder):
        from gfla_tf.training.config import TrainConfig, settings
        from gfla_tf.training.config_file import load_config

        self.keys = sorted(settings(TrainConfig()))
        load_config("pose_quickstart")  # imports what checking takes

    def try_(self, folder, random):
        from gfla_tf.training.config_file import load_config

        key, value = self.keys[random.integers(len(self.keys))], VALUES[random.integers(len(VALUES))]
        (folder / "c.yaml").write_text("name: fuzz\ntask: pose\n")
        if random.integers(4) == 0:
            text = f"name: fuzz\n{key.split('.')[0]}: {json.dumps(value)}\n".encode()
            (folder / "c.yaml").write_bytes(damaged(text, random))
        load_config(folder / "c.yaml", [f"{key}={value if isinstance(value, str) else json.dumps(value)}"])


class Checkpoints:
    def make(self, folder):
        import torch

        torch.save({"net_G": {"a.weight": torch.ones(4, 3), "a.bias": torch.zeros(4)}}, folder / "good.pth")
        self.content = (folder / "good.pth").read_bytes()

    def try_(self, folder, random):
        from gfla_tf.models.checkpoint_import import read_pth

        (folder / "a.pth").write_bytes(damaged(self.content, random))
        read_pth(folder / "a.pth")


class Weights:
    def make(self, folder):
        import keras

        from gfla_tf.models.weight_files import save_weights_atomically

        self.model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
        save_weights_atomically(self.model, folder / "good.weights.h5")
        self.content = (folder / "good.weights.h5").read_bytes()

    def try_(self, folder, random):
        from gfla_tf.models.weight_files import load_weights

        (folder / "a.weights.h5").write_bytes(damaged(self.content, random))
        load_weights(self.model, folder / "a.weights.h5")


class Commands:
    """`gfla transfer` with a damaged file among its own; pictures appear whole or not at all."""

    def make(self, folder):
        Image.fromarray(np.random.default_rng(3).integers(0, 256, (300, 300, 3), np.uint8)).save(
            folder / "me.png"
        )
        (folder / "me.json").write_text(json.dumps(openpose()))
        shutil.copy(MODEL, folder / "model.tflite")

    def try_(self, folder, random):
        from gfla_tf.inference.transfer import transfer_files

        own = folder / "case"
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        for name in ("me.png", "me.json", "model.tflite"):
            shutil.copy(folder / name, own / name)
        name = random.choice(["me.png", "me.json", "model.tflite"])
        (own / name).write_bytes(damaged((own / name).read_bytes(), random))
        try:
            transfer_files(
                own / "model.tflite",
                own / "me.png",
                own / "me.json",
                own / "out.png",
                source_pose=own / "me.json",
            )
        finally:
            left = sorted(
                path.name for path in own.iterdir() if path.name not in ("me.png", "me.json", "model.tflite")
            )
            if left not in ([], ["out.png", "out_generated.png"]):
                raise AssertionError(f"half-written: {left}")
            for file in left:
                Image.open(own / file).load()


TARGETS = {
    "poses": Poses, "points": Points, "tables": Tables, "pictures": Pictures, "videos": Videos, "models": Models,
    "pickles": Pickles, "configurations": Configurations, "checkpoints": Checkpoints, "weights": Weights, "commands": Commands,
    "runs": Runs, "prepared": Prepared, "datasets": Datasets,
}  # fmt: skip
__all__ = ["TARGETS", "GflaError"]
