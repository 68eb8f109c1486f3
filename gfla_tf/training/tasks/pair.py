"""What the tasks share that turn one picture into another: pairs of frames of one identity, each with its condition."""

from gfla_tf.data.order import WHOLE
from gfla_tf.data.pairs import PairBank, pair_dataset, sample_dataset
from gfla_tf.pictures.drawing import training_grid
from gfla_tf.training.objectives.image import PairObjective
from gfla_tf.training.tasks.samples import SEED, Sample, arrays_of
from gfla_tf.training.tasks.task import SAMPLE_SEED, Task


class PairTask(Task):
    """A task whose generator takes source_image, source_CONDITION and target_CONDITION and draws the target's image.

    A subclass gives `condition`, `render`, `pairs`, `prepare` and `picture`, and inherits everything else. What it
    renders is a `PairBank`: named arrays that belong to a frame, and named arrays that belong to an ordered pair of frames of one
    identity. Of objects seen from several sides, for example:

        PairBank(
            frames={"image": (objects, views, H, W, 3) uint8, "view": (objects, views, 21) float32},
            pairs={"flow": (objects, views, views - 1, H, W, 2), "visibility": (objects, views, views - 1, H, W)},
        )

    A frame's entry NAME arrives in `prepare` as source_NAME and target_NAME, a pair's under its own name, all with the
    batch in front. Where pairs would take too much memory, `prepare` can compute them from what belongs to the frames.

    Attributes:
        condition: what the generator's inputs call it, "pose" or "view".
    """

    condition = None

    def render(self, image_size, split, seed, identities, frames):
        """Renders a `PairBank` of (height, width) images; `split` is "train" or "test"."""
        raise NotImplementedError

    def pairs(self, builder, split):
        """The pairs of a prepared dataset, see `gfla_tf.data.pairs.sample_dataset`."""
        raise NotImplementedError

    def prepare(self, batch):
        """A batch of the bank's entries as networks and losses want it, in TensorFlow.

        Returns:
            dict of float32: source_image, target_image (batch, H, W, 3) in [-1, 1], source_CONDITION, target_CONDITION,
            and where it is known target_person (batch, H, W, 1), flow (batch, H, W, 2) in pixels of the image and
            visibility (batch, H, W, 1).
        """
        raise NotImplementedError

    def picture(self, condition):
        """uint8 picture (H, W, 3) or (H, W, 1) of one sample's condition."""
        raise NotImplementedError

    def check_settings(self, require):
        data = self.config.data
        if self.is_prepared:
            return
        require("data.frames", lambda n: n >= 2, "a pair needs at least 2 frames of one identity")
        pairs = data.identities * data.frames * (data.frames - 1)
        require(
            "batch_size", lambda n: n <= pairs, f"data.identities and data.frames make only {pairs} pairs"
        )

    def load(self, generator):
        size = generator.image_size
        if self.is_prepared:
            builder = self.builder(size)
            held_out = self.pairs(builder, "test")
            shown = sample_dataset(held_out, min(4, len(held_out)), self.prepare)
            return self.pairs(builder, "train"), next(iter(shown))
        bank = self.training_data(size)
        samples = self.render(size, "test", SAMPLE_SEED, 4, 2)
        return bank, next(iter(pair_dataset(samples, 4, self.prepare)))

    def training_data(self, image_size):
        """What training draws its pairs from: a `PairBank`, or something with a `dataset` of its own, see `BodyStream`."""
        data = self.config.data
        return self.render(image_size, "train", data.seed, data.identities, data.frames)

    def dataset(self, data, seed, start, part=WHOLE):
        if hasattr(data, "dataset"):
            return data.dataset(self.config.batch_size, self.prepare, seed, start, part)
        dataset = pair_dataset if isinstance(data, PairBank) else sample_dataset
        return dataset(data, self.config.batch_size, self.prepare, seed, start, part)

    def objective(self, generator, features, stage, window_sigma):
        return PairObjective(generator, features, stage, window_sigma, self.condition)

    def attended(self, batch, outputs):
        return batch["target_image"], {"attn": batch["source_image"]}

    def grid(self, batch, outputs):
        return training_grid(batch, outputs, self.condition, self.picture)

    def samples(self, generator, split, count):
        size = generator.image_size
        if self.is_prepared:
            dataset = sample_dataset(self.pairs(self.builder(size), split), 1, dict, SEED)
        else:
            dataset = pair_dataset(self.render(size, split, SEED, count, 2), 1, dict, SEED)
        for batch in dataset:
            raw, prepared = arrays_of(batch), arrays_of(self.prepare(dict(batch)))
            truth = {"target_image": raw["target_image"][0]}
            if "flow" in prepared:
                truth |= {"flow": prepared["flow"][0], "visibility": prepared["visibility"][0, ..., 0] > 0}
            yield Sample(dict(self._input(name, raw, prepared) for name in generator.input), truth)

    def _input(self, name, raw, prepared):
        """Name and value of an input as a `Sample` holds it: as in the bank, as keypoints, or as prepared."""
        keypoints = f"{name.rpartition('_')[0]}_keypoints"
        if self.keypoints and name not in raw and keypoints in raw:
            return keypoints, raw[keypoints]
        return name, (raw if name in raw else prepared)[name]
