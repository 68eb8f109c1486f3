"""Annotations that carry no information are told, and refused before they are trained on."""

import numpy as np
import pytest

from gfla_tf.data.survey import Survey
from gfla_tf.errors import GflaError

SIZE = (256, 176)


def standing(k):
    """18 joints of a standing person, anywhere in the picture."""
    draw = np.random.default_rng(k)
    places = draw.uniform(0.08, 0.92, (18, 2)) * (176, 256)
    return np.c_[places, np.ones(18)]


def survey(change=lambda pose, k: pose, count=40):
    found = Survey("market, train", SIZE)
    for k in range(count):
        found.add(f"{k}.jpg", change(standing(k), k))
    return found


def test_good_annotations_are_reported_in_numbers(capsys):
    survey(lambda pose, k: pose * (k != 3)).end()
    told = capsys.readouterr().err
    assert (
        told
        == "market, train: 40 pictures, 17.6 joints each, 100.0% of them inside, 1 pictures without any\n"
    )


def test_the_first_that_are_worth_nothing_are_named(capsys):
    survey(
        lambda pose, k: (
            np.full((18, 3), [50, 60, 1]) if k in (2, 5) else np.add(pose, (999, 0, 0)) if k == 7 else pose
        )
    ).end()
    told = capsys.readouterr().err
    assert (
        "worth nothing: 3, such as 2.jpg (all joints within 0.0% of the picture); 5.jpg" in told
        and "7.jpg" in told
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda pose, k: np.full((18, 3), [50, 60, 1]),
            "40 pictures show nothing of a person, such as 0.jpg",
        ),
        (lambda pose, k: pose * 0, "show nothing of a person, such as those without any joint"),
        (lambda pose, k: np.add(pose, (500, 0, 0)), "show nothing of a person, such as 0.jpg"),
        (lambda pose, k: pose[:, [1, 0, 2]], "x and y seem to be swapped"),
        (lambda pose, k: pose * (2, 2, 1), "of pictures of another size"),
        (lambda pose, k: pose * (0.4, 0.4, 1), "of smaller pictures"),
    ],
)
def test_a_data_set_that_says_nothing_is_refused(change, sentence):
    with pytest.raises(GflaError, match=sentence):
        survey(change).end()


def test_a_few_pictures_are_no_reason_to_judge_but_nothing_at_all_is():
    survey(lambda pose, k: pose * (2, 2, 1), count=3).end()
    with pytest.raises(GflaError, match="show nothing of a person"):
        survey(lambda pose, k: np.full((18, 3), [50, 60, 1]), count=3).end()
