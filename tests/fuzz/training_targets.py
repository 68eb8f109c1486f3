"""What a training keeps on the disk, damaged as a power cut or a stranger's hand leaves it: run directories, prepared data."""

import json
import shutil

import numpy as np

from gfla_tf.errors import GflaError, raised_in_graphs
from tests.fuzz.mutations import changed, damaged


def spoil(folder, random):
    """Damages one file below a folder: changed bytes, changed JSON, empty, cut, gone, a folder or a copy beside it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path, kind = files[random.integers(len(files))], random.integers(8)
    if kind == 0:
        path.write_bytes(b"")
    elif kind == 1:
        path.unlink()
    elif kind == 2:
        path.unlink()
        path.mkdir()
    elif kind == 3:
        shutil.copy(path, path.with_name(f"{path.stem} (copy){path.suffix}"))
    elif kind < 6 and path.suffix == ".json":
        path.write_text(json.dumps(changed(json.loads(path.read_text()), random)))
    else:
        path.write_bytes(damaged(path.read_bytes(), random))
    return path


class Runs:
    """A run that goes on: its configuration, checkpoints, metrics, curves and weights; and the checkpoint it saves then."""

    def make(self, folder):
        from gfla_tf.models.weight_files import save_weights_atomically
        from gfla_tf.training.config import save_config
        from gfla_tf.training.config_file import load_config
        from tests.helpers.tiny_trainer import TinyTrainer

        self.good, self.case, self.trainer = folder / "good", folder / "case", TinyTrainer()
        save_config(load_config("pose_quickstart"), self.good / "config.yaml")
        checkpoints = self._checkpoints(self.good)
        for step in (3, 6):
            self.trainer.generator_optimizer.iterations.assign(step)
            checkpoints.save()
            self._metrics(self.good)
        save_weights_atomically(self.trainer.generator, self.good / "generator.weights.h5")

    def try_(self, folder, random):
        from gfla_tf.models.weight_files import load_weights
        from gfla_tf.pictures.curves import loss_curves
        from gfla_tf.training.config_file import load_config

        shutil.rmtree(self.case, ignore_errors=True)
        shutil.copytree(self.good, self.case)
        place = spoil(self.case, random)
        load_config(self.case / "config.yaml")
        checkpoints = self._checkpoints(self.case)
        step = checkpoints.restore_latest()
        if step not in (3, 6) and (step or place.parent.name != "full"):
            raise AssertionError(f"restored step {step}")
        self._metrics(self.case)
        if place.name == "metrics.csv":
            loss_curves(self.case / "metrics.csv", self.case / "curves.png")
        checkpoints.save()
        if self._checkpoints(self.case).restore_latest() != step:
            raise AssertionError("what is saved now does not come back")
        load_weights(self.trainer.generator, self.case / "generator.weights.h5")

    def _checkpoints(self, folder):
        from gfla_tf.training.checkpoints import Checkpoints

        return Checkpoints(folder / "checkpoints" / "full", self.trainer)

    def _metrics(self, folder):
        from gfla_tf.training.callbacks.progress import MetricsCsv

        metrics = MetricsCsv(folder / "metrics.csv", "full")
        metrics.set_model(self.trainer)
        metrics.on_train_begin()
        metrics.on_epoch_end(0, {"l1": 0.5, "adversarial": 0.25})


class Prepared:
    """Prepared data, read as a training reads them; what can be prepared again is, from undamaged files."""

    def make(self, folder):
        from tests.helpers.dataset_files import write_pose_pairs

        self.files, self.good = folder / "market", folder / "good"
        write_pose_pairs(self.files, "market", (128, 64))
        self._read()
        shutil.copytree(self.files / "prepared", self.good)

    def try_(self, folder, random):
        shutil.rmtree(self.files / "prepared", ignore_errors=True)
        shutil.copytree(self.good, self.files / "prepared")
        place = spoil(self.files / "prepared", random)
        try:
            self._read()
        except GflaError as error:
            if str(self.files) not in str(error):
                raise AssertionError(f"{place.name}: no file is named: {error}") from error
            raise

    def _read(self):
        import tensorflow as tf

        from gfla_tf.data.people_pairs import PosePairSamples
        from gfla_tf.data.prepared import prepare

        builder = prepare("market", self.files, (16, 16))
        with raised_in_graphs():
            for split in ("train", "test"):
                samples = PosePairSamples(builder, split)
                for number in (0, len(samples) - 1):
                    if samples.is_intact(number, tf.constant([0, 0], tf.int64)):
                        sample = samples.sample(number, tf.constant([0, 0], tf.int64))
                        if not np.isfinite(sample["source_keypoints"]).all():
                            raise AssertionError("a joint is no number")


class Datasets:
    """Files of public and of own data sets as their owners give them, read as preparation reads them, without writing."""

    def make(self, folder):
        from gfla_tf.data.builders import faceforensics, fashionvideo, market, shapenet
        from gfla_tf.data.builders import folder as own
        from tests.helpers import dataset_files

        self.good, self.case = folder / "good", folder / "case"
        dataset_files.write_pose_pairs(self.good / "market", "market", (128, 64))
        dataset_files.write_dance(self.good / "dance")
        dataset_files.write_faces(self.good / "faces")
        dataset_files.write_shapenet(self.good / "views")
        self._write_own(self.good / "own")
        made = {
            "market": market.Market,
            "dance": fashionvideo.FashionVideo,
            "faces": faceforensics.FaceForensics,
        }
        made |= {"views": shapenet.ShapeNet, "own": own.Folder}
        self.builders = {
            name: builder(data_dir=folder / "unused", config=self._size(builder, own))
            for name, builder in made.items()
        }

    def try_(self, folder, random):
        name = str(random.choice(list(self.builders)))
        shutil.rmtree(self.case, ignore_errors=True)
        shutil.copytree(self.good / name, self.case)
        place, builder = spoil(self.case, random), self.builders[name]
        for split in ("train", "test"):
            table, whole = builder.table(self.case, split)
            json.dumps(whole)
            for entry in table[:20]:
                try:
                    builder.record(entry, (16, 16))
                except GflaError as error:  # left out and counted
                    if place.stem.removesuffix(" (copy)") not in str(error):
                        raise AssertionError(f"{place.name}: another file is named: {error}") from error

    def _size(self, builder, own):
        if builder is own.Folder:
            return own.FolderContent.of((16, 16), self.good / "own")
        return type(builder.BUILDER_CONFIGS[0]).of((16, 16))

    def _write_own(self, folder):
        from PIL import Image

        rows = []
        for k in range(6):
            place = folder / "anna" / f"{k}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((48, 48, 3), 40 * k, np.uint8)).save(place)
            points = np.c_[np.linspace(5, 40, 18), np.linspace(4, 44, 18), np.ones(18)].ravel().tolist()
            place.with_suffix(".json").write_text(json.dumps({"people": [{"pose_keypoints_2d": points}]}))
            rows.append(f"anna/{k}.png,{'train' if k < 4 else 'test'}")
        (folder / "split.csv").write_text("\n".join(["picture,split", *rows]) + "\n")
        (folder / "pairs.csv").write_text("from,to\nanna/0.png,anna/1.png\nanna/4.png,anna/5.png\n")
