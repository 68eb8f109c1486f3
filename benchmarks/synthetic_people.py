"""Speed of the synthetic people: pairs per second, with flow and visibility, on one and on two processes.

Run `python -m benchmarks.synthetic_people` or `python benchmarks/synthetic_people.py` in the repository. Every pair is of a new
person, which is the dearest case: body, clothes and background are made anew.
"""

import argparse
import multiprocessing
import os
import time

from gfla_tf.synthetic.people import SyntheticPeople

SIZES = ((64, 64), (128, 64), (96, 96), (128, 128), (256, 256))


def make_pairs(image_size, first, count):
    """Makes so many pairs and returns the seconds of processor time that it took."""
    start = time.process_time()
    people = SyntheticPeople(image_size)
    for identity in range(first, first + count):
        people.pair(identity, 0, 1)
    return time.process_time() - start


def pairs_per_second(image_size, processes, seconds):
    """Pairs per second of wall-clock time by so many processes together, and per second of processor time."""
    make_pairs(image_size, 0, 2)
    start = time.perf_counter()
    make_pairs(image_size, 2, 5)
    count = max(5, int(seconds * 5 / (time.perf_counter() - start)))
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.starmap(make_pairs, [(image_size, 0, 2)] * processes, chunksize=1)  # imports are not measured
        start = time.perf_counter()
        used = pool.starmap(
            make_pairs, [(image_size, 1000 * i, count) for i in range(processes)], chunksize=1
        )
        return processes * count / (time.perf_counter() - start), processes * count / sum(used)


def main():
    parser = argparse.ArgumentParser(description="Pairs per second of the synthetic people.")
    parser.add_argument("--seconds", type=float, default=2.0, help="about how long to measure each figure")
    seconds = parser.parse_args().seconds
    print(f"pairs per second, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    print("(on a busy machine, the figures per second of processor time are nearer to those of an idle one)")
    print(f"{'size':>9} {'1 process':>10} {'2 processes':>12} {'per processor second':>21}")
    for size in SIZES:
        (one, alone), (two, _) = (pairs_per_second(size, processes, seconds) for processes in (1, 2))
        print(f"{size[0]:>4}x{size[1]:<4} {one:>10.1f} {two:>12.1f} {alone:>21.1f}")


if __name__ == "__main__":
    main()
