"""Files of at most 10 MB that ask for as much memory or time as they can: what each takes until it is refused, or read.

    python -m tests.fuzz.hostile

prints a table; the exit status is 1 if anything takes more than a gigabyte or a minute, or ends in no sentence.
"""

import io
import json
import os
import pickle
import sys
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np

from gfla_tf.errors import GflaError

MOST_BYTES, MOST_SECONDS, MOST_MEGABYTES = 10_000_000, 60.0, 1024


def png(width, height, rows=0):
    """A picture that claims a size and holds so many black rows."""
    raw = zlib.compressobj(1)
    data = b"".join(raw.compress(bytes(1 + 3 * width)) for _ in range(rows)) + raw.flush()
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    packed = (len(c).to_bytes(4, "big") + k + c + zlib.crc32(k + c).to_bytes(4, "big") for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def zipped(entries, megabytes, before=b""):
    """A zip file behind other bytes; `entries` are {name: its first bytes}, each followed by so many megabytes of zeros."""
    buffer = io.BytesIO(before)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, first in entries.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(first)
                for _ in range(megabytes):
                    file.write(bytes(2**20))
    return buffer.getvalue()


def object_array(content):
    """The .npy of one object, of a pickle."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
    return buffer.getvalue() + content


def checkpoint(megabytes):
    """A .pth whose one tensor is so many megabytes of zeros, deflated."""
    import torch

    buffer = io.BytesIO()
    torch.save({"a": torch.zeros(4)}, buffer)
    with zipfile.ZipFile(buffer) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    numbers, data = megabytes * 2**18, next(name for name in entries if name.endswith("data/0"))
    described = next(name for name in entries if name.endswith("data.pkl"))
    long = pickle.BININT + numbers.to_bytes(4, "little")
    entries[described] = entries[described].replace(pickle.BININT1 + b"\x04", long)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in entries.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(b"" if name == data else content)
                for _ in range(megabytes if name == data else 0):
                    file.write(bytes(2**20))
    return result.getvalue()


def weights(shape):
    """A weights file with an array of that size, of which nothing is written."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("layers/dense/vars/0", shape, "f4", chunks=(1000, 1000), compression="gzip")
    return buffer.getvalue()


def film(width, height, frames):
    """A GIF that claims a size, with frames of one pixel."""
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    frame = b"!\xf9\x04\0\x01\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
    return b"GIF89a" + size + b"\x80\0\0" + bytes(3) + b"\xff" * 3 + frame * frames + b";"


def cases():
    """(kind of file, what it does, its name, its bytes, what reads it)."""
    import keras

    from gfla_tf.data.builders.pose_pairs import read_annotations, read_pairs
    from gfla_tf.inference.video import read_video
    from gfla_tf.io.pickles import read_object
    from gfla_tf.io.pictures import read_picture
    from gfla_tf.keypoints.face_points import find_face
    from gfla_tf.keypoints.pose_files import read_frames
    from gfla_tf.litert.description import flatbuffer_of
    from gfla_tf.litert.runner import TFLiteModel
    from gfla_tf.models.checkpoint_import import read_pth
    from gfla_tf.models.weight_files import load_weights
    from gfla_tf.pictures.curves import loss_curves
    from gfla_tf.training.config_file import load_config
    from tests.fuzz.targets import MODEL, openpose

    def frames_of(path):
        for number, _ in enumerate(read_video(path).frames):
            if number > 300:
                return

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
    people, columns = json.dumps(openpose()["people"]).encode()[1:-1], "name:keypoints_y:keypoints_x\n"
    many = b",".join([people] * (MOST_BYTES // (len(people) + 1) - 1))
    nested = b"[" * (MOST_BYTES - 1)
    yield "picture", "13000 x 13000, whole", "a.png", png(13000, 13000, 13000), read_picture
    yield "picture", "claims 100000 x 100000", "a.png", png(100_000, 100_000, 20), read_picture
    yield (
        "picture",
        "7000 x 7000, whole: the largest that is read",
        "a.png",
        png(7000, 7000, 7000),
        read_picture,
    )
    yield "picture", "a GIF that claims 65535 x 65535", "a.gif", film(65535, 65535, 3), read_picture
    yield "film", "a GIF that claims 65535 x 65535", "a.gif", film(65535, 65535, 3), frames_of
    yield "film", "400,000 frames of one pixel", "a.gif", film(1, 1, 400_000), frames_of
    yield (
        "poses",
        "as many people as fit",
        "a.json",
        b'{"people": [' + many + b"]}",
        lambda p: list(read_frames(p)),
    )
    yield "poses", "lists in lists", "a.json", nested, lambda p: list(read_frames(p))
    yield "poses", "one number of all digits", "a.json", b"9" * MOST_BYTES, lambda p: list(read_frames(p))
    yield "face points", "as many lines as fit", "a.txt", b"1,1\n" * (MOST_BYTES // 4), find_face
    yield "table of pairs", "one field", "a.csv", b"from,to\n" + b"a" * (MOST_BYTES - 9), read_pairs
    yield (
        "table of pairs",
        "as many lines as fit",
        "a.csv",
        b"from,to\n" + b"a,b\n" * (MOST_BYTES // 4 - 2),
        read_pairs,
    )
    lists = columns.encode() + b"a.png:" + nested[:-99] + b":1"
    yield (
        "annotations",
        "lists in lists",
        "a.csv",
        lists,
        lambda p: [*map(_raised, read_annotations(p).values())],
    )
    yield "configuration", "lists in lists", "a.yaml", b"name: " + nested[:-9], load_config
    yield (
        "configuration",
        "a megabyte of keys",
        "a.yaml",
        b"".join(b"k%d: 1\n" % k for k in range(90_000)),
        load_config,
    )
    bomb = b"a: &a [1,1]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (k, k, k - 1, k - 1) for k in range(98, 122))
    yield "configuration", "parts that repeat parts", "a.yaml", bomb, load_config
    claims = zipped({"gfla.json": b'{"task": "'}, 2048, bytes(flatbuffer_of(MODEL)))
    yield "model", "a description of 2 GB", "a.tflite", claims, lambda p: TFLiteModel(p).description
    yield (
        "weights",
        "claims 100000 x 100000",
        "a.weights.h5",
        weights((100_000, 100_000)),
        lambda p: load_weights(model, p),
    )
    yield "checkpoint", "a tensor of 2 GB, deflated", "a.pth", checkpoint(2047), read_pth
    text = pickle.PROTO + b"\x04" + pickle.BINBYTES8
    huge = zipped({"a.npy": object_array(text + (10**9).to_bytes(8, "little"))}, 1000)
    yield "pickle", "text of a gigabyte, deflated", "a.npz", huge, lambda p: read_object(p, "a")
    short = zipped({"a.npy": object_array(text + (10**15).to_bytes(8, "little"))}, 0)
    yield "pickle", "claims a petabyte", "a.npz", short, lambda p: read_object(p, "a")
    deep = object_array(pickle.EMPTY_LIST * 9_000_000 + pickle.APPEND * 8_999_999 + b".")
    yield "pickle", "lists in lists", "a.npz", zipped({"a.npy": deep}, 0), lambda p: read_object(p, "a")
    rows = b"step,stage,epoch,time,l1\n" + b"1,full,0,1.0,0.5\n" * (MOST_BYTES // 17 - 2)
    yield "metrics", "as many rows as fit", "a.csv", rows, lambda p: loss_curves(p, p.with_suffix(".png"))


def _raised(value):
    if isinstance(value, GflaError):
        raise value


def measured(read, path):
    """What reading a file ends in, in how many seconds of a processor and how many megabytes beyond what the process had."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, started = _status("VmRSS"), time.process_time()
    try:
        read(path)
        outcome = "read"
    except GflaError as error:
        outcome = (
            "refused" if "\n" not in str(error) and len(str(error)) < 2000 else f"no sentence: {error!s:.200}"
        )
    except MemoryError:
        outcome = "refused"  # in a sentence, by the guard of the command line
    except Exception as error:
        outcome = f"{type(error).__name__}: {error!s:.160}"
    return outcome, time.process_time() - started, _status("VmHWM") - before


def _status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def main(chosen=()):
    """Prints the table of the kinds of files that are chosen, or of all; returns what is beyond a limit."""
    beyond = []
    print("| file | what it does | KB | outcome | seconds | MB more |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="gfla-hostile-") as folder:
        for kind, what, name, content, read in cases():
            if chosen and kind not in chosen:
                continue
            assert len(content) <= MOST_BYTES, (kind, what, len(content))
            path = Path(folder) / name
            path.write_bytes(content)
            outcome, seconds, megabytes = measured(read, path)
            print(
                f"| {kind} | {what} | {len(content) / 1000:.0f} | {outcome} | {seconds:.1f} | {megabytes:.0f} |",
                flush=True,
            )
            if outcome not in ("read", "refused") or seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES:
                beyond.append((kind, what, outcome))
    return beyond


if __name__ == "__main__":
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(1 if main(sys.argv[1:]) else 0)
