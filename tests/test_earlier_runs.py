"""What earlier versions wrote still loads, and means what it meant."""

import yaml

from gfla_tf.training.config import differing_keys, save_config
from gfla_tf.training.config_file import load_config, load_recorded_config


def test_a_run_recorded_before_a_setting_existed_has_what_it_was_trained_with(tmp_path):
    text = "task: dance\nmodel: {preset: dance_quickstart}\nfull: {adam: keras, epsilon: 1e-7}\n"
    (tmp_path / "own.yaml").write_text(text)
    config = load_config(tmp_path / "own.yaml")
    save_config(config, tmp_path / "config.yaml")
    assert load_recorded_config(tmp_path) == config
    recorded = yaml.safe_load((tmp_path / "config.yaml").read_text())
    for part, key in (
        ("data", "drawing"),
        ("flow", "adam"),
        ("flow", "epsilon"),
        ("full", "adam"),
        ("full", "epsilon"),
    ):
        del recorded[part][key]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(recorded))
    earlier = load_recorded_config(tmp_path)
    assert earlier.data.drawing == "simple"
    assert [(stage.adam, stage.epsilon) for stage in (earlier.flow, earlier.full)] == [("keras", 1e-7)] * 2
    assert set(differing_keys(earlier, config)) == {"data.drawing", "flow.adam", "flow.epsilon"}
