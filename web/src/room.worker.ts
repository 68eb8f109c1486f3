/** The photo without its person, in a worker of its own: it takes a second or two. */

import { bled, completed } from "./completion";
import { BACKGROUND } from "./constants";
import { serve } from "./rpc";
import type { Picture } from "./types";

export const api = () => ({
  /**
   * The picture with what may have been behind the person, and as the network is to be given it; `alpha` is the share of each
   * pixel that the person covers.
   */
  empty(picture: Picture, alpha: Float32Array): { room: Picture; source: Picture } {
    return {
      room: completed(picture, widened(alpha, picture.width, picture.height)),
      source: bled(picture, Uint8Array.from(alpha, (share) => Number(share > BACKGROUND.inner))),
    };
  },
});

export type RoomApi = ReturnType<typeof api>;

/** 1 where the person is, or is near. */
function widened(alpha: Float32Array, width: number, height: number): Uint8Array {
  const reach = Math.round(BACKGROUND.around * height);
  const hole = new Uint8Array(width * height);
  alpha.forEach((share, at) => {
    if (share <= BACKGROUND.seen) return;
    const [y, x] = [Math.floor(at / width), at % width];
    for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
      const half = Math.floor(Math.sqrt(reach ** 2 - (row - y) ** 2));
      hole.fill(1, row * width + Math.max(0, x - half), row * width + Math.min(width - 1, x + half) + 1);
    }
  });
  return hole;
}

serve(api);
