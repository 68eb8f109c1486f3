/** The crop of a person: from a photo of any size to a network's input. The twin of inference/photos.py. */

import { PHOTOS } from "./constants";
import { PageError, type Joint, type Picture, type Pose, type Size } from "./types";

/** A crop in whole pixels of a photo; it may reach beyond it. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The crop of a person, with the proportions of `size`, by the rule of the model's description. */
export function personBox(pose: Pose, size: Size): Box {
  const present = pose.filter((joint) => joint[2] > 0);
  if (present.length < PHOTOS.minJoints) {
    throw new PageError("Too little of the person is seen. Take a photo that shows more of the body.");
  }
  const [xs, ys] = [0, 1].map((axis) => present.map((joint) => joint[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [sides, above, below] = PHOTOS.margins.map((margin) => margin * Math.max(right - left, bottom - top));
  const low = [left - sides, top - above];
  const high = [right + sides, bottom + below];
  const scale = Math.max(
    Math.max(high[0] - low[0], 8) / size.width,
    Math.max(high[1] - low[1], 8) / size.height,
  );
  const [width, height] = [roundEven(scale * size.width), roundEven(scale * size.height)];
  return {
    left: roundEven((low[0] + high[0] + 1) / 2 - width / 2),
    top: roundEven((low[1] + high[1] + 1) / 2 - height / 2),
    width,
    height,
  };
}

/** The crop of a photo that ends above the knees: moved up, so that it ends where the photo does. */
export function halfFigureBox(box: Box, pose: Pose, joints: readonly string[], photo: Size): Box {
  const legs = joints.some((name, index) => /(knee|ankle)$/.test(name) && pose[index][2] > 0);
  const below = box.top + box.height - photo.height;
  return legs || below <= 0 ? box : { ...box, top: box.top - below };
}

/** A photo's pose in pixels of its crop. */
export function cropPose(pose: Pose, box: Box, size: Size): Pose {
  const [across, down] = [size.width / box.width, size.height / box.height];
  return pose.map(([x, y, confidence]): Joint =>
    confidence > 0
      ? [(x + 0.5 - box.left) * across - 0.5, (y + 0.5 - box.top) * down - 0.5, confidence]
      : [0, 0, 0],
  );
}

/** The box of a photo at `size`, RGBA bytes; beyond the photo lies the color of its border. */
export function crop(photo: Picture, box: Box, size: Size): Picture {
  const border = borderColor(photo);
  const enlarges = box.height < size.height;
  const columns = (enlarges ? linear : areas)(box.width, size.width);
  const rows = (enlarges ? linear : areas)(box.height, size.height);
  const data = new Uint8ClampedArray(4 * size.width * size.height);
  // Along rows of the photo first, each once, then down the columns.
  const lines = new Map<number, Float64Array>();
  const line = (row: number): Float64Array => {
    let found = lines.get(row);
    if (found) return found;
    found = new Float64Array(3 * size.width);
    columns.forEach((weights, column) => {
      for (const [source, weight] of weights) {
        const [x, y] = [box.left + source, box.top + row];
        const inside = x >= 0 && y >= 0 && x < photo.width && y < photo.height;
        const at = 4 * (y * photo.width + x);
        for (let channel = 0; channel < 3; channel++) {
          found![3 * column + channel] += weight * (inside ? photo.data[at + channel] : border[channel]);
        }
      }
    });
    lines.set(row, found);
    return found;
  };
  rows.forEach((weights, row) => {
    const first = weights[0][0];
    for (const known of lines.keys()) if (known < first) lines.delete(known);
    const sums = new Float64Array(3 * size.width);
    for (const [source, weight] of weights) line(source).forEach((value, at) => (sums[at] += weight * value));
    for (let column = 0; column < size.width; column++) {
      const at = 4 * (row * size.width + column);
      for (let channel = 0; channel < 3; channel++) data[at + channel] = roundEven(sums[3 * column + channel]);
      data[at + 3] = 255;
    }
  });
  return { data, width: size.width, height: size.height };
}

type Weights = [number, number][];

/** For each of `to` pixels: the pixels of `from` under it, and their shares. */
function areas(from: number, to: number): Weights[] {
  const step = from / to;
  return Array.from({ length: to }, (_, index) => {
    const weights: Weights = [];
    const [begin, end] = [index * step, (index + 1) * step];
    for (let source = Math.floor(begin); source < Math.min(end, from); source++) {
      const share = Math.min(source + 1, end) - Math.max(source, begin);
      if (share > 1e-9) weights.push([source, share / step]);
    }
    return weights;
  });
}

/** For each of `to` pixels: the two pixels of `from` around its center, and their shares. */
function linear(from: number, to: number): Weights[] {
  return Array.from({ length: to }, (_, index) => {
    const at = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(at);
    return [
      [low, 1 - (at - low)],
      [Math.min(low + 1, from - 1), at - low],
    ];
  });
}

/** The median color of the outermost pixels, three whole numbers. */
export function borderColor({ data, width, height }: Picture): number[] {
  const places: number[] = [];
  for (let column = 0; column < width; column++) places.push(column, (height - 1) * width + column);
  for (let row = 0; row < height; row++) places.push(row * width, row * width + width - 1);
  return [0, 1, 2].map((channel) => {
    const sorted = Uint8Array.from(places, (place) => data[4 * place + channel]).sort();
    const half = sorted.length >> 1;
    return Math.floor(sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2);
  });
}

/** To the nearest whole number, halves to the even one, as Python and NumPy round. */
function roundEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
