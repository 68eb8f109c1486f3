"""Which .tflite files browsers run on the GPU: LiteRT.js on WebGPU in headless Chromium, and what the lint says of them.

    python -m benchmarks.webgpu runs/*/*.tflite

SwiftShader stands in for a GPU. A row a file: whether WebGPU takes all of it,
and the rules that `gfla lint --browser` sees broken.
"""

import argparse
import shutil
import subprocess
import tempfile
import threading
from collections import Counter
from pathlib import Path

from gfla_tf.export.verify.lint import lint

from benchmarks.browser import FLAGS
from gfla_tf.errors import GflaError, reason_of, user_errors
from gfla_tf.page.build import built_page, sources
from gfla_tf.page.server import page_server

SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
ASK = """(url) => new Promise((resolve) => {
  const worker = new Worker("accelerated.worker.js");
  worker.onmessage = ({data}) => { worker.terminate(); resolve(data.error ? data.error.message : String(data.result)); };
  worker.onerror = (event) => resolve(event.message);
  worker.postMessage({id: 0, method: "accelerated", args: [url, "webgpu"]});
})"""


def bundle(folder):
    """Writes the worker, LiteRT and an empty page into a folder; npm's packages have to be in web/node_modules."""
    esbuild = sources() / "node_modules" / ".bin" / "esbuild"
    if not esbuild.is_file():
        raise GflaError("The packages of web/ are not there: run npm ci in web/.")
    command = [esbuild, "tests/accelerated.worker.ts", "--bundle", "--target=es2022", f"--outdir={folder}"]
    subprocess.run([*command, "--log-level=warning"], cwd=sources(), check=True)
    shutil.copytree(built_page() / "litert", folder / "litert")
    (folder / "index.html").write_text("<!doctype html><title>WebGPU</title>")


def broken(file):
    """The rules of the lint that a file breaks, and how often."""
    rules = Counter(finding.rule for finding in lint(file, browser=True))
    return ", ".join(f"{count} {name}" for name, count in rules.most_common()) or "clean"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, help=".tflite files")
    parser.add_argument(
        "--browser", default="/usr/bin/chromium", help="path of Chromium (default: %(default)s)"
    )
    options = parser.parse_args()
    with user_errors(), tempfile.TemporaryDirectory() as name:
        from playwright.sync_api import sync_playwright

        folder = Path(name)
        bundle(folder)
        server = page_server(folder)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print("| file | WebGPU takes all of it | `gfla lint --browser` |\n|---|---|---|")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=options.browser, args=[*FLAGS, *SOFTWARE_GPU]
            )
            page = chromium.new_page()
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/index.html")
            for file in options.files:
                shutil.copyfile(file, folder / "model.tflite")
                answer = page.evaluate(ASK, "model.tflite")
                took = {"true": "yes", "false": "in part"}.get(
                    answer, f"no: {reason_of(Exception(answer))[:90]}"
                )
                print(f"| `{file.stem}` | {took} | {broken(file)} |", flush=True)
            chromium.close()
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
