// Puts the person of a photo into other poses in a browser, with @litertjs/core. web/ of this repository is a whole page.
// The model is what gfla convert --keypoints wrote, with or without --split.

import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";

export class Repose {
  /** wasm: the folder with LiteRT's .wasm files; accelerator: "wasm" or "webgpu". */
  static async open(modelUrl, wasm, accelerator = "wasm") {
    await loadLiteRt(wasm);
    const repose = new Repose();
    repose.model = await loadAndCompile(modelUrl, { accelerator, gpuOptions: { precision: "fp32" } });
    return repose;
  }

  /** Once for a photo. pixels: RGB bytes (height, width, 3), cut by the rule of docs/phone.md; joints: 18 times x, y, confidence. */
  async encode(pixels, [height, width], joints) {
    const { encode } = this.model.signatures;
    this.release();
    this.kept = {
      source_image: new Tensor(Float32Array.from(pixels, (level) => level / 127.5 - 1), [1, height, width, 3]),
      source_keypoints: new Tensor(Float32Array.from(joints), [1, 18, 3]),
    };
    if (encode) Object.assign(this.kept, await encode.run(this.kept));
  }

  /** For every pose: RGB bytes of the picture. joints: in pixels of the network's picture. */
  async generate(joints) {
    const { generate, serving_default } = this.model.signatures;
    const target_keypoints = new Tensor(Float32Array.from(joints), [1, 18, 3]);
    const outputs = await (generate ?? serving_default).run({ ...this.kept, target_keypoints });
    const picture = Uint8ClampedArray.from(await outputs.generated.data(), (value) => (value + 1) * 127.5);
    for (const tensor of [target_keypoints, ...Object.values(outputs)]) tensor.delete(); // nothing else frees them
    return picture;
  }

  release() {
    for (const tensor of Object.values(this.kept ?? {})) tensor.delete();
  }
}
