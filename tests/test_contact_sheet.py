"""The contact sheets of synthetic data, which need no TensorFlow."""

import subprocess
import sys

import cv2
import pytest

from gfla_tf.synthetic.contact_sheet import SHEETS, main


def sheet(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["contact_sheet", *map(str, arguments)])
    main()


@pytest.mark.parametrize("what", sorted(SHEETS.keys() - {"bodies", "talkers"}))  # which are fetched first
@pytest.mark.parametrize(("option", "shape"), [("", (68, 102)), ("--points", None), ("--flow", (68, 170))])
def test_a_sheet_has_a_row_for_each_identity(what, option, shape, tmp_path, monkeypatch):
    size = ["--image-size", 32, 32, "--identities", 2, "--columns", 3]
    sheet(monkeypatch, what, tmp_path / "sheet.png", *size, *filter(None, [option]))
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert picture.std() > 10 and picture.shape[:2] == (shape or picture.shape[:2])


def test_people_move_in_a_clip(tmp_path, monkeypatch):
    sheet(monkeypatch, "people", tmp_path / "sheet.png", "--clip", "--identities", 1, "--columns", 2)
    assert cv2.imread(str(tmp_path / "sheet.png")).shape == (130, 260, 3)


@pytest.mark.parametrize("option", ["--identities", "--columns", "--zoom", "--step"])
def test_a_sheet_of_nothing_is_one_sentence(tmp_path, monkeypatch, capsys, option):
    with pytest.raises(SystemExit) as ended:
        sheet(monkeypatch, "people", tmp_path / "sheet.png", option, 0)
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {option} is 0: it must be at least 1.\n"
    assert not list(tmp_path.iterdir())


def test_no_synthetic_data_import_tensorflow():
    code = "import sys, gfla_tf.synthetic.contact_sheet; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
