"""The page in a real browser, headless Chromium: what it draws, what moves it, what it says, and what it does not send."""

import json
import shutil
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from gfla_tf.export.verify.lint import lint

from gfla_tf.inference.detectors.pose_detector import PoseDetector
from gfla_tf.inference.photos import crop, crop_keypoints, person_box, to_float
from gfla_tf.io.pictures import read_picture
from gfla_tf.litert.runner import TFLiteModel
from gfla_tf.page.samples import FOLDER as SAMPLES
from gfla_tf.page.site import write_site
from gfla_tf.pictures.drawing import to_uint8
from tests.helpers.page_browser import (
    FLAGS,
    SHOWN,
    SOFTWARE_GPU,
    Served,
    alert,
    drawn,
    shown,
    source_of,
    still,
    wait_for,
)
from tests.helpers.page_site import browser

pytestmark = [
    pytest.mark.xdist_group("page"),  # one browser, one site
    pytest.mark.skipif(browser() is None, reason="no Chromium: apt-get install chromium"),
]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(tmp_path_factory, small_people):
    """The folder with the page, around the small network."""
    folder = tmp_path_factory.mktemp("page") / "site"
    write_site(folder, small_people())
    return folder


@pytest.fixture(scope="module")
def served(site):
    with Served(site) as one:
        yield one


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browse(playwright):
    """A function that opens an address in a browser of its own with more flags; gives the page, which shows a picture."""

    def open_(address, flags=(), viewport=WIDE):
        chromium = playwright.chromium.launch(executable_path=browser(), args=[*FLAGS, *flags])
        page = chromium.new_context(viewport=viewport).new_page()
        page.told, page.asked = [], []
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(f"error: {error}"))
        page.context.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        wait_for(page, SHOWN)
        return page

    return open_


@pytest.fixture
def open_page(browse):
    """`browse`, whose browsers are closed after the test: they would go on drawing."""
    opened = []

    def open_(*arguments, **more):
        opened.append(browse(*arguments, **more))
        return opened[-1]

    yield open_
    for page in opened:
        page.context.browser.close()


@pytest.fixture(scope="module")
def shared_page(browse, served):
    page = browse(served.address)
    yield page
    page.context.browser.close()


@pytest.fixture
def page(shared_page):
    """The page, with the first sample in its own pose."""
    shared_page.evaluate("document.getElementById('alert-close').click()")
    shared_page.click("#people button >> nth=0")
    shared_page.click("#views button >> nth=0")
    shared_page.click("#reset")
    return shared_page


def test_it_opens_with_somebody_dancing_and_asks_nobody_but_its_server(open_page, served):
    page = open_page(served.address)
    first = page.evaluate("JSON.stringify(repose.pose())")
    wait_for(page, f"JSON.stringify(repose.pose()) !== {json.dumps(first)}")
    assert page.locator("#motions button[aria-pressed=true]").inner_text() == "Dance"
    assert not [url for url in page.asked if not url.startswith((served.address, "blob:", "data:"))]
    assert not [text for text in page.told if "Content Security Policy" in text or text.startswith("error:")]


@pytest.mark.parametrize("accelerator", ["wasm", "webgpu"])
def test_ten_pictures_are_those_of_python(accelerator, site, served, open_page, request):
    if accelerator == "wasm":
        page = request.getfixturevalue("page")
    else:
        page = open_page(f"{served.address}?accelerator=webgpu", SOFTWARE_GPU)
    assert page.evaluate("repose.engine().accelerator") == accelerator
    assert lint(site / "model.tflite", browser=True) == []
    page.click("#reset")
    image, pose = source_of(page)
    model, draw = TFLiteModel(site / "model.tflite"), np.random.default_rng(3)
    for _ in range(10):
        target = pose.copy()
        target[:, :2] += draw.normal(0, 3, 2) + draw.normal(0, 4, (18, 2))
        given = {"source_image": to_float(image), "source_keypoints": pose, "target_keypoints": target}
        ours = model(**{name: value[None] for name, value in given.items()})["generated"][0]
        theirs = drawn(page, target)
        apart = np.abs(to_uint8(ours).astype(int) - theirs)
        assert apart.max() <= 2, np.unique(apart, return_counts=True)
        assert np.abs(theirs.astype(int) - image).max() > 50, "the person moved"


def test_a_network_in_two_parts_and_bytes_gives_the_same_pictures(
    site, page, open_page, small_people, tmp_path
):
    _, pose = source_of(page)
    shutil.copytree(site, tmp_path / "split")
    shutil.copyfile(small_people(uint8=True, split=True), tmp_path / "split" / "model.tflite")
    with Served(tmp_path / "split") as server:
        parts = open_page(f"{server.address}?accelerator=wasm")
        pose[3:5, 1] -= 9
        assert np.abs(drawn(parts, pose).astype(int) - drawn(page, pose)).max() <= 1


def test_the_page_cuts_a_sample_as_python_does(page, site):
    sample = json.loads((SAMPLES / "people.json").read_text())[0]
    photo, keypoints = read_picture(SAMPLES / sample["file"]), np.array(sample["pose"])
    height, width = TFLiteModel(site / "model.tflite").description["image_size"]
    box = person_box(keypoints, (height, width), "the sample")
    image, pose = source_of(page, "photo")
    assert np.abs(image.astype(int) - crop(photo, box, (height, width))).max() <= 3, "decoders of JPEG differ"
    assert np.allclose(pose, crop_keypoints(keypoints, box, (height, width)), atol=1e-3)


def test_a_dragged_joint_changes_its_surroundings_alone(page):
    still(page)
    before, box = shown(page), page.locator("[data-joint=left_wrist] .dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y - 60, steps=4)
    page.mouse.up()
    still(page)
    changed = np.abs(shown(page) - before).max(-1) > 25
    frame = page.locator("#picture").bounding_box()
    column = int(x - frame["x"])
    assert changed[:, column - 20 :].sum() > 200, "the arm"
    assert changed[:, : column // 2].sum() < 0.05 * changed.sum(), "the other side of the person"
    page.keyboard.press("Control+z")
    still(page)
    assert (np.abs(shown(page) - before).max(-1) > 25).sum() < 0.02 * changed.sum(), "undone"


def test_arrow_keys_move_a_joint_and_limbs_keep_their_lengths(page):
    def length(pose, first, second):
        joints = page.evaluate("repose.joints")
        return np.hypot(*(pose[joints.index(first), :2] - pose[joints.index(second), :2]))

    before = np.array(page.evaluate("repose.pose()"))
    page.focus("[data-joint=right_wrist]")
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    after = np.array(page.evaluate("repose.pose()"))
    assert after[4, 1] < before[4, 1] - 5
    for limb in (("right_wrist", "right_elbow"), ("right_elbow", "right_shoulder")):
        assert length(after, *limb) == pytest.approx(length(before, *limb), rel=1e-3)
    page.click("#mirror")
    mirrored = np.array(page.evaluate("repose.pose()"))
    assert mirrored[7, 1] == pytest.approx(after[4, 1]), "left took the right's place"


def test_a_photo_of_ones_own_is_found_and_cut_as_in_python(page, site):
    file = SAMPLES / "person4.jpg"
    page.set_input_files("#photo-file", file)
    wait_for(page, "document.querySelector('#people .own').ariaPressed === 'true'")
    photo = read_picture(file)
    with PoseDetector("lite") as detect:
        keypoints = detect(photo)
    size = TFLiteModel(site / "model.tflite").description["image_size"]
    expected = crop_keypoints(keypoints, person_box(keypoints, size, file), size)
    _, pose = source_of(page)
    assert np.abs(pose - expected)[:, :2].max() < 1


@pytest.mark.parametrize("name", ["notes.jpg", "notes.txt"])
def test_a_file_that_is_no_picture_is_named_with_what_helps(page, tmp_path, name):
    (tmp_path / name).write_text("not a picture")
    page.set_input_files("#photo-file", tmp_path / name)
    assert name in (told := alert(page)) and "Choose a JPEG" in told


def test_a_photo_without_a_person_says_so(page, tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 160, 3), 128, np.uint8))
    page.set_input_files("#photo-file", tmp_path / "wall.png")
    assert "Nobody was found" in alert(page)


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    """Chromium's flags for a camera that shows somebody who sways."""
    photo, frames = cv2.imread(str(SAMPLES / "person4.jpg")), []
    for index in range(60):
        shift = round(60 * np.sin(2 * np.pi * index / 60))
        frame = cv2.copyMakeBorder(photo, 0, 0, 150 + shift, 150 - shift, cv2.BORDER_REPLICATE)
        frames.append(cv2.imencode(".jpg", frame)[1].tobytes())
    path = tmp_path_factory.mktemp("camera") / "swaying.mjpeg"
    path.write_bytes(b"".join(frames))
    return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={path}"]


def test_the_camera_drives_the_person(open_page, served, camera):
    page = open_page(served.address, [*camera, "--use-fake-ui-for-media-stream"], viewport=NARROW)
    page.click("#camera")
    wait_for(page, "!document.getElementById('driver').hidden && document.getElementById('video').videoWidth")
    wait_for(page, "document.getElementById('driver-pose').width > 300", 90)
    places = []
    for _ in range(200):
        places.append(page.evaluate("repose.pose()[1][0]"))
        if np.ptp(places) > 8:
            break
        time.sleep(0.1)
    assert np.ptp(places) > 8, "pixels that the neck went to and fro"
    assert not [url for url in page.asked if not url.startswith((served.address, "blob:", "data:"))]
    page.click("#camera")
    wait_for(page, "document.getElementById('driver').hidden && !document.getElementById('video').srcObject")


def test_a_denied_camera_says_where_to_allow_it(open_page, served, camera):
    page = open_page(served.address, [*camera, "--deny-permission-prompts"])
    for button in ("#camera", "#snapshot"):
        page.click(button)
        assert "camera is not allowed" in alert(page)
        page.click("#alert-close")


def test_it_reloads_without_its_server(open_page, site):
    with Served(site) as server:
        page = open_page(server.address)
        wait_for(page, "Boolean(navigator.serviceWorker.controller)")
    page.reload()
    wait_for(
        page, "document.getElementById('loading').hidden && document.getElementById('engine').textContent"
    )
    assert page.evaluate("repose.engine().milliseconds") > 0


@pytest.mark.parametrize("viewport", [WIDE, NARROW])
def test_nothing_is_wider_than_the_screen_and_every_control_has_a_name(shared_page, viewport):
    shared_page.set_viewport_size(viewport)
    assert shared_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    names = shared_page.evaluate(
        """[...document.querySelectorAll('button')].map(
            (one) => (one.ariaLabel || one.textContent || one.querySelector('img')?.alt || '').trim())"""
    )
    assert all(names)
    shared_page.set_viewport_size(WIDE)


def test_its_policy_is_the_servers():
    from gfla_tf.page.server import POLICY

    page = (Path(SAMPLES).parent / "index.html").read_text()
    assert f'content="{POLICY.partition("; frame-ancestors")[0]}"' in page
