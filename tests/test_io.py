"""Files from outside are read as what they are, or refused in one sentence that names them."""

import _codecs
import os
import pickle
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gfla_tf.errors import GflaError
from gfla_tf.io.documents import is_number, plain_name, read_json, read_table, read_text
from gfla_tf.io.pickles import read_object
from gfla_tf.io.pictures import read_picture

RAMP = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("gray16.png", Image.fromarray(np.rint(RAMP * 65535).astype(np.uint16))),
        ("gray16.tiff", Image.fromarray(np.rint(RAMP * 65535).astype(np.uint16))),
        ("float.tiff", Image.fromarray(RAMP)),
        ("gray.png", Image.fromarray(np.rint(RAMP * 255).astype(np.uint8))),
        ("palette.png", Image.fromarray(np.rint(RAMP * 255).astype(np.uint8)).convert("P")),
        ("alpha.png", Image.fromarray(np.rint(RAMP * 255).astype(np.uint8)).convert("LA")),
        ("rgba.tiff", Image.fromarray(np.rint(RAMP * 255).astype(np.uint8)).convert("RGBA")),
        ("cmyk.tiff", Image.fromarray(np.rint(RAMP * 255).astype(np.uint8)).convert("RGB").convert("CMYK")),
        ("color.webp", Image.fromarray(np.rint(RAMP * 255).astype(np.uint8)).convert("RGB")),
    ],
)
def test_every_kind_of_picture_has_its_brightness(name, picture, tmp_path):
    picture.save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    image = read_picture(tmp_path / name)
    assert image.shape == (3, 4, 3) and image.dtype == np.uint8
    np.testing.assert_allclose(image, np.repeat(np.rint(RAMP * 255)[..., None], 3, -1), atol=1)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (RAMP * 255, "floats from 0 to 255 instead of 0 to 1"),
        (RAMP - 0.5, "floats from -0.5 to 0.5"),
        (RAMP * np.nan, "values that are no numbers"),
        (np.int32(RAMP * 70000), "whole numbers of 32 bits"),
    ],
)
def test_values_whose_white_is_unknown_are_refused(values, sentence, tmp_path):
    Image.fromarray(values).save(tmp_path / "odd.tiff")
    with pytest.raises(GflaError, match=f"{sentence}.*8 bits") as refused:
        read_picture(tmp_path / "odd.tiff")
    assert str(tmp_path / "odd.tiff") in str(refused.value)


def test_photos_stand_upright_and_what_is_transparent_is_white(tmp_path):
    image = Image.fromarray(np.uint8([[[9, 9, 9], [200, 200, 200]]]))
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "phone.png", exif=exif)
    assert read_picture(tmp_path / "phone.png")[:, 0, 0].tolist() == [9, 200]
    Image.fromarray(np.uint8([[[9, 9, 9, 0], [9, 9, 9, 255]]])).save(tmp_path / "clear.png")
    assert read_picture(tmp_path / "clear.png")[0, :, 0].tolist() == [255, 9]


def test_heic_is_read_where_its_library_is_and_named_where_not(tmp_path, monkeypatch):
    path = tmp_path / "IMG_0001.jpg"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pillow_heif", None)
        with pytest.raises(
            GflaError, match=r"IMG_0001.jpg is a HEIC photo.*pip install pillow-heif, or save it as JPEG"
        ):
            read_picture(path)
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(path, format="HEIF")
    image = read_picture(path)
    assert image.shape == (48, 64, 3) and np.abs(image.mean((0, 1)) - (200, 30, 30)).max() < 12


def png(width, height):
    """A few kilobytes that claim to be a black picture of that size."""
    raw = zlib.compressobj(9)
    data = raw.compress(bytes(min(width * height // 64, 10**7))) + raw.flush()
    chunks = [
        (b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"),
        (b"IDAT", data),
    ]
    packed = (
        len(c).to_bytes(4, "big") + k + c + zlib.crc32(k + c).to_bytes(4, "big")
        for k, c in (*chunks, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize("size", [(13000, 13000), (100_000, 100_000), (7000, 7000)])
def test_a_bomb_takes_little_memory_before_it_is_refused(size, tmp_path):
    (tmp_path / "bomb.png").write_bytes(png(*size))
    program = (
        "import sys\nfrom gfla_tf.errors import GflaError\nfrom gfla_tf.io.pictures import read_picture\n"
        "try: read_picture(sys.argv[1])\nexcept GflaError as error: print(error)\n"
        # Its own peak: getrusage would tell the larger one of the process that started it.
        "print(next(int(line.split()[1]) // 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "bomb.png"],
        env=environment,
        capture_output=True,
        text=True,
    )
    *sentence, peak = done.stdout.splitlines()
    assert len(sentence) == 1 and "bomb.png" in sentence[0], done
    assert int(peak) < 600, "MiB"


NO_PICTURES = (
    b"",
    b"no picture",
    b"\x89PNG\r\n\x1a\n" + bytes(50),
    b"GIF89a" + bytes(9),
    b"\0\0\0\x1cftypavif" + bytes(99),
)


@pytest.mark.parametrize("content", NO_PICTURES)
def test_what_is_no_picture_is_a_sentence(content, tmp_path):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(GflaError, match=r"Cannot read the photo .*a.png") as raised:
        read_picture(tmp_path / "a.png")
    assert "BytesIO" not in str(raised.value)


def test_files_that_cannot_be_opened_say_why(tmp_path):
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    for path, reason in (
        (tmp_path / "absent.png", "No such file"),
        (tmp_path, "Is a directory"),
        (loop, "symbolic links"),
        (tmp_path / ("x" * 300), "File name too long"),
        (tmp_path / "a\0b", "null"),
    ):
        for read in (
            read_picture,
            lambda path: read_text(path, "list"),
            lambda path: read_json(path, "list"),
        ):
            with pytest.raises(GflaError, match=reason):
                read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_and_spaces_of_tables_do_not_count(encoding, tmp_path):
    (tmp_path / "pairs.csv").write_text("from, to\r\na.png , b.png\r\n\r\n", encoding=encoding)
    assert read_table(tmp_path / "pairs.csv", "list") == [(1, ["from", "to"]), (2, ["a.png", "b.png"])]
    (tmp_path / "p.json").write_text('{"a": 1}', encoding=encoding)
    assert read_json(tmp_path / "p.json", "pose file") == {"a": 1}


def test_a_long_field_is_read_and_a_bad_text_is_a_sentence(tmp_path):
    (tmp_path / "long.csv").write_text("from,to\n" + "x" * 200_000 + ",b\n")  # a long film's frames
    assert [len(field) for field in read_table(tmp_path / "long.csv", "list")[1][1]] == [200_000, 1]
    (tmp_path / "latin.csv").write_bytes(b"from,to\n\xff\xfe\xfa,b\n")
    with pytest.raises(GflaError, match=r"latin.csv is no text in UTF-8"):
        read_table(tmp_path / "latin.csv", "list")
    (tmp_path / "empty.json").touch()
    assert read_json(tmp_path / "empty.json", "pose file") is None


def test_truth_and_text_are_no_numbers():
    assert all(map(is_number, (0, -3, 2.5, 1e6)))
    assert not any(map(is_number, (True, "1", None, float("nan"), float("inf"), -1e308, 10**400, [1])))


def test_names_stay_in_their_folder():
    assert all(map(plain_name, ("a.png", "b/c.png", "..a.png")))
    assert not any(map(plain_name, ("", "../a.png", "b/../../a.png", "/etc/passwd", "a\0.png")))


def test_arrays_and_containers_come_out_of_pickles(tmp_path):
    positions = {"S1": {"Walking": [np.arange(12, dtype=np.float32).reshape(2, 3, 2), np.float64(3)]}}
    np.savez_compressed(tmp_path / "a.npz", positions_2d=positions, metadata=1)
    found = read_object(tmp_path / "a.npz", "positions_2d")
    np.testing.assert_array_equal(found["S1"]["Walking"][0], positions["S1"]["Walking"][0])


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_kind_of_array_and_number_comes_out_as_it_was(protocol, tmp_path):
    random = np.random.default_rng(0)
    values = [
        random.normal(size=(4, 17, 2)).astype(np.float32), np.asfortranarray(random.normal(size=(3, 5))), np.zeros((0, 2)),
        np.arange(6, dtype=">i4"), np.array(["ab", "c"]), np.array([1, "x", None], object), np.array([True, False]),
        np.float32(3.5), b"abc", (1, 2.5),
    ]  # fmt: skip
    np.savez(tmp_path / "a.npz", x=np.array({"S1": values}, object))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive, archive.open("x.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
        pickle.dump(np.array({"S1": values}, object), file, protocol=protocol)
    for found, value in zip(read_object(tmp_path / "a.npz", "x")["S1"], values, strict=True):
        np.testing.assert_array_equal(found, value)
        assert np.asarray(found).dtype.kind == np.asarray(value).dtype.kind


def test_states_that_arrays_cannot_have_are_sentences(tmp_path):
    """NumPy believes them: more numbers than there are bytes, steps that lead out of memory."""
    from numpy._core.multiarray import _reconstruct

    class Lying:
        def __init__(self, make, arguments, state=None):
            self.made = (make, arguments, state) if state else (make, arguments)

        def __reduce__(self):
            return self.made

    kind, empty = np.dtype("f4"), (np.ndarray, (0,), b"b")
    for value in (
        Lying(np.ndarray, ((4,), kind, b"0000", 0, (10**12,))),
        Lying(_reconstruct, empty, (1, (10**9,), kind, False, b"0000")),
        Lying(_reconstruct, empty, (1, (-1,), kind, False, b"")),
        Lying(_reconstruct, empty, (1, (3,), np.dtype("O"), False, b"0" * 24)),
        Lying(np.dtype, ("f4",), (3, "<", None, ("a",), {"a": (kind, 2**40)}, 8, 8, 0)),
        Lying(np.dtype, ("V8",)),
        Lying(_codecs.encode, ("a", "bz2")),
    ):
        np.savez(tmp_path / "a.npz", x=np.array({"S1": [value]}, object))
        try:
            read_object(tmp_path / "a.npz", "x")
        except GflaError as error:
            assert "a.npz is damaged" in str(error)


class Harmful:
    def __reduce__(self):
        return (os.system, ("touch /tmp/gfla_test_executed",))


def test_code_in_pickles_is_refused_and_not_run(tmp_path):
    witness = Path("/tmp/gfla_test_executed")
    witness.unlink(missing_ok=True)
    for name, value in {"direct": Harmful(), "inside": {"S1": [Harmful()]}, "print": print}.items():
        path = tmp_path / f"{name}.npz"
        np.savez(path, positions_2d=np.array(value, dtype=object))
        with pytest.raises(GflaError, match=r"names \w+\.\w+, which is no array"):
            read_object(path, "positions_2d")
    assert not witness.exists()


def test_damaged_archives_and_lying_sizes_are_sentences(tmp_path):
    np.savez(tmp_path / "a.npz", positions_2d=np.array({"a": np.ones(9)}, dtype=object))
    whole = (tmp_path / "a.npz").read_bytes()
    for cut in range(0, len(whole), 37):
        (tmp_path / "b.npz").write_bytes(whole[:cut])
        with pytest.raises(GflaError, match=r"b.npz is damaged or has no positions_2d"):
            read_object(tmp_path / "b.npz", "positions_2d")
    with (
        zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w") as file,
    ):
        for _ in range(1100):
            file.write(bytes(2**20))
    with pytest.raises(GflaError, match="unpacks to 1100 MiB"):
        read_object(tmp_path / "bomb.npz", "x")
