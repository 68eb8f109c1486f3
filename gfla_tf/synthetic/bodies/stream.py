"""People drawn in the background while a network trains: memory holds the last few hundred, and none stays for long."""

import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import tensorflow as tf

from gfla_tf.data.order import WHOLE
from gfla_tf.errors import GflaError
from gfla_tf.keypoints.poses import JOINTS
from gfla_tf.synthetic.bodies import assets
from gfla_tf.synthetic.bodies.bodies import SyntheticBodies
from gfla_tf.synthetic.bodies.rendered import frames_of
from gfla_tf.synthetic.parallel import cores, start_in_background


class BodyStream:
    """Endless batches of pairs of ever new people; the n-th batch is a pure function of n, as with a bank.

    A window of people moves on by one whenever `lifetime` samples have been drawn, so that every person is in about so many of
    them. What takes 0.3 seconds to draw serves for dozens of samples.

    Args:
        image_size, split, seed, noise: see `SyntheticBodies`.
        identities: people in the window, all of them in memory.
        frames: of each, at least 2.
        lifetime: samples of each.
        with_flow: whether pairs have flow and visibility.
        bled: share of the people whose sources have their colors carried outward, and whose targets stand before that.
    """

    def __init__(
        self,
        image_size,
        split,
        seed,
        identities,
        frames,
        lifetime,
        with_flow=False,
        noise=(1.0, 0.0),
        bled=0.0,
    ):
        assets.fetch()
        self.bodies = SyntheticBodies(image_size, split, seed, noise)
        self.identities, self.frames, self.lifetime, self.with_flow = identities, frames, lifetime, with_flow
        self.bled = bled

    def dataset(self, batch_size, prepare, seed=0, start=0, part=WHOLE):
        """`tf.data.Dataset` of batches; arguments and entries as for `gfla_tf.data.pairs.pair_dataset`."""
        rows = batch_size // part[1]
        batches = tf.data.Dataset.from_generator(
            lambda: self.batches(batch_size, seed, start, part), output_signature=self._signature(rows)
        )
        return batches.map(prepare, num_parallel_calls=2, deterministic=True).prefetch(4)

    def batches(self, batch_size, seed=0, start=0, part=WHOLE):
        """Yields dicts of arrays with the batch in front, from number `start` on."""
        workers = max(1, cores() - 1)
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), start_in_background)
        people, rows = {}, batch_size // part[1]
        try:
            for number in itertools.count(start):
                first = number * batch_size // self.lifetime
                for gone in [identity for identity in people if identity < first]:
                    del people[gone]
                for identity in range(first, first + self.identities + 2 * workers):
                    if identity not in people:
                        people[identity] = pool.submit(
                            frames_of,
                            self.bodies,
                            identity,
                            self.frames,
                            self.with_flow,
                            self._is_bled(identity),
                        )
                rng = np.random.default_rng([seed, number])
                chosen = rng.integers(0, (self.identities, self.frames, self.frames - 1), (batch_size, 3))
                own = chosen[part[0] * rows : (part[0] + 1) * rows]
                samples = [
                    self._sample(first + identity, people[first + identity].result(), source, other)
                    for identity, source, other in own
                ]
                yield {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}
        except BrokenProcessPool as error:
            raise GflaError(
                "Drawing people failed because a process ended before its work was done: lower data.identities, for the "
                "memory must suffice, or set data.lifetime to 0."
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _is_bled(self, identity):
        """Whether, evenly spread: of any n people in succession round(n * bled), give or take one."""
        return int((identity + 1) * self.bled) > int(identity * self.bled)

    def _sample(self, identity, person, source, other):
        of_frames, of_pairs = person
        target = other + (other >= source)
        sample = {name: values[source, other] for name, values in of_pairs.items()}
        for role, index in (("source", source), ("target", target)):
            for name in ("image", "keypoints", "person"):
                sample[f"{role}_{name}"] = of_frames[name][index]
        if "photo" in of_frames:
            sample["source_image"] = of_frames["photo"][source]
        if self._is_bled(identity):
            people = (sample["source_person"] | sample["target_person"])[..., None]
            sample["target_image"] = np.where(people, sample["target_image"], sample["source_image"])
        return sample

    def _signature(self, rows):
        height, width = self.bodies.image_size
        kinds = {}
        for role in ("source", "target"):
            kinds[f"{role}_image"] = (height, width, 3), tf.uint8
            kinds[f"{role}_keypoints"] = (len(JOINTS), 3), tf.float32
            kinds[f"{role}_person"] = (height, width), tf.bool
        if self.with_flow:
            kinds |= {"flow": ((height, width, 2), tf.float16), "visibility": ((height, width), tf.bool)}
        return {name: tf.TensorSpec((rows, *shape), kind) for name, (shape, kind) in kinds.items()}
