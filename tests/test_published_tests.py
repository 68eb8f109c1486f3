"""The published test protocol of dances, faces and views: which pictures a network draws, from what, and in which order."""

import cv2
import numpy as np
import pytest
from PIL import Image

from gfla_tf.cli.evaluate import main
from gfla_tf.data.prepared import builder_of
from gfla_tf.data.published_films import Film, published_films
from gfla_tf.errors import GflaError
from gfla_tf.evaluation.network import Network
from gfla_tf.evaluation.published_tests import draw_tests, drawn_frames
from gfla_tf.keypoints.dance_structure import DANCE_CHANNELS
from gfla_tf.keypoints.joint_orders import H36M_17
from gfla_tf.pictures.drawing import to_uint8
from gfla_tf.training.tasks import task_named
from tests.helpers import published_files as files
from tests.helpers.parity import data_record, requires_parity
from tests.helpers.tiny_tflite import ANIMATION_SIZE, animation_network, drawn_step, write_tiny_tflite

pytest.importorskip("tensorflow_datasets")
FRAMES = 8


def read(path):
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.fixture(scope="module")
def dances(tmp_path_factory):
    return files.dance(tmp_path_factory.mktemp("dataset"), "danceFashion", FRAMES, ANIMATION_SIZE)


@pytest.fixture(scope="module")
def dancer(tmp_path_factory):
    """A .tflite whose frames are known in advance."""
    path = tmp_path_factory.mktemp("models") / "dance.tflite"
    fields = {"task": "dance", "image_size": list(ANIMATION_SIZE), "joints": H36M_17, "drawing": "published"}
    return write_tiny_tflite(path, animation_network(DANCE_CHANNELS), subject="dancer", **fields)


def dance_builder(directory, size=ANIMATION_SIZE):
    return builder_of("fashionvideo", directory, size)


def write_list(directory, rows):
    """test_list.csv of (video of the frames, its number of frames, video of the reference, number of its frame)."""
    kinds = {"A_paths": ("A", "{:05}.png"), "B_paths_noise": ("alphapose", "{:05}_keypoints.json")}
    kinds["B_paths_clean"] = ("video2d", "{:05}_keypoints.json")
    lines = [",".join(kinds)]
    for video, count, other, frame in rows:
        cells = []
        for folder, name in kinds.values():
            root = f"./dataset/danceFashion/test_256/train_{folder}"
            shown = {
                "gen": [f"{root}/{video}/{name.format(k)}" for k in range(count)],
                "ref": [f"{root}/{other}/{name.format(frame)}"],
            }
            cells.append(f'"{shown}"')
        lines.append(",".join(cells))
    (directory / "test_list.csv").write_text("\n".join(lines) + "\n")


def test_frames_are_drawn_in_groups_of_six_of_which_the_last_repeats_the_last_frame():
    assert [len(Film("a", [{}] * n, {}).drawn) for n in (1, 6, 7)] == [6, 6, 12]
    assert Film("a", [{}] * 8, {}).drawn == [*range(8), 7, 7, 7, 7]


def test_a_dance_is_drawn_from_one_of_its_own_first_frames(dances):
    films = published_films(dance_builder(dances), dances, own_reference=False)
    assert [film.name for film in films] == ["91-3003CN5S", "A1a"]
    for film in films:
        assert len(film.frames) == FRAMES and film.reference["frames"] in [
            row["frames"] for row in film.frames
        ]
    others = published_films(dance_builder(dances), dances, own_reference=False, seed=3)
    assert [film.reference for film in films] != [film.reference for film in others]


def test_a_face_is_drawn_from_its_first_frame_which_is_drawn_too(tmp_path):
    folder = files.faces(tmp_path)
    builder = builder_of("faceforensics", folder, (64, 64))
    for film in published_films(builder, folder, own_reference=True):
        assert film.reference["frames"] == film.frames[0]["frames"] and film.drawn[0] == 0


def test_a_list_names_frames_and_references_from_wherever_it_was_written(tmp_path):
    folder = files.dance(tmp_path / "elsewhere", "danceFashion", FRAMES, ANIMATION_SIZE)
    write_list(folder, [("A1a", 3, "91-3003CN5S", 5), ("A1a", 2, "A1a", 1)])
    first, second = published_films(dance_builder(folder), folder, own_reference=False)
    assert (first.name, len(first.frames)) == ("A1a", 3) and (second.name, len(second.frames)) == ("A1a-2", 2)
    assert first.reference["frames"] == folder / "test_256/train_A/91-3003CN5S/00005.png"
    assert first.reference["noisy"] == folder / "test_256/train_alphapose/91-3003CN5S/00005_keypoints.json"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A_paths,B_paths_noise\n", "has no column B_paths_clean"),
        ("A_paths,B_paths_noise,B_paths_clean\n1,2,3\n", "line 2, is not of the published form"),
        ("A_paths,B_paths_noise,B_paths_clean\n" + 3 * "\"{'gen':['x.png'],'ref':['y']}\"," + "\n", "names x.png, which is not"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_is_refused(tmp_path, text, says):
    (tmp_path / "test_list.csv").write_text(text)
    with pytest.raises(GflaError, match=says):
        published_films(dance_builder(tmp_path), tmp_path, own_reference=False)


def test_frames_of_a_video_are_drawn_each_from_the_one_before_and_the_last_several_times(dances, dancer):
    network, builder = Network(dancer), dance_builder(dances)
    film = published_films(builder, dances, own_reference=False)[1]
    records = [builder.record(row, ANIMATION_SIZE) for row in film.frames]
    drawn = list(drawn_frames(network, film, lambda row: builder.record(row, ANIMATION_SIZE)))
    assert [number for number, _, _ in drawn] == list(range(FRAMES))

    task, reference = task_named("dance"), builder.record(film.reference, ANIMATION_SIZE)
    seen = [
        np.asarray(task.structures(task.stored(r, "target")[None], ANIMATION_SIZE, "target")) for r in records
    ]
    of_reference = task.structures(task.stored(reference, "reference")[None], ANIMATION_SIZE, "reference")
    image = np.float32(reference["image"][None]) / 127.5 - 1
    before = image, np.asarray(of_reference)
    for k in [*range(FRAMES), *[FRAMES - 1] * 4]:
        made = drawn_step(image, before[0], np.asarray(of_reference), before[1], seen[k])
        before = made, seen[k]
        if k < FRAMES - 1:
            assert np.abs(drawn[k][2].astype(int) - to_uint8(made[0])).max() <= 1
    assert np.abs(drawn[-1][2].astype(int) - to_uint8(made[0])).max() <= 1
    np.testing.assert_array_equal(drawn[3][1], records[3]["image"])


def test_the_command_draws_a_test_set_and_judges_it(dances, dancer, tmp_path, capsys):
    options = ["--data", str(dances), "--output", str(tmp_path), "--protocol", "pidm", "--scores", "l1"]
    main([str(dancer), *options])
    assert f"dance.tflite, {2 * FRAMES} pictures" in capsys.readouterr().out
    (drawn,) = tmp_path.glob("drawn_*")
    names = [f"{video}_{k:05}" for video in ("91-3003CN5S", "A1a") for k in range(FRAMES)]
    for folder in ("generated", "truth"):
        assert sorted(path.stem for path in (drawn / folder).iterdir()) == names
    film = cv2.VideoCapture(str(drawn / "films" / "A1a.mp4"))
    assert film.get(cv2.CAP_PROP_FPS) == 15 and film.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES

    written = (drawn / "generated" / "A1a_00000.png").stat().st_mtime_ns
    (drawn / "films" / "91-3003CN5S.mp4").unlink()  # as if killed before its end
    main([str(dancer), *options])
    assert (drawn / "generated" / "A1a_00000.png").stat().st_mtime_ns == written
    assert (drawn / "films" / "91-3003CN5S.mp4").is_file()


def test_a_network_of_dances_without_a_test_set_is_told(dancer, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(dancer), "--output", str(tmp_path)])
    assert (
        "comes without a test set: name the folder of a published data set with --data"
        in capsys.readouterr().err
    )


class Turner:
    """A network of views that notes what it is asked for and draws the view's number."""

    what, image_size, inputs = "turner", (32, 32), ("source_image", "source_view", "target_view")

    def __init__(self):
        self.task, self.asked = task_named("view"), []

    def __call__(self, source_image, source_view, target_view):
        self.asked.append((source_view.argmax(), target_view[0, :18].argmax()))
        return {"generated": source_image * 0 + target_view[0, :18].argmax() / 127.5 - 1}


def test_of_every_model_all_views_are_drawn_from_one(tmp_path):
    network = Turner()
    (folder := files.views(tmp_path) / "name_car_test.txt").write_text("1a2b\n3c_4d\n")
    for rest in folder.parent.glob("*chair*"):
        rest.unlink()
    draw_tests(network, folder.parent, tmp_path / "drawn")
    assert network.asked == [(n, azimuth) for n in range(2) for azimuth in range(18)]
    generated = sorted((tmp_path / "drawn" / "generated").iterdir())
    assert len(generated) == 36
    assert (read(tmp_path / "drawn/generated/3c_4d_2_0_to_3c_4d_34_0.png") == 17).all()


# === The recordings ===


class Noting:
    """A network that notes what it sees."""

    what = "noting"

    def __init__(self, task, size):
        self.task, self.image_size, self.seen = task_named(task), size, []
        self.inputs = ("reference_image", "previous_image")

    def __call__(self, **inputs):
        self.seen.append(inputs)
        return {"generated": inputs["reference_image"]}


def channels_first(array):
    return np.moveaxis(array[0], -1, 0)


@requires_parity
@pytest.mark.parametrize("name", ["data_dance_fashion_test", "data_dance_resized_test"])
def test_what_a_network_sees_of_a_dance_is_what_was_recorded(name, tmp_path):
    record = data_record(name)
    size = record["frame_file"].shape[:2]
    folder = files.dance(tmp_path, "danceFashion", 6, size)
    pictures, clean, noisy = (folder / f"test_256/train_{kind}/A1a" for kind in ("A", "video2d", "alphapose"))
    Image.fromarray(record["frame_file"]).save(pictures / "00000.png")
    Image.fromarray(record["reference_file"]).save(pictures / "00005.png")
    # As published, the first frame's size counts for the joints of all, whatever that of the others.
    Image.fromarray(record["frame_file"][::2, ::2]).save(pictures / "00001.png")
    for frame, joints in enumerate(record["clean_json"]):
        files.openpose(clean / f"{frame:05}_keypoints.json", joints)
    files.openpose(noisy / "00005_keypoints.json", record["noisy_json"])
    write_list(folder, [("A1a", 6, "A1a", 5)])
    network, builder = Noting("dance", (256, 256)), dance_builder(folder, (256, 256))
    (film,) = published_films(builder, folder, own_reference=False)
    list(drawn_frames(network, film, lambda row: builder.record(row, (256, 256))))
    shown = {
        "frame0": network.seen[0]["target_structure"],
        "frame1": network.seen[1]["target_structure"],
        "reference": network.seen[0]["previous_structure"],
    }
    for frame, structure in shown.items():
        maps = channels_first(structure)
        np.testing.assert_allclose(maps[:17, ::4, ::4], record[f"{frame}_maps"], atol=1e-5)
        np.testing.assert_array_equal(maps[17:], record[f"{frame}_drawing"])
    image = channels_first(network.seen[0]["reference_image"])
    np.testing.assert_allclose(image, record["reference_image"] / 127.5 - 1, atol=1e-6)


@requires_parity
@pytest.mark.parametrize("name", ["data_face_256", "data_face_resized"])
def test_what_a_network_sees_of_a_face_is_what_was_recorded(name, tmp_path):
    record, folder = data_record(name), tmp_path / "FaceForensics"
    pictures, points = (folder / f"test_{kind}" / "000" for kind in ("data", "keypoints"))
    pictures.mkdir(parents=True)
    points.mkdir(parents=True)
    for frame, (file, found) in enumerate(zip(record["frame_files"], record["points"], strict=True)):
        Image.fromarray(file).save(pictures / f"{frame:05}.png")
        (points / f"{frame:05}.txt").write_text("".join(f"{x},{y}\n" for x, y in found))
    network, builder = Noting("face", (256, 256)), builder_of("faceforensics", folder, (256, 256))
    (film,) = published_films(builder, folder, own_reference=True)
    list(drawn_frames(network, film, lambda row: builder.record(row, (256, 256))))
    for frame in range(2):
        maps = channels_first(network.seen[frame]["target_structure"])
        np.testing.assert_allclose(maps[0] * 255, record["edges"][frame], atol=1e-4)
        np.testing.assert_allclose(maps[1:15] * 255, record["distances"][frame], atol=1e-4)
        np.testing.assert_allclose(maps[15], record["labels"][frame], atol=1e-6)
    assert network.seen[0]["target_structure"] is not network.seen[0]["reference_structure"]
    np.testing.assert_array_equal(network.seen[0]["target_structure"], network.seen[0]["reference_structure"])
