/** From what the pose network says to points: the regressed ones, refined where its heat maps are sure. The twin of pose_points.py. */

import { BLAZEPOSE } from "./constants";
import { sigmoid } from "./ssd";

/** x, y, z in fractions of the network's input, visibility and presence as probabilities. */
export type BodyPoint = [number, number, number, number, number];

/** The network's points from its raw values: x, y, z in pixels of its input, and two logits, of each. */
export function readPoints(raw: ArrayLike<number>, size: number): BodyPoint[] {
  return Array.from({ length: BLAZEPOSE.points }, (_, index) => {
    const at = 5 * index;
    return [raw[at] / size, raw[at + 1] / size, raw[at + 2] / size, sigmoid(raw[at + 3]), sigmoid(raw[at + 4])];
  });
}

/** The points, each at the center of mass of its heat map (height, width, points) around it, where that is sure. */
export function refined(points: BodyPoint[], heatMaps: ArrayLike<number>, width: number, height: number): BodyPoint[] {
  const count = points.length;
  return points.map((point, index) => {
    const column = Math.trunc(point[0] * width);
    const row = Math.trunc(point[1] * height);
    if (column < 0 || row < 0 || column >= width || row >= height) return point;
    let best = 0;
    let [total, across, down] = [0, 0, 0];
    const reach = BLAZEPOSE.reach;
    for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(width - 1, column + reach); x++) {
        const likely = sigmoid(heatMaps[(y * width + x) * count + index]);
        best = Math.max(best, likely);
        total += likely;
        across += likely * x;
        down += likely * y;
      }
    }
    if (best < BLAZEPOSE.sure) return point;
    return [across / total / width, down / total / height, point[2], point[3], point[4]];
  });
}
