/** The network that draws the person, in a worker of its own, so that the page never waits for it. */

import type { CompiledModel, SignatureRunner, Tensor } from "@litertjs/core";
import { type Description, readDescription, requireRunnable } from "./description";
import { type Accelerator, type Arrays, compile, fetchBytes, release, run, startLiteRt, tensorsFor } from "./litert";
import { Handed, serve } from "./rpc";
import type { Picture, Pose } from "./types";

/** A picture that was drawn, what else was asked for, and how long it took. */
export interface Drawn {
  generated: Uint8ClampedArray;
  more: Record<string, Float32Array>;
  milliseconds: number;
}

let file: Uint8Array;
let description: Description;
let model: CompiledModel | null = null;
let kept: Record<string, Tensor> = {}; // what depends on the source alone

function signature(name: string): SignatureRunner | undefined {
  return model!.signatures[name];
}

function pixels(picture: Picture, bytes: boolean): Arrays[string] {
  const count = picture.width * picture.height;
  const result = bytes ? new Uint8Array(3 * count) : new Float32Array(3 * count);
  for (let at = 0, from = 0; at < result.length; at += 3, from += 4) {
    for (let channel = 0; channel < 3; channel++) {
      const value = picture.data[from + channel];
      result[at + channel] = bytes ? value : value / 127.5 - 1;
    }
  }
  return result;
}

/** RGBA bytes of a network's picture, in [-1, 1] or bytes. */
function rgba(values: Float32Array | Uint8Array): Uint8ClampedArray {
  const result = new Uint8ClampedArray((values.length / 3) * 4);
  const bytes = values instanceof Uint8Array;
  for (let at = 0, from = 0; at < result.length; at += 4, from += 3) {
    for (let channel = 0; channel < 3; channel++) {
      const value = values[from + channel];
      result[at + channel] = bytes ? value : (value + 1) * 127.5; // a clamped array rounds
    }
    result[at + 3] = 255;
  }
  return result;
}

const flat = (pose: Pose) => Float32Array.from(pose.flat());

/** What a page can have done. */
export const api = (report: (news: unknown) => void) => ({
  /** Loads LiteRT and the network's file; gives its description. */
  async load(url: string): Promise<Description> {
    const bytes = fetchBytes(url, (loaded) => report({ loaded }));
    const [content] = await Promise.all([bytes, startLiteRt()]);
    file = content;
    description = readDescription(file);
    requireRunnable(description);
    return description;
  },

  /** Compiles the network for an accelerator, in place of an earlier one; `source` has to be given again. */
  async compile(accelerator: Accelerator): Promise<void> {
    const next = await compile(file, accelerator);
    release(kept);
    kept = {};
    model?.delete();
    model = next;
  },

  /** Takes the person: a picture of the network's size, and the pose in it. */
  async source(picture: Picture, pose: Pose): Promise<void> {
    const first = signature("encode") ?? signature("serving_default")!;
    const bytes = first.getInputDetails().some(({ name, dtype }) => name === "source_image" && dtype === "uint8");
    const arrays: Arrays = { source_image: pixels(picture, bytes), source_keypoints: flat(pose) };
    const tensors = tensorsFor(first, arrays);
    release(kept);
    // What generate takes of the source besides what encode gives, such as its pixels, stays too.
    kept = signature("encode") ? { ...tensors, ...(await run(first, tensors)) } : tensors;
  },

  /** Draws the person in a pose; `wanted` are names of outputs to have besides. */
  async generate(pose: Pose, wanted: string[]): Promise<Handed<Drawn>> {
    const begin = performance.now();
    const last = signature("generate") ?? signature("serving_default")!;
    const target = tensorsFor(last, { target_keypoints: flat(pose) });
    const outputs = await run(last, { ...kept, ...target });
    const generated = rgba((await outputs.generated.data()) as Float32Array | Uint8Array);
    const more: Record<string, Float32Array> = {};
    for (const name of wanted) {
      if (outputs[name]) more[name] = (await outputs[name].data()) as Float32Array;
    }
    release(outputs);
    release(target);
    const drawn: Drawn = { generated, more, milliseconds: performance.now() - begin };
    return new Handed(drawn, [generated.buffer, ...Object.values(more).map((values) => values.buffer)] as Transferable[]);
  },
});

export type GeneratorApi = ReturnType<typeof api>;

serve(api);
