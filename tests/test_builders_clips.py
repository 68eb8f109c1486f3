"""FashionVideo, iPER and FaceForensics: from folders of frames to batches of clips, and what is said of files that are wrong."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
import yaml

from gfla_tf.data import video_clips
from gfla_tf.data.augmentation import AUGMENTATIONS
from gfla_tf.data.prepared import prepare
from gfla_tf.data.video_clips import ClipSamples, Structure, piece_dataset
from gfla_tf.keypoints.published_face import CHANNELS, published_maps
from gfla_tf.training.config_file import load_config
from gfla_tf.training.runs import Run
from gfla_tf.training.tasks.dance import CLEAN_REFERENCE, DETECTED_REFERENCE
from tests.helpers.dataset_files import FRAME_SIZE, VIDEOS, write_dance, write_faces, write_iper

pytest.importorskip("tensorflow_datasets")
LENGTH, UNROLL = 8, 2  # of clips and of their pieces
SIZE = (16, 16)


def prepared(tmp_path_factory, name, write, size=SIZE):
    directory = tmp_path_factory.mktemp(name)
    write(directory)
    return directory, prepare(name, directory, size)


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    return prepared(tmp_path_factory, "fashionvideo", write_dance)


@pytest.fixture(scope="module")
def iper(tmp_path_factory):
    return prepared(tmp_path_factory, "iper", write_iper)


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return prepared(tmp_path_factory, "faceforensics", write_faces, (32, 32))


@pytest.fixture(autouse=True)
def unmoved(request, monkeypatch):
    """Clips as they are, so that colors and places say where frames come from."""
    if "augmented" not in request.node.name:
        monkeypatch.setattr(video_clips, "AUGMENTATIONS", {})


@pytest.fixture
def files(iper, tmp_path):
    """A copy of the files to spoil."""
    return shutil.copytree(iper[0], tmp_path / "files", ignore=shutil.ignore_patterns("prepared"))


def take(dataset, count):
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset.take(count)]


def which(images):
    """(video, frame) of images, which their color says."""
    color = np.asarray(images)[..., 0, 0, :2].astype(int)
    return (color // (20, 10)).tolist()


def test_records_are_the_frames_of_all_videos_in_the_order_of_their_numbers(iper):
    _, builder = iper
    assert builder.info.metadata["train"]["videos"] == [list(video) for video in VIDEOS["train"].items()]
    records = list(builder.as_dataset(split="train").as_numpy_iterator())
    expected = [[v, f] for v, count in enumerate(VIDEOS["train"].values()) for f in range(count)]
    assert [which(record["image"]) for record in records] == expected
    names = list(VIDEOS["train"])
    assert [record["video"].decode() for record in records] == [names[v] for v, _ in expected]


def test_a_record_has_both_kinds_of_keypoints_in_pixels_of_the_image_and_the_person(iper):
    height, width = (new / old for new, old in zip(SIZE, FRAME_SIZE, strict=True))
    frame = 0
    for record in iper[1].as_dataset(split="test").as_numpy_iterator():
        (_, frame) = which(record["image"])
        # A joint whose x or y is 0 is missing.
        assert np.allclose(record["keypoints"][:15], (24 * width, frame * height, 1) if frame else (0, 0, 0))
        assert not record["keypoints"][16].any()
        noisy = (12 * width, 2 * frame * height, 1) if frame else (0, 0, 0)  # nobody was found in the first
        assert np.allclose(np.delete(record["noisy_keypoints"], 1, axis=0), [noisy] * 17)
        # Bicubic: the border between black and white is soft.
        middle = SIZE[0] // 2
        assert (record["person"][: middle - 2] == 255).all() and not record["person"][middle + 2 :].any()


def test_batches_are_consecutive_pieces_of_a_clip_each_with_the_frame_before_and_the_clips_reference(iper):
    samples = ClipSamples(iper[1], "train", CLEAN_REFERENCE, reference_frames=20)
    batches = take(piece_dataset(samples, 3, LENGTH, UNROLL, dict), 2 * LENGTH // UNROLL)
    for epoch in range(2):
        pieces = batches[epoch * LENGTH // UNROLL :][: LENGTH // UNROLL]
        assert [piece["first"].tolist() for piece in pieces] == [[True] * 3] + [[False] * 3] * 3
        videos = [video for video, _ in which(pieces[0]["reference_image"])]
        assert sorted(videos) == [0, 1, 2]  # every video once in an epoch
        for slot, video in enumerate(videos):
            frames = [place for piece in pieces for place in which(piece["target_image"][slot])]
            start = frames[0][1]
            assert frames == [[video, start + k] for k in range(LENGTH)]
            references = [which(piece["reference_image"])[slot] for piece in pieces]
            assert references == [references[0]] * len(pieces) and references[0][0] == video
            previous = [which(piece["previous_image"])[slot] for piece in pieces]
            assert previous == [references[0], *frames[UNROLL - 1 : -1 : UNROLL]]
    starts = {which(batch["target_image"][:, 0])[0][1] for batch in batches}
    assert len(starts) > 4


def test_structures_and_persons_are_those_of_their_frames(iper):
    samples = ClipSamples(iper[1], "train", CLEAN_REFERENCE)
    (batch,) = take(piece_dataset(samples, 2, LENGTH, UNROLL, dict), 1)
    shapes = {name: value.shape for name, value in batch.items()}
    for role, leading in (("reference", (2,)), ("previous", (2,)), ("target", (2, UNROLL))):
        assert shapes[f"{role}_image"] == (*leading, *SIZE, 3) and shapes[f"{role}_person"] == (
            *leading,
            *SIZE,
        )
        frame = np.array(which(batch[f"{role}_image"]))[..., 1]
        assert np.allclose(batch[f"{role}_structure"][..., 0, 1], frame * SIZE[0] / FRAME_SIZE[0])
        assert (batch[f"{role}_person"][..., : SIZE[0] // 2 - 2, :] == 1).all()
        assert not batch[f"{role}_person"][..., SIZE[0] // 2 + 2 :, :].any()


def test_without_masks_there_is_no_person(fashion):
    samples = ClipSamples(fashion[1], "train", CLEAN_REFERENCE)
    (batch,) = take(piece_dataset(samples, 2, LENGTH, UNROLL, dict), 1)
    assert "target_image" in batch and "target_person" not in batch


@pytest.mark.parametrize("start", [1, 3, 6])
def test_starting_at_a_batch_is_skipping_those_before(fashion, start):
    def batches(count, **settings):
        return take(
            piece_dataset(
                ClipSamples(fashion[1], "train", CLEAN_REFERENCE), 2, LENGTH, UNROLL, dict, **settings
            ),
            count,
        )

    through = batches(start + 2, seed=7)
    for one, other in zip(batches(2, seed=7, start=start), through[start:], strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_the_parts_of_a_batch_are_its_rows(fashion):
    def batches(**settings):
        samples = ClipSamples(fashion[1], "train", CLEAN_REFERENCE)
        return take(piece_dataset(samples, 2, LENGTH, UNROLL, dict, seed=7, start=1, **settings), 3)

    for whole, first, second in zip(batches(), batches(part=(0, 2)), batches(part=(1, 2)), strict=True):
        assert all(np.array_equal(whole[name], np.concatenate([first[name], second[name]])) for name in whole)


def test_the_reference_of_a_dance_has_the_joints_that_were_detected_in_coco_order(fashion):
    samples = ClipSamples(fashion[1], "train", DETECTED_REFERENCE, reference_frames=20)
    for batch in take(piece_dataset(samples, 3, LENGTH, UNROLL, dict), LENGTH // UNROLL):
        for slot, (_, frame) in enumerate(which(batch["reference_image"])):
            scale = np.array(SIZE[::-1]) / FRAME_SIZE[::-1]
            seen = (*((12, 2 * frame) * scale), 1) if frame else (0, 0, 0)
            np.testing.assert_allclose(batch["reference_structure"][slot], [seen] * 17, atol=1e-5)
        begins = batch["first"][:, None, None]
        reference, previous = batch["reference_structure"], batch["previous_structure"]
        assert np.array_equal(np.where(begins, reference, 0), np.where(begins, previous, 0))


@pytest.mark.parametrize("name", ["fashionvideo", "iper"])
def test_augmented_frames_of_a_clip_move_together_and_the_reference_on_its_own_where_backgrounds_need_not_agree(
    name, fashion, iper
):
    builder = {"fashionvideo": fashion, "iper": iper}[name][1]
    samples = ClipSamples(builder, "train", CLEAN_REFERENCE, reference_frames=20)
    fill, together, filled = AUGMENTATIONS[name]["clip"].fill, 0, 0
    for batch in take(piece_dataset(samples, 3, LENGTH, LENGTH, dict), 8):
        outside = (batch["target_image"] == fill).all(axis=-1)
        assert (outside == outside[:, :1]).all()
        filled += outside.sum()
        together += ((batch["reference_image"] == fill).all(axis=-1) == outside[:, 0]).all(axis=(1, 2)).sum()
        joints = batch["target_structure"]
        assert (joints[..., :2] == np.trunc(joints[..., :2])).all()
    assert filled and (together == 24) == (name == "iper")


def test_a_video_shorter_than_a_clip_is_cut_to_whole_updates_and_begins_again(fashion):
    samples = ClipSamples(fashion[1], "train", CLEAN_REFERENCE)
    batches = take(piece_dataset(samples, 3, 12, 3, dict), 4)
    (slot,) = [slot for slot, (video, _) in enumerate(which(batches[0]["reference_image"])) if video == 2]
    assert [batch["first"][slot] for batch in batches] == [True, False, True, False]  # of 8 frames, 6
    frames = [place for batch in batches for place in which(batch["target_image"][slot])]
    assert frames[:6] == frames[6:] and frames[5][1] - frames[0][1] == 5


def test_without_a_choice_the_reference_is_the_first_frame_of_the_clip(fashion):
    samples = ClipSamples(fashion[1], "train", CLEAN_REFERENCE)
    for batch in take(piece_dataset(samples, 3, LENGTH, UNROLL, dict), 8):
        if batch["first"].all():
            assert which(batch["reference_image"]) == which(batch["target_image"][:, 0])


def test_faces_come_with_the_published_maps_or_with_points_to_draw_others(faces):
    entries = {
        "structure": tf.io.FixedLenFeature((), tf.string),
        "points": tf.io.FixedLenFeature((68, 2), tf.float32),
    }

    def structure(parsed, image, role):
        maps = tf.io.decode_raw(tf.io.decode_compressed(parsed["structure"], "ZLIB"), tf.uint8)
        return tf.reshape(maps, (32, 32, CHANNELS))

    samples = ClipSamples(faces[1], "train", Structure(entries, structure))
    (batch,) = take(piece_dataset(samples, 3, LENGTH, UNROLL, dict), 1)
    records = {
        tuple(which(record["image"])): record
        for record in faces[1].as_dataset(split="train").as_numpy_iterator()
    }
    for slot, place in enumerate(which(batch["target_image"][:, 1])):
        record = records[tuple(place)]
        assert np.array_equal(batch["target_structure"][slot, 1], record["structure"])
        frame = np.full((*FRAME_SIZE, 3), (20 * place[0], 10 * place[1], 100), np.uint8)
        points = record["points"] * (FRAME_SIZE[1] / 32, FRAME_SIZE[0] / 32)
        assert np.array_equal(record["structure"], published_maps(points.round(3), (32, 32), frame))
    angle = 0.1 * place[1]
    assert np.allclose(record["points"][0], (16 + 6 * np.cos(angle), 16 - 9 * np.sin(angle)), atol=2e-3)


TINY = {
    "name": "tiny", "batch_size": 2, "steps_per_epoch": 2, "checkpoint_every": 2,
    "data": {"clip_frames": LENGTH, "unroll": UNROLL, "heat_map_sigma": 3.0},
    "features": {"network": "none"},
    "flow": {"steps": 0},
    "full": {"steps": 1, "adversarial": 0.0, "correctness": 0.0, "content": 0.0, "style": 0.0},
}  # fmt: skip
GENERATOR = {
    "image_size": [32, 32], "attention_kernels": {1: 3}, "attention_units": 8, "base_channels": 4, "max_channels": 8, "depth": 2,
    "flow_base_channels": 4, "flow_max_channels": 8, "flow_depth": 3,
}  # fmt: skip


def tiny_run(tmp_path, task, name, write):
    write(tmp_path / name)
    data = {**TINY["data"], "dataset": name, "directory": str(tmp_path / name)}
    model = {"preset": f"{task}_quickstart", "generator": GENERATOR}
    settings = {**TINY, "task": task, "data": data, "model": model}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings))
    return Run(load_config(tmp_path / "tiny.yaml"), tmp_path / "run")


@pytest.mark.parametrize(
    ("task", "name", "write", "channels", "person"),
    [
        ("dance", "fashionvideo", write_dance, 20, False),
        ("dance", "iper", write_iper, 20, True),
        ("face", "faceforensics", write_faces, 16, False),
    ],
)
def test_batches_have_the_entries_of_synthetic_ones_but_the_flow(
    tmp_path, task, name, write, channels, person
):
    run = tiny_run(tmp_path, task, name, write)
    data, held_out = run.task.load(run.generator)
    (batch,) = take(run.task.dataset(data, 0, 0), 1)
    for entries, size in ((batch, 2), (held_out, 3)):
        image, structure = (size, 32, 32, 3), (size, 32, 32, channels)
        expected = {"first": (size,)}
        for role in ("reference", "previous"):
            expected |= {f"{role}_image": image, f"{role}_structure": structure}
        frames = {"target_images": image, "target_structures": structure}
        frames |= {"target_persons": (size, 32, 32, 1)} if person else {}
        expected |= {entry: (size, UNROLL, *shape[1:]) for entry, shape in frames.items()}
        assert {entry: tuple(value.shape) for entry, value in entries.items()} == expected
        assert np.max(entries["target_structures"]) <= (255 if task == "dance" else 6)


@pytest.mark.slow
def test_a_training_on_dance_files_runs_and_draws_its_samples(tmp_path):
    tiny_run(tmp_path, "dance", "iper", write_iper).train()
    assert (tmp_path / "run" / "generator.weights.h5").is_file()
    assert list((tmp_path / "run" / "images").glob("full_*.png"))
