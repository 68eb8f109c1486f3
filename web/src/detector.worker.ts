/** The networks that find people, in a worker of their own; they are loaded when they are first needed. */

import type { CompiledModel } from "@litertjs/core";
import { jointsOf } from "./joints";
import { compile, fetchBytes, startLiteRt, run, release, tensorsFor } from "./litert";
import { PeopleFinder, type SquareNetwork } from "./people_finder";
import { serve } from "./rpc";
import type { Picture, Pose } from "./types";

/** Somebody in a picture: the pose, and a number that stays as long as the person is followed. */
export interface Somebody {
  pose: Pose;
  number: number;
}

let finder: PeopleFinder;

function square(model: CompiledModel): SquareNetwork {
  const signature = Object.values(model.signatures)[0];
  const [{ name, shape }] = signature.getInputDetails();
  const order = [...signature.getOutputDetails()];
  return {
    size: shape[1],
    async run(input) {
      const tensors = tensorsFor(signature, { [name]: input as Float32Array<ArrayBuffer> });
      const outputs = await run(signature, tensors);
      const arrays = await Promise.all(order.map((one) => outputs[one.name].data()));
      release(outputs);
      release(tensors);
      return arrays as Float32Array[];
    },
  };
}

export const api = (report: (news: unknown) => void) => ({
  async load(detector: string, points: string): Promise<void> {
    const loaded = [0, 0];
    const files = Promise.all(
      [detector, points].map((url, index) =>
        fetchBytes(url, (bytes) => {
          loaded[index] = bytes;
          report({ loaded: loaded[0] + loaded[1] });
        }),
      ),
    );
    await startLiteRt();
    const [first, second] = await files;
    finder = new PeopleFinder(square(await compile(first, "wasm")), square(await compile(second, "wasm")));
  },

  /** Everybody in a photo. */
  async find(picture: Picture): Promise<Somebody[]> {
    return (await finder.find(picture)).map(({ points, number }) => ({ pose: jointsOf(points, picture), number }));
  },

  /** Everybody in the next frame of a film; `anew` where it is another film. */
  async follow(picture: Picture, anew: boolean): Promise<Somebody[]> {
    if (anew) finder.forget();
    return (await finder.follow(picture)).map(({ points, number }) => ({ pose: jointsOf(points, picture), number }));
  },
});

export type DetectorApi = ReturnType<typeof api>;

serve(api);
