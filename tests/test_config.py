"""Configurations: YAML and overrides into typed objects; whatever is wrong is one sentence, before anything is rendered."""

from pathlib import Path

import pytest

from gfla_tf.errors import GflaError
from gfla_tf.training.config import DataConfig, TrainConfig, differing_keys, save_config, to_yaml
from gfla_tf.training.config_file import load_config
from gfla_tf.training.networks import build_models
from gfla_tf.training.runs import Run
from tests.helpers.tiny_run import tiny_config, write_config

CONFIGS = Path(__file__).parents[1] / "configs"
NAMED = "name: some\n"  # and otherwise the published training


def refusal(function, *arguments):
    with pytest.raises(GflaError) as caught:
        function(*arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".") and len(sentence) < 500
    return sentence


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "some.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_configuration_of_the_repository_loads_under_its_own_name_and_builds(path):
    config = load_config(path)
    assert config.name == path.stem
    build_models(config)


def test_an_empty_file_is_refused(written):
    assert "is empty" in refusal(load_config, written(""))


def test_a_file_with_no_more_than_a_name_is_the_published_training(written):
    config = load_config(written(NAMED))
    assert config == TrainConfig(name="some", data=DataConfig(dataset="synthetic_people"))
    assert (config.flow.correctness, config.flow.regularization) == (20.0, 0.01)
    full = config.full
    assert (full.l1, full.adversarial, full.correctness, full.regularization) == (5.0, 2.0, 5.0, 0.0025)
    assert (full.content, full.style, full.learning_rate, full.discriminator_learning_rate) == (
        0.5,
        500.0,
        1e-4,
        1e-5,
    )


def test_a_file_replaces_defaults_and_overrides_replace_the_file_the_last_one_winning(written):
    path = written("batch_size: 3\nfull: {steps: 5, learning_rate: 1e-3}\nmodel: {generator: {depth: 4}}\n")
    config = load_config(
        path, ["full.steps=6", "full.steps=7", "model.generator.attention_kernels={2: 3}", "name=x"]
    )
    assert (config.batch_size, config.full.steps, config.full.learning_rate) == (3, 7, 1e-3)
    assert config.model.generator == {"depth": 4, "attention_kernels": {2: 3}}
    assert config.name == "x" and config.full.l1 == 5.0


def test_what_is_saved_loads_again_and_prints_the_same(tmp_path, written):
    config = load_config(written("model: {generator: {attention_kernels: {2: 3}}}\nfull: {clip_norm: 5}\n"))
    save_config(config, tmp_path / "saved.yaml")
    again = load_config(tmp_path / "saved.yaml")
    assert again == config and to_yaml(again) == to_yaml(config) and not differing_keys(again, config)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["saved.yaml", "some.yaml"]


def test_differing_keys_are_named_with_their_dots(written):
    path = written("model: {generator: {depth: 3}}")
    one, other = (
        load_config(path),
        load_config(path, ["seed=1", "model.generator.depth=2", "full.clip_norm=1"]),
    )
    assert differing_keys(one, other) == ["full.clip_norm", "model.generator.depth", "seed"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 1\n- 2\n", "list"),
        ("3\n", "int"),
        ("just words\n", "just words"),
        ("full: {steps: 3", "line"),
        ("a: b: c\n", "line 1"),
        ("name: x\nname: y\n", "duplicate key name"),
        (b"\xff\xfe\x00binary\x9c", "no key"),
        (b"\x00\x01", "YAML"),
        ("learning_rat: 1\n", "no key learning_rat: choose among name, task"),
        ("full: {stepz: 1}\n", "no key full.stepz: choose among steps"),
        ("data: 3\n", "data"),
        ("batch_size: many\n", "batch_size"),
        ("batch_size: 2.5\n", "batch_size"),
        ("jit_compile: 7.5\n", "jit_compile"),
        ("full: {window_sigma: [a, b]}\n", "window_sigma"),
        ("full: {window_sigma: 2.0}\n", "window_sigma"),
        ("model: {preset: null}\n", "preset"),
        ("name: ${nowhere}\n", "nowhere"),
    ],
)
def test_a_file_that_is_no_configuration_is_named_with_what_is_wrong(written, text, says):
    path = written(text)
    sentence = refusal(load_config, path)
    assert str(path) in sentence and says in sentence


def test_a_missing_file_and_a_directory_are_named(tmp_path):
    assert "nowhere.yaml" in refusal(load_config, tmp_path / "nowhere.yaml")
    assert "No such file" in refusal(load_config, tmp_path / "nowhere.yaml")
    assert str(tmp_path) in refusal(load_config, tmp_path)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("full.steps", "key=value"),
        ("=3", "key=value"),
        ("full.stepz=3", "no key full.stepz"),
        ("nothing.at.all=3", "no key nothing"),
        ("full.steps=three", "full.steps"),
        ("full.steps=[", "not YAML"),
        ("name=", "name"),
        ("full=3", "full"),
    ],
)
def test_an_override_that_cannot_be_is_named(written, override, says):
    sentence = refusal(load_config, written(NAMED), [override])
    assert override in sentence and says in sentence


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("task=dog", "choose pose"),
        ("data.dataset=imagenet", "choose synthetic_people"),
        ("adversarial_kind=best", "choose lsgan or nsgan or hinge or wgan-gp"),
        ("features.network=resnet", "choose vgg19 or vgg16 or people or none"),
        ("name=a/b", "slashes"),
        ("name='..'", "slashes"),
        ("seed=-1", "from 0"),
        ("data.seed=-1", "from 0"),
        ("batch_size=0", "at least 1"),
        ("steps_per_epoch=0", "at least 1"),
        ("checkpoint_every=-5", "at least 1"),
        ("data.identities=0", "at least 1"),
        ("data.frames=1", "at least 2"),
        ("data.unroll=0", "at least 1"),
        ("data.clip_frames=20", "a multiple of data.unroll, 6"),
        ("data.clip_frames=0", "a multiple of data.unroll, 6"),
        ("data.heat_map_sigma=0", "positive"),
        ("data.limb_sigma=-1", "positive"),
        ("model.preset=dance_fashionvideo", "another task than pose, choose people_256 or people_128"),
        ("model.initial_gain=0", "positive"),
        ("batch_size=12001", "only 12000 pairs"),
        ("flow.steps=-1", "0 or more"),
        ("full.learning_rate=0", "positive"),
        ("full.learning_rate=.nan", "positive"),
        ("full.discriminator_learning_rate=-1", "positive"),
        ("full.final_learning_rate=.inf", "0 or more"),
        ("full.beta_1=1", "below 1"),
        ("full.clip_norm=0", "positive"),
        ("full.window_sigma=[1.0]", "two positive numbers"),
        ("full.window_sigma=[1.0, 0.0]", "two positive numbers"),
        ("full.style=-1", "0 or more"),
        ("flow.flow_error=-1", "0 or more"),
        ("full.l1=.nan", "0 or more"),
        ("flow.l1=1", "draws no image"),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_name(written, override, says):
    sentence = refusal(load_config, written(NAMED), [override])
    assert override in sentence and f"{override.partition('=')[0]} is " in sentence and says in sentence


def test_the_features_of_the_package_want_the_heat_maps_that_they_were_trained_with(written):
    package = ["features.network=people", "features.weights=null"]
    sentence = refusal(load_config, written(NAMED), [*package, "data.heat_map_sigma=6"])
    assert "data.heat_map_sigma is 6.0" in sentence and "trained with 9.0" in sentence
    load_config(written(NAMED), [*package, "data.heat_map_sigma=9"])
    load_config(written(NAMED), [package[0], "features.weights=own.weights.h5", "data.heat_map_sigma=6"])


def test_a_stage_without_any_weight_is_refused_unless_it_has_no_steps(written):
    nothing = ["flow.correctness=0", "flow.regularization=0"]
    assert "nothing to learn" in refusal(load_config, written(NAMED), nothing)
    load_config(written(NAMED), [*nothing, "flow.steps=0"])


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("model.preset=pose_paris", "pose_deepfashion"),
        ("model.generator.wings=2", "wings"),
        ("model.discriminator.wings=2", "wings"),
        ("model.discriminator.kind=tree", "residual, patch"),
        ("model.generator.image_size=[32, 30]", "multiples of 8"),
        ("model.generator.image_size=32", "model.generator"),
        ("model.generator.image_size=large", "model.generator"),
        ("model.generator.attention=magic", "local, bilinear, global, none"),
        ("model.generator.attention_kernels={5: 3}", "level 5"),
        ("model.generator.attention_kernels={2: 4}", "odd"),
        ("model.generator.attention_kernels=3", "model.generator"),
        ("model.generator.base_channels=wide", "model.generator"),
        ("model.generator.base_channels=0", "model.generator"),
        ("model.generator.base_channels=-4", "both must be at least 1"),
        ("model.generator.pose_channels=17", "18 maps"),
        ("model.generator.image_size=[40, 40]", "divisible by 32"),
        ("features.weights=/nowhere/at.all", "/nowhere/at.all"),
        (
            "model.video_discriminator.depth=2",
            "no video_discriminator: presets with one are dance_quickstart, dance_fashionvideo",
        ),
    ],
)
def test_what_cannot_be_built_is_refused_before_rendering_and_leaves_nothing_behind(tmp_path, override, says):
    assert says in refusal(lambda: Run(tiny_config(tmp_path, override), tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_an_attention_level_without_features_is_refused_only_if_the_correctness_loss_wants_it(tmp_path):
    deep = ["model.generator.image_size=[64, 64]", "model.generator.depth=4"]
    deep += ["model.generator.flow_depth=5", "model.generator.attention_kernels={4: 3}"]
    assert "level 4" in refusal(Run, tiny_config(tmp_path, *deep), tmp_path / "run")
    Run(tiny_config(tmp_path, *deep, "full.correctness=0", "flow.steps=0"), tmp_path / "run")


def test_a_run_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refusal(Run, tiny_config(tmp_path), tmp_path / "file" / "run")


def test_the_tiny_configuration_of_the_tests_is_valid(tmp_path):
    assert load_config(write_config(tmp_path)).full.steps == 7


@pytest.mark.parametrize("name", ["pose_quickstart", "pose_quickstart.yaml", "configs/pose_quickstart.yaml"])
def test_the_package_s_own_configurations_are_found_from_anywhere(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_config(name).name == "pose_quickstart"


def test_a_file_here_comes_before_the_package_s_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pose_quickstart.yaml").write_text("name: mine\nmodel: {preset: pose_quickstart}\n")
    assert load_config("pose_quickstart.yaml").name == "mine"


@pytest.mark.parametrize(
    ("text", "overrides", "sentence"),
    [
        ("name: ???", [], "name is .*: give it a value"),
        ("name: a", ["full.steps=???"], "full.steps is .*: give it a value"),
        ("", [], "is empty"),
        ("# nothing", [], "is empty"),
        ("name: a", ["flow.steps=0", "full.steps=0"], "nothing would be trained"),
        ("a: &x [1]\nb: *x", [], "refers to its own parts"),
        ("model:\n  generator: [64, 48]", [], r"model.generator is \[64, 48\]: it holds settings of its own"),
        ("name: a", ["model.generator=[64,48]"], "holds settings of its own"),
        ("name: a", ["flow.window_sigma={a: 1}"], "takes a list"),
        ("name: a", ["batch_size=1000000000000"], "at most"),
        ("name: a", ["init_from=" + 300 * "9"], "There is no network 999"),
        ("[" * 3000, [], "cannot be read as YAML|holds a list"),
    ],
)
def test_settings_that_say_nothing_or_are_of_another_kind_are_refused(text, overrides, sentence, tmp_path):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(GflaError, match=sentence) as refused:
        load_config(tmp_path / "c.yaml", overrides)
    assert "\n" not in str(refused.value)
