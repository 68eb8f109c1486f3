"""Where the time of a .tflite goes: LiteRT's own measurements, given to the parts of the network."""

from pathlib import Path

import pytest

from gfla_tf.cli.profile import main
from gfla_tf.litert import profiler
from gfla_tf.litert.profile import ELSEWHERE, part_of, summarize, table
from gfla_tf.litert.profiler import Event, Node, events_of, nodes_of
from gfla_tf.litert.runner import SIGNATURE

MODEL = Path(__file__).parent / "fixtures" / "tiny_pose.tflite"


def test_every_run_of_a_real_file_gives_the_same_operations_and_their_times():
    (events,) = events_of(MODEL, runs=3).values()
    of_runs = [[event[1:4] for event in events if event.run == run] for run in range(3)]
    assert of_runs[0] == of_runs[1] == of_runs[2] and len(of_runs[0]) >= 5
    assert all(event.microseconds >= 0 for event in events)
    assert any(event.name.startswith("Max Pooling") and event.delegated for event in events)
    assert "MAX_POOL_2D" in {node.kind for node in nodes_of(MODEL.read_bytes(), SIGNATURE)}


NODES = [
    Node("CONV_2D", "net_1/encoder_1/block0_1/conv1_1/convolution"),
    Node("GATHER", "net_1/attention_1/sampled_1/gather"),
    Node("CONV_2D", "net_1/decoder_1/out_1/convolution"),
    Node("TANH", "net_1/tanh"),
]


def events(*rows):
    return [Event(run, *row) for run in range(2) for row in rows]


def test_operators_of_xnnpack_are_given_to_the_nodes_in_their_order():
    found = summarize(
        events(
            ("Convolution (NHWC, F32) IGEMM", True, 0, 2000),
            ("Copy (NC, X32)", True, 1, 100),
            ("GATHER", False, 1, 500),
            ("Convolution (NHWC, F32) IGEMM", True, 0, 3000),
            ("TanH (NC)", True, 1, 10),
        ),
        NODES,
    )
    assert found.parts == {
        "encoder/block0": {"Convolution": pytest.approx(2)},
        ELSEWHERE: {"Copy": pytest.approx(0.1), "TanH": pytest.approx(0.01)},
        "attention/sampled": {"GATHER": pytest.approx(0.5)},
        "decoder/out": {"Convolution": pytest.approx(3)},
    }
    assert found.operations["Convolution"] == (pytest.approx(5), 2)
    assert found.left == {"GATHER": (pytest.approx(0.5), 1)} and found.partitions == 2
    assert found.total == pytest.approx(5.61)
    text = table(found)
    assert text.startswith("5.6 ms of operations, 2 partitions on XNNPACK")
    assert text.index("| decoder/out | 3.00 | 53.5% | Convolution 3.00 |") < text.index(
        "| encoder/block0 | 2.00 |"
    )
    assert "| not taken by XNNPACK | ms |" in text


def test_what_else_the_machine_did_in_one_run_counts_for_nothing():
    runs = [Event(run, "TanH (NC)", True, 0, took) for run, took in enumerate((20, 9000, 30))]
    assert summarize(runs, NODES).total == pytest.approx(0.02)


def test_quantized_operators_keep_their_type():
    found = summarize(events(("Convolution (NHWC, QC8) IGEMM", True, 0, 1000)), NODES)
    assert list(found.operations) == ["Convolution (QC8)"]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("pose_deepfashion_1/source_encoder_1/block0_1/conv1_1/convolution1", "source_encoder/block0"),
        ("net/decoder/Relu;net/decoder/add", "decoder"),
        ("StatefulPartitionedCall:0", ELSEWHERE),
    ],
)
def test_a_part_is_the_beginning_of_a_layers_path(name, part):
    assert part_of(name) == part


def test_the_command_writes_tables_and_a_picture(tmp_path, capsys):
    main(
        [str(MODEL), "--runs", "2", "--output", str(tmp_path / "p.md"), "--picture", str(tmp_path / "p.png")]
    )
    assert (tmp_path / "p.md").read_text() == capsys.readouterr().out
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["nowhere.tflite"],
            "Cannot read the model nowhere.tflite: No such file or directory; name a .tflite.",
        ),
        ([str(MODEL), "--runs", "0"], "--runs is 0: it must be at least 1."),
        ([__file__], "is damaged"),
    ],
)
def test_mistakes_are_told(arguments, sentence, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert sentence in capsys.readouterr().err


def test_another_version_of_litert_is_refused(monkeypatch):
    monkeypatch.setattr(profiler, "VERSION", "1.4")
    with pytest.raises(profiler.GflaError, match=r"knows the events of LiteRT 1\.4, here is .*: pip install"):
        events_of(MODEL)
