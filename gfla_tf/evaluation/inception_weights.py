"""The weights of Inception: from a path, or by their usual download, checked by the digest in the file's name."""

import hashlib
import sys
import urllib.request
from pathlib import Path

from gfla_tf.errors import GflaError, reason_of
from gfla_tf.fetch import cache_folder
from gfla_tf.files import file_digest, write_whole

DOWNLOAD = "download"
_FID = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
# The last part of a name is how its SHA-256 begins, as torch.hub has it.
SOURCES = {
    "pytorch_fid": _FID,
    "torch_fidelity": _FID,
    "torchvision": "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
}
_PATIENCE = 60  # seconds without an answer


def is_published(path, network):
    """Whether a file holds the published weights of a network, one of `SOURCES`, by its SHA-256."""
    return file_digest(path).startswith(_begins(SOURCES[network]))


def inception_file(wanted, network):
    """Path of the weights of one of `SOURCES`.

    Args:
        wanted: path of a file, "download", or None.
        network: which Inception.

    Returns:
        the path; of a download, in the cache; None where nothing is wanted.

    Raises:
        GflaError: they cannot be downloaded, or are not the expected ones.
    """
    if wanted is None or str(wanted) != DOWNLOAD:
        return wanted
    source = SOURCES[network]
    path = cache_folder() / source.rsplit("/", 1)[1]
    if path.is_file():
        return path
    print(f"fetching the weights of Inception (about 100 MB) once into {path.parent}", file=sys.stderr)
    remedy = f"fetch {source} by other means and name the file with --inception"
    try:
        with urllib.request.urlopen(source, timeout=_PATIENCE) as answer:
            content = answer.read()
    except (OSError, ValueError) as error:
        raise GflaError(
            f"The weights of Inception cannot be downloaded ({reason_of(error)}): {remedy}."
        ) from error
    begins = _begins(source)
    digest = hashlib.sha256(content).hexdigest()
    if not digest.startswith(begins):
        raise GflaError(
            f"The download of {path.name} has the SHA-256 {digest[:8]}..., not {begins}...: {remedy}."
        )
    try:
        write_whole(path, content)
    except OSError as error:
        raise GflaError(f"Cannot write {path} ({error.strerror}): make room there.") from error
    return path


def _begins(source):
    return Path(source).stem.rsplit("-", 1)[1]
