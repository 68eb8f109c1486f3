"""The weights of Inception for FID and KID: downloaded and checked, or from a file, by the command."""

import hashlib
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from gfla_tf.cli.evaluate import main
from gfla_tf.errors import GflaError
from gfla_tf.evaluation import inception_weights
from tests.helpers.own_pictures import figure
from tests.helpers.reference_metrics import random_inception


def test_a_download_of_other_weights_is_refused_and_the_right_one_kept(tmp_path, monkeypatch):
    content = b"weights"
    begins = hashlib.sha256(content).hexdigest()[:8]
    monkeypatch.setattr(inception_weights, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(inception_weights.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(content))
    with pytest.raises(GflaError, match=rf"has the SHA-256 {begins}\.\.\., not 0cc3c7bd\.\.\.: fetch https"):
        inception_weights.inception_file("download", "torchvision")
    assert not (tmp_path / "cache").exists()
    monkeypatch.setitem(inception_weights.SOURCES, "torchvision", f"https://a.place/inception-{begins}.pth")
    path = inception_weights.inception_file("download", "torchvision")
    assert path.read_bytes() == content and path.parent == tmp_path / "cache"
    assert inception_weights.inception_file(path, "torchvision") == path


def test_fid_and_kid_by_the_command_and_weights_that_are_not_the_published_ones_are_told(tmp_path):
    """Seeded random weights of Inception: the way is tested, no published figure."""
    weights, noise = tmp_path / "random.pth", np.random.default_rng(0).normal(0, 20, (96, 64, 3))
    torch.save(random_inception().state_dict(), weights)
    for name in ("generated", "truth"):
        (tmp_path / name).mkdir()
    for number in range(3):
        picture = figure(number)[0]
        Image.fromarray(picture).save(tmp_path / f"truth/{number}.png")
        noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(tmp_path / f"generated/{number}.png")
    folders = [
        str(tmp_path / "generated"),
        "--truth",
        str(tmp_path / "truth"),
        "--output",
        str(tmp_path / "out"),
    ]
    main([*folders, "--protocol", "pidm", "--inception", str(weights), "--scores", "fid", "kid"])
    lines = (tmp_path / "out/results.jsonl").read_text().splitlines()
    rows = {row["score"]: row for row in map(json.loads, lines)}
    assert rows["fid"]["value"] > 0 and rows["kid"]["deviation"] >= 0
    assert rows["fid"]["origin"]["weights"]["Inception"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    report = (tmp_path / "out/results.md").read_text()
    assert "The weights of Inception in random.pth are not the published ones of pytorch_fid" in report
    assert "the network of fid is not known" in report and "3 pictures are few" in report
