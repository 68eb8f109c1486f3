"""The Gradio app: what its buttons do, and the app itself where Gradio is installed."""

import importlib.util
from pathlib import Path

import av
import pytest

from gfla_tf.errors import GflaError
from gfla_tf.inference.models import shipped_model

FOLDER = Path(__file__).parents[1] / "examples" / "gradio"
SAMPLE = Path(__file__).parents[1] / "web" / "static" / "samples" / "person3.jpg"


@pytest.fixture(scope="module")
def app():
    spec = importlib.util.spec_from_file_location("gradio_app", FOLDER / "app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_photo_gives_pictures_of_poses_and_a_film_of_a_dance(app, monkeypatch):
    assert shipped_model("pose").is_file()
    monkeypatch.setattr(app, "MOST_SECONDS", 0.4)
    drawn = app.pictures(str(SAMPLE), "White")
    assert len(drawn) == len(app.POSES) and all(one.shape == (256, 192, 3) for one in drawn)
    assert all((one[:4, :4] > 240).all() for one in drawn), "white behind the person"
    with av.open(app.film(str(SAMPLE), "wave")) as container:
        assert len(list(container.decode(video=0))) == 6


def test_what_is_wrong_is_a_sentence(app):
    with pytest.raises(GflaError, match="There is no photo yet"):
        app.pictures(None)


def test_the_app_is_built_and_its_folder_is_a_space(app):
    head = (FOLDER / "README.md").read_text().split("---")[1]
    assert "sdk: gradio" in head and f"app_file: {(FOLDER / 'app.py').name}" in head
    pytest.importorskip("gradio", reason="Gradio is not installed: pip install gradio")
    built = app.build()
    assert {"Photo", "Background", "Dance", "Poses"} <= {
        getattr(one, "label", "") for one in built.blocks.values()
    }
