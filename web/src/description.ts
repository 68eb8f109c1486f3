/** What a .tflite of ours says about itself: the entry gfla.json of the zip archive behind the flatbuffer. */

import { JOINTS } from "./constants";
import { PageError, type Size } from "./types";

export interface Description {
  task: string;
  subject?: string;
  image_size: [number, number];
  value_range: [number, number];
  joints: string[];
  lowering?: string;
  variant: string;
  weights: { origin: string; license: string };
  inputs: Record<string, number[]>;
  outputs: Record<string, number[]>;
}

const END = 0x06054b50; // of the archive's directory
const ENTRY = 0x02014b50; // in that directory
const CAN_RUN = ["gather", "cpu"]; // lowerings of builtin operations alone

/** The description in a .tflite; a `PageError` if there is none, or if it is cut off. */
export function readDescription(file: Uint8Array): Description {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let end = file.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw new PageError("The network has no description: make it with gfla convert.");
  const text = new TextDecoder();
  let at = view.getUint32(end + 16, true);
  // Offsets count from where the archive was begun: the start of the file.
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    if (view.getUint32(at, true) !== ENTRY) break;
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    if (text.decode(file.subarray(at + 46, at + 46 + name)) === "gfla.json") {
      const header = view.getUint32(at + 42, true);
      const begin = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
      return JSON.parse(text.decode(file.subarray(begin, begin + view.getUint32(at + 20, true))));
    }
    at += 46 + name + extra + comment;
  }
  throw new PageError("The network's description is damaged: convert it again.");
}

/** Throws a `PageError` that says why the page cannot run a network, if it cannot. */
export function requireRunnable(description: Description): void {
  const { task, joints, lowering = "gather", inputs } = description;
  if (task !== "pose" || joints?.join() !== JOINTS.join()) {
    throw new PageError(`The page shows people in other poses; this network is for the task ${task}.`);
  }
  if (!CAN_RUN.includes(lowering)) {
    throw new PageError(`No browser runs the lowering ${lowering}: convert the network with --lowering gather.`);
  }
  if (!inputs.source_keypoints || !inputs.target_keypoints) {
    throw new PageError("The network takes maps instead of joints: convert it with --keypoints.");
  }
}

/** The size of the network's pictures. */
export function imageSize({ image_size: [height, width] }: Description): Size {
  return { width, height };
}
