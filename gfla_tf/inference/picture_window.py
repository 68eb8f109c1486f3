"""Pictures as they come, in a window of the screen."""

import cv2

from gfla_tf.errors import GflaError

_ESCAPE = 27


class PictureWindow:
    """A window of the screen, with the methods of `PictureStream`; Escape or closing it ends it.

    Raises:
        GflaError: there is no screen, or OpenCV was installed without windows.
    """

    address, _title = "A window", "gfla live"

    def __init__(self):
        try:
            cv2.namedWindow(self._title)
        except cv2.error as error:
            raise GflaError(
                "--window needs a screen and an OpenCV with windows (pip install opencv-python in place of "
                "opencv-python-headless): leave it out, and open the page."
            ) from error

    def show(self, picture):
        """Shows a uint8 RGB picture (H, W, 3)."""
        cv2.imshow(self._title, picture[..., ::-1])
        if cv2.waitKey(1) == _ESCAPE or cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
            raise KeyboardInterrupt

    def __enter__(self):
        return self

    def __exit__(self, *_):
        cv2.destroyAllWindows()
