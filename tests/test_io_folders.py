"""Folders of frames: the order and the names of their files; masks and transparent pictures in them."""

import os

import numpy as np
import pytest
from PIL import Image

from gfla_tf.data.folder import read_pictures
from gfla_tf.errors import GflaError
from gfla_tf.evaluation.pictures import list_pictures
from gfla_tf.inference.preparation.sources import find_sources
from gfla_tf.io.folders import by_numbers, numbered_files
from gfla_tf.io.pictures import read_gray_mask, read_mask, read_picture


def test_files_of_frames_come_in_the_order_of_their_numbers_without_hidden_ones(tmp_path):
    names = [
        "1.json",
        "2.JSON",
        "10.json",
        "a007.json",
        "a7.json",
        "a70.json",
        "b1²3.json",
        "b٣.json",
        f"c{'9' * 200}.json",
    ]
    for name in (*names, "._1.json", ".json", "2.txt"):
        (tmp_path / name).touch()
    found = [path.name for path in numbered_files(tmp_path, ".json")]
    assert [name for name in found if name[0] not in "b"] == [name for name in names if name[0] not in "b"]
    assert sorted(found) == sorted(names)
    assert sorted(["9" * 5000, "1" + "0" * 5000, "2"], key=by_numbers)[0] == "2"


@pytest.mark.parametrize(("values", "white"), [((0, 255), 255), ((0, 200), 200), ((0, 0), 0)])
def test_masks_are_white_where_a_person_is(values, white, tmp_path):
    Image.fromarray(np.uint8([values])).save(tmp_path / "mask.png")
    assert read_gray_mask(tmp_path / "mask.png").tolist() == [[0, white]]
    assert read_mask(tmp_path / "mask.png").tolist() == [[False, white > 127]]


@pytest.mark.parametrize("label", [1, 15, 127])
def test_masks_of_labels_are_a_sentence(label, tmp_path):
    Image.fromarray(np.uint8([[0, label]])).save(tmp_path / "mask.png")
    with pytest.raises(
        GflaError, match=rf"mask\.png has values of at most {label}: make the person white, 255"
    ):
        read_mask(tmp_path / "mask.png")


@pytest.mark.parametrize("read", [read_pictures, find_sources, list_pictures])
def test_names_in_other_encodings_are_told_before_any_work(read, tmp_path):
    folder = os.fsencode(tmp_path) + b"/anna"
    os.mkdir(folder)
    for name in (b"/1.png", b"/caf\xe9.png"):
        with open(folder + name, "wb"):
            pass
    with pytest.raises(
        GflaError, match=r"The name of .*/anna/caf\\udce9\.png is no text in UTF-8: rename it\.$"
    ):
        read(tmp_path / "anna" if read is list_pictures else tmp_path)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_tall_pictures_stand_before_white_without_a_seam(mode, tmp_path):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1100, 3, 4), np.uint8))
    picture = picture.convert("RGB").quantize(16) if mode == "P" else picture.convert(mode)
    picture.save(tmp_path / "a.png", **({"transparency": 3} if mode == "P" else {}))
    shown = Image.open(tmp_path / "a.png").convert("RGBA")
    whole = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert("RGB")
    assert (
        np.array_equal(read_picture(tmp_path / "a.png"), np.asarray(whole))
        and np.ptp(np.asarray(shown)[..., 3]) > 0
    )
