"""The examples for apps: the C program draws what Python draws, and all use the names that files have."""

import subprocess
from pathlib import Path

import ai_edge_litert
import cv2
import numpy as np
import pytest

from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.pictures.drawing import to_uint8

pytestmark = pytest.mark.xdist_group("page")  # the same networks
APPS = Path(__file__).parents[1] / "examples" / "apps"
LITERT = Path(ai_edge_litert.__file__).parent


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The C program, built against the library in LiteRT's wheel."""
    path = tmp_path_factory.mktemp("c") / "repose"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]
    library = ["-L", LITERT, "-l:libLiteRt.so", "-lm", f"-Wl,-rpath,{LITERT}"]
    subprocess.run(["gcc", *flags, APPS / "c" / "repose.c", "-o", path, *library], check=True)
    return path


@pytest.fixture(scope="module", params=[{}, {"uint8": True, "split": True}], ids=["plain", "uint8_split"])
def model(request, small_people):
    return TFLiteModel(small_people(**request.param))


def test_the_c_program_draws_what_python_draws(program, model, tmp_path):
    draw = np.random.default_rng(1)
    (height, width), bytes_ = model.description["image_size"], model.types["source_image"] == np.uint8
    image = cv2.resize(draw.integers(0, 256, (8, 6, 3), np.uint8), (width, height))
    poses = [
        np.c_[draw.uniform(0, (width, height), (18, 2)), np.ones(18)].astype(np.float32) for _ in range(2)
    ]
    cv2.imwrite(str(tmp_path / "photo.ppm"), image[..., ::-1])
    for name, pose in zip(("source.txt", "target.txt"), poses):
        np.savetxt(tmp_path / name, pose, fmt="%.9g")
    files = [tmp_path / name for name in ("photo.ppm", "source.txt", "target.txt", "out.ppm")]
    subprocess.run([program, model.path, *files], check=True, capture_output=True)
    given = image if bytes_ else image.astype(np.float32) / 127.5 - 1
    expected = model(
        source_image=given[None], source_keypoints=poses[0][None], target_keypoints=poses[1][None]
    )
    found = cv2.imread(str(files[-1]))[..., ::-1]
    assert np.abs(found.astype(int) - to_uint8(expected["generated"][0])).max() <= 1
    assert np.abs(found.astype(int) - image).max() > 20, "something moved"


def test_bad_arguments_of_the_c_program_are_one_sentence(program, tmp_path):
    (tmp_path / "photo.ppm").write_bytes(b"P6\n4 4\n255\n")
    done = subprocess.run(
        [program, "m", tmp_path / "photo.ppm", "s", "t", "o"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "The photo ends too early.\n")


@pytest.mark.parametrize("file", ["c/repose.c", "android/Repose.kt", "ios/Repose.swift", "web/repose.js"])
def test_examples_use_the_names_of_converted_files(file, model):
    text = (APPS / file).read_text()
    names = [*model.inputs, "generated", *(model.signatures if len(model.signatures) > 1 else ())]
    assert not [name for name in names if name not in text]
