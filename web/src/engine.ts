/** The network on the fastest of what this browser has: the CPU at once, WebGPU as soon as it has proved faster. */

import type { Description } from "./description";
import type { Drawn, GeneratorApi } from "./generator.worker";
import type { Accelerator } from "./litert";
import { Remote } from "./rpc";
import type { Picture, Pose } from "./types";

const MODEL = "model.tflite";
const TRIALS = 5;

type Generator = Remote<ReturnType<() => GeneratorApi>>;

export class Engine {
  accelerator: Accelerator = "wasm";
  description!: Description;
  private remote!: Generator;
  private person: [Picture, Pose] | null = null;

  /** Loads the network; `report` is told how many bytes of it have come. */
  async start(report: (bytes: number) => void, accelerator: Accelerator = "wasm"): Promise<void> {
    this.remote = open(report);
    this.description = await this.remote.call("load", [MODEL]);
    await this.remote.call("compile", [accelerator]);
    this.accelerator = accelerator;
  }

  /** Takes the person: a picture of the network's size, and the pose in it. */
  async source(picture: Picture, pose: Pose): Promise<void> {
    this.person = [picture, pose];
    await this.remote.call("source", [picture, pose]);
  }

  /** What the network was given of the person. */
  given(): { picture: Picture; pose: Pose } {
    const [picture, pose] = this.person!;
    return { picture, pose };
  }

  async generate(pose: Pose, wanted: string[]): Promise<Drawn> {
    const remote = this.remote;
    try {
      return (await remote.call("generate", [pose, wanted])) as Drawn;
    } catch (error) {
      if (remote === this.remote) throw error;
      return this.generate(pose, wanted); // a faster one has taken its place meanwhile
    }
  }

  /** Goes on with the CPU, after the GPU was lost; the person stays. */
  async fallBack(): Promise<void> {
    this.remote.end();
    await this.start(() => {});
    if (this.person) await this.source(...this.person);
  }

  /** Tries WebGPU on a real GPU, and stays with it if it is faster; gives whether it is. */
  async improve(): Promise<boolean> {
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
    if (!adapter || isSoftware(adapter) || !this.person) return false;
    const other = open(() => {});
    try {
      await other.call("load", [MODEL]);
      await other.call("compile", ["webgpu"]);
      await other.call("source", this.person);
      const pose = this.person[1];
      const [theirs, ours] = [await milliseconds(other, pose), await milliseconds(this.remote, pose)];
      if (theirs > 0.9 * ours) throw new Error(`WebGPU takes ${theirs} ms, the CPU ${ours} ms`);
      await other.call("source", this.person);
    } catch (error) {
      console.info("Stays on the CPU:", error);
      other.end();
      return false;
    }
    this.remote.end();
    this.remote = other;
    this.accelerator = "webgpu";
    return true;
  }
}

function open(report: (bytes: number) => void): Generator {
  return new Remote("generator.worker.js", ({ loaded }: { loaded: number }) => report(loaded));
}

/** The median time of a picture, after one that prepares. */
async function milliseconds(remote: Generator, pose: Pose): Promise<number> {
  const times: number[] = [];
  for (let trial = 0; trial <= TRIALS; trial++) {
    const drawn = (await remote.call("generate", [pose, []])) as Drawn;
    if (trial) times.push(drawn.milliseconds);
  }
  return times.sort((first, second) => first - second)[TRIALS >> 1];
}

function isSoftware(adapter: GPUAdapter): boolean {
  const info = adapter.info as GPUAdapterInfo & { isFallbackAdapter?: boolean };
  return info?.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software/i.test(`${info?.architecture} ${info?.description}`);
}
