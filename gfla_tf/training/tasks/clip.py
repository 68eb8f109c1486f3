"""What the tasks share that animate: clips of one identity, of which each frame is drawn from a reference and a structure."""

import math

import numpy as np

from gfla_tf.data.clips import ClipBank, clip_dataset, clip_inputs
from gfla_tf.data.order import WHOLE
from gfla_tf.data.video_clips import piece_dataset
from gfla_tf.models.animation import is_recurrent
from gfla_tf.models.presets import PRESETS
from gfla_tf.pictures.drawing import flow_to_color, labeled_grid, mask_to_gray, to_uint8
from gfla_tf.training.objectives.animation import AnimationObjective
from gfla_tf.training.tasks.samples import SEED, Sample, arrays_of
from gfla_tf.training.tasks.task import SAMPLE_SEED, Task

_SAMPLES = 3  # clips in a sample grid
_CLIP_FRAMES = 12  # at most, of the clips of single samples


class ClipTask(Task):
    """A task whose generator is an `AnimationGenerator`.

    A subclass gives `render`, `clips`, `draw` or `structures`, and `picture`, and inherits everything else.

    Attributes:
        previous: the image in which flows to the previous frame are judged, "true" or "generated".
        video: what the video discriminator sees, "clip" or "differences". See `AnimationObjective`.
    """

    previous = "true"
    video = "clip"

    def render(self, image_size, split, seed, clips, length):
        """Renders a `ClipBank` of `clips` clips of `length` (height, width) frames; `split` is "train" or "test"."""
        raise NotImplementedError

    def clips(self, builder, split):
        """`ClipSamples` of a prepared dataset, whose structures are in the form of the bank's."""
        raise NotImplementedError

    def stored(self, record, role):
        """The structure of a builder's record, in the form of the bank's."""
        raise NotImplementedError

    def structures(self, stored, image_size, role):
        """The maps (n, H, W, channels) of structures (n, ...) in the bank's form, in TensorFlow, for training.

        Args:
            role: "target" or "reference", whose structures may be of other joints.
        """
        return self.draw(stored, image_size, role)

    def picture(self, structure):
        """uint8 picture (H, W, 3) of one structure's maps."""
        raise NotImplementedError

    def check_settings(self, require):
        for name in ("flip", "color", "motion", "keep_background"):
            require(f"data.{name}", lambda x: not x, "it is for pairs of pictures, so only for the task pose")
        clips = self.config.data.identities
        if not self.is_prepared:
            require("batch_size", lambda n: n <= clips, f"data.identities makes only {clips} clips")
        if not self.config.full.adversarial:
            return
        judge = PRESETS.get(self.config.model.preset, {}).get("video_discriminator", {})
        judge = {**judge, **self.config.model.video_discriminator}
        if self.video == "clip" and "frames" in judge:
            wanted = judge["frames"]
            require("data.unroll", lambda n: n == wanted, f"the video discriminator sees {wanted} frames")
        elif self.video == "differences":
            require("data.unroll", lambda n: n >= 3, "the video discriminator sees 3 frames")

    def load(self, generator):
        data, size = self.config.data, generator.image_size
        if self.is_prepared:
            builder = self.builder(size)
            held_out = self.clips(builder, "test")
            count = min(_SAMPLES, len(held_out))
            shown = piece_dataset(held_out, count, data.unroll, data.unroll, self.prepare)
            return self.clips(builder, "train"), next(iter(shown))
        bank = self.render(size, "train", data.seed, data.identities, data.clip_frames)
        samples = self.render(size, "test", SAMPLE_SEED, _SAMPLES, data.unroll)
        return bank, next(iter(clip_dataset(samples, _SAMPLES, data.unroll, self.prepare)))

    def prepare(self, batch):
        """A batch of the bank's entries as networks and losses want it, see `clip_inputs`."""
        image_size = tuple(batch["reference_image"].shape[1:3])
        return clip_inputs(batch, lambda stored, role: self.structures(stored, image_size, role))

    def dataset(self, data, seed, start, part=WHOLE):
        config = self.config
        if isinstance(data, ClipBank):
            return clip_dataset(data, config.batch_size, config.data.unroll, self.prepare, seed, start, part)
        length, unroll = config.data.clip_frames, config.data.unroll
        return piece_dataset(data, config.batch_size, length, unroll, self.prepare, seed, start, part)

    @property
    def images_per_step(self):
        return self.config.batch_size * self.config.data.unroll

    def objective(self, generator, features, stage, window_sigma):
        return AnimationObjective(
            generator, features, stage, window_sigma, self.config.batch_size, self.previous, self.video
        )

    def attended(self, batch, outputs):
        """The last frame, and what it is drawn from."""
        earlier = outputs["generated"][:, :-1]
        previous = earlier[:, -1] if earlier.shape[1] else batch["previous_image"]
        reference = batch["reference_image"]
        return batch["target_images"][:, -1], {"attn_p": previous, "attn": reference}

    def grid(self, batch, outputs):
        """A row per clip: the reference; structure, generated and target of three frames; flows and masks of the last of them."""
        frames = batch["target_images"].shape[1]
        flows = [name for name in outputs if name.startswith("flow_")]
        rows = []
        for i in range(len(batch["reference_image"])):
            row = [("reference", to_uint8(batch["reference_image"][i]))]
            for k in sorted({0, frames // 2, frames - 1}):
                row.append((f"structure {k + 1}", self.picture(batch["target_structures"][i, k])))
                if "generated" in outputs:
                    row.append((f"generated {k + 1}", to_uint8(outputs["generated"][i, k])))
                row.append((f"target {k + 1}", to_uint8(batch["target_images"][i, k])))
            for name in flows:
                row.append((name, flow_to_color(outputs[name][i, -1])))
                mask = name.replace("flow", "mask")
                row.append((mask, mask_to_gray(outputs[mask][i, -1])))
            rows.append(row)
        return labeled_grid(rows)

    def samples(self, generator, split, count):
        size, length = generator.image_size, min(_CLIP_FRAMES, self.config.data.clip_frames)
        if self.is_prepared:
            dataset = piece_dataset(self.clips(self.builder(size), split), 1, length, length, dict, SEED)
        else:
            bank = self.render(size, split, SEED, math.ceil(count / length), length)
            dataset = clip_dataset(bank, 1, length, dict, SEED)
        for batch in map(arrays_of, dataset):
            structures = {role: batch[f"{role}_structure"] for role in ("reference", "previous", "target")}
            structures["target"] = structures["target"][0]
            if not self.keypoints:
                structures = {
                    role: np.asarray(self.structures(x, size, role)) for role, x in structures.items()
                }
            kind = "keypoints" if self.keypoints else "structure"
            yield from _frame_samples(batch, structures, kind, is_recurrent(generator))


def _frame_samples(batch, structures, kind, recurrent):
    """A sample for each frame of one clip."""
    before = batch["previous_image"], structures["previous"]
    for k, image in enumerate(batch["target_image"][0]):
        structure = structures["target"][k : k + 1]
        inputs = {"reference_image": batch["reference_image"], f"reference_{kind}": structures["reference"]}
        if recurrent:
            inputs |= {"previous_image": before[0], f"previous_{kind}": before[1]}
        else:  # each frame from the reference alone
            inputs = {name.replace("reference", "source"): value for name, value in inputs.items()}
        truth = {"target_image": image}
        for role in ("reference", "previous"):
            for name in (f"flow_{role}", f"visibility_{role}"):
                if name in batch:
                    truth[name] = batch[name][0, k]
        yield Sample({**inputs, f"target_{kind}": structure}, truth, first=k == 0)
        before = image[None], structure
