"""Clips of one identity held in memory, and batches of a few consecutive frames after the other, for training animations by
truncated back-propagation.

Batch n is piece n % pieces of the clips of n // pieces: one update of the network looks at `unroll` frames, and the state that
it hands to the next update is that of the same clips. The n-th batch is a pure function of n, see `gfla_tf.data.order`.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from gfla_tf.data.order import WHOLE, part_rows
from gfla_tf.ops.images import to_float_image


@dataclasses.dataclass(frozen=True)
class ClipBank:
    """Clips of equal length, each with a reference frame.

    Attributes:
        frames: {name: (clips, 1 + T, ...)}, what belongs to a frame, the reference first: its `image` (H, W, 3) uint8, its
            `structure` in whatever form `prepare` turns into maps, and what else there is, such as `person` (H, W) bool.
        targets: {name: (clips, T, ...)}, what belongs to a frame of the clip and its sources, such as flow_reference.
    """

    frames: dict[str, np.ndarray]
    targets: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @property
    def shape(self):
        """(clips, T): how many there are and how long each is without its reference."""
        clips, frames = next(iter(self.frames.values())).shape[:2]
        return clips, frames - 1

    @classmethod
    def of(cls, clips, structures):
        """Of synthetic clips (`gfla_tf.synthetic.people.Clip`) and the structures (1 + T, ...) of each.

        Its frames have image, person and structure; its targets flow_reference, flow_previous (H, W, 2) float16 and
        visibility_reference, visibility_previous (H, W) bool.
        """
        frames = {"image": "images", "person": "persons"}
        frames = {name: np.stack([getattr(clip, field) for clip in clips]) for name, field in frames.items()}
        targets = {}
        for source in ("reference", "previous"):
            # Half the memory, and exact to a 32nd of a pixel where flows are shorter than 64 pixels.
            flows = [getattr(clip, f"flow_{source}").astype(np.float16) for clip in clips]
            targets[f"flow_{source}"] = np.stack(flows)
            targets[f"visibility_{source}"] = np.stack(
                [getattr(clip, f"visibility_{source}") for clip in clips]
            )
        return cls({**frames, "structure": np.stack(structures)}, targets)


def clip_inputs(batch, draw):
    """What networks and losses want of clips: float images, drawn structures, float masks and flows.

    Args:
        batch: dict of reference_image, previous_image (batch, H, W, 3), target_image (batch, T, H, W, 3), uint8; likewise
            reference_structure, previous_structure and target_structure in the bank's form; `first`; where they are known
            target_person (batch, T, H, W), bool or in [0, 1], and flow_S, visibility_S (batch, T, H, W, ...) of the sources
            reference and previous. Everything else is left out.
        draw: function from structures (n, ...) in the bank's form and their role, "target" or "reference", to their maps (n, H,
            W, channels). The structure before a clip is its reference's.

    Returns:
        dict of reference_image, previous_image (batch, H, W, 3) in [-1, 1]; reference_structure, previous_structure
        (batch, H, W, channels); target_images, target_structures (batch, T, H, W, any); `first`; and where they are known
        target_persons (batch, T, H, W, 1), flow_S (batch, T, H, W, 2) in pixels of the image and visibility_S (batch, T, H, W,
        1); float32.
    """

    targets = batch["target_structure"]  # (batch, T, ...)
    drawn = draw(tf.reshape(targets, (-1, *targets.shape[2:])), "target")
    reference, previous = (batch[f"{role}_structure"] for role in ("reference", "previous"))
    reference, first = draw(reference, "reference"), batch["first"]
    begins = tf.reshape(first, (-1, *[1] * (len(reference.shape) - 1)))
    result = {
        "first": first,
        "target_images": to_float_image(batch["target_image"]),
        "target_structures": tf.reshape(drawn, (-1, targets.shape[1], *drawn.shape[1:])),
        "reference_structure": reference,
        "previous_structure": tf.where(begins, reference, draw(previous, "target")),
    }
    for role in ("reference", "previous"):
        result[f"{role}_image"] = to_float_image(batch[f"{role}_image"])
        if f"flow_{role}" in batch:
            result[f"flow_{role}"] = tf.cast(batch[f"flow_{role}"], tf.float32)
            result[f"visibility_{role}"] = tf.cast(batch[f"visibility_{role}"], tf.float32)[..., None]
    if "target_person" in batch:
        result["target_persons"] = tf.cast(batch["target_person"], tf.float32)[..., None]
    return result


def clip_dataset(bank, batch_size, unroll, prepare, seed=0, start=0, part=WHOLE):
    """Endless batches of pieces of random clips, without repetition inside an epoch.

    An epoch is one pass over all clips in whole batches; the few clips that fill no batch sit it out.

    Args:
        bank: `ClipBank`, whose clips are at least `unroll` frames long; frames that fill no piece are not used.
        batch_size: clips in a batch, at most those of the bank.
        unroll: frames in a piece.
        prepare: function from a batch of the bank's entries to the batch wanted. An entry NAME of the frames is given to it as
            reference_NAME, previous_NAME (the frame before the piece, at first the reference) and target_NAME with `unroll`
            frames, one of the targets as NAME with `unroll` frames; `first` (batch,) bool says whether clips begin.
        seed: of the order.
        start: number of batches to skip.
        part: (i, n): only part i of each batch cut into n equal parts, see `part_rows`.

    Yields:
        what `prepare` returns.
    """
    clips, length = bank.shape
    pieces, batches_per_epoch = length // unroll, clips // batch_size
    with tf.device("CPU:0"):
        of_frames = {name: tf.constant(x) for name, x in bank.frames.items()}
        of_targets = {name: tf.constant(x) for name, x in bank.targets.items()}

    def gather(entries, clip, frames):
        """(batch, frames, ...) of the chosen clips; all indices are (batch,) or (frames,)."""
        index = tf.stack(tf.meshgrid(clip, frames, indexing="ij"), axis=-1)
        return {name: tf.gather_nd(x, index) for name, x in entries.items()}

    def batch_of(index):
        number, piece = index // pieces, index % pieces
        counters = number % batches_per_epoch * batch_size + part_rows(batch_size, part)
        order = tf.stack([seed, tf.cast(number // batches_per_epoch, tf.int32)])
        clip = tf.random.experimental.index_shuffle(counters, order, tf.constant(clips - 1, tf.int64))
        time = piece * unroll + tf.range(unroll, dtype=tf.int64)
        batch = gather(of_targets, clip, time)
        batch |= {f"target_{name}": x for name, x in gather(of_frames, clip, time + 1).items()}
        for role, frame in (("reference", tf.zeros(1, tf.int64)), ("previous", time[:1])):
            batch |= {f"{role}_{name}": x[:, 0] for name, x in gather(of_frames, clip, frame).items()}
        return prepare({**batch, "first": tf.fill([batch_size // part[1]], piece == 0)})

    dataset = tf.data.Dataset.range(start, 2**62).map(batch_of, num_parallel_calls=2, deterministic=True)
    return dataset.prefetch(4)
