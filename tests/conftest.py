import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that the tests of a file share."""
    return tmp_path_factory.mktemp("folder")
