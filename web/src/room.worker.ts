/** The photo without its person, in a worker of its own: it takes a second or two. */

import { bled, completed } from "./completion";
import { BACKGROUND, JOINTS } from "./constants";
import { serve } from "./rpc";
import type { Picture, Pose } from "./types";

export const api = () => ({
  /**
   * The picture with what may have been behind the person, and as the network is to be given it; `alpha` is the share of each
   * pixel that the person covers.
   */
  empty(picture: Picture, pose: Pose, alpha: Float32Array): { room: Picture; source: Picture } {
    const outline = withHead(alpha, pose, picture);
    return {
      room: completed(picture, widened(outline, picture.width, picture.height)),
      source: bled(picture, Uint8Array.from(outline, (share) => Number(share > BACKGROUND.inner))),
    };
  },
});

export type RoomApi = ReturnType<typeof api>;

/** The outline with 1 around the head, whose hair and hats networks miss. */
function withHead(alpha: Float32Array, pose: Pose, { width }: Picture): Float32Array {
  const [nose, neck] = ["nose", "neck"].map((name) => pose[JOINTS.indexOf(name)]);
  if (Math.min(nose[2], neck[2]) <= 0) return alpha;
  const [across, down] = [nose[0] - neck[0], nose[1] - neck[1]];
  const [x, y] = [nose[0] + BACKGROUND.head[0] * across, nose[1] + BACKGROUND.head[0] * down];
  const most = BACKGROUND.head[1] ** 2 * (across ** 2 + down ** 2);
  return alpha.map((share, at) => ((at % width) - x) ** 2 + (Math.floor(at / width) - y) ** 2 <= most ? 1 : share);
}

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
