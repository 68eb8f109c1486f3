/** From what a detector network says at each of its anchors to the people in a picture. The twin of detectors/ssd.py. */

import type { Point } from "./types";

/** A thing that was found: probability, left, top, right, bottom and points, in fractions of the network's input. */
export interface Detection {
  score: number;
  box: number[];
  points: Point[];
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-Math.min(Math.max(logit, -80), 80)));
}

/** Centers of anchors, two for each mention of a stride at each place of its grid. */
export function anchors(size: number, strides: readonly number[]): Point[] {
  const result: Point[] = [];
  strides.forEach((stride, position) => {
    if (position && stride === strides[position - 1]) return;
    const count = Math.floor(size / stride);
    const copies = 2 * strides.filter((one) => one === stride).length;
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const center: Point = [((column + 0.5) * stride) / size, ((row + 0.5) * stride) / size];
        for (let copy = 0; copy < copies; copy++) result.push(center);
      }
    }
  });
  return result;
}

/**
 * The detections of at least some probability, the likeliest first, not yet blended.
 *
 * `raw` has 4 + 2 n values for each anchor: x, y from it, width, height, and the points' x, y from it, in pixels.
 */
export function decode(
  raw: ArrayLike<number>,
  logits: ArrayLike<number>,
  places: readonly Point[],
  size: number,
  leastScore: number,
): Detection[] {
  const values = raw.length / places.length;
  const found: Detection[] = [];
  places.forEach(([x, y], index) => {
    const score = sigmoid(logits[index]);
    if (score < leastScore) return;
    const pairs: Point[] = [];
    for (let at = index * values; at < (index + 1) * values; at += 2) pairs.push([raw[at] / size, raw[at + 1] / size]);
    const [center, extent, ...points] = pairs;
    const [middle, half]: Point[] = [
      [center[0] + x, center[1] + y],
      [extent[0] / 2, extent[1] / 2],
    ];
    const box = [middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1]];
    found.push({ score, box, points: points.map((point) => [point[0] + x, point[1] + y]) });
  });
  return found.sort((first, second) => second.score - first.score);
}

/** Weighted non-maximum suppression: the boxes that overlap the likeliest become one, their mean weighted by score. */
export function blend(likely: Detection[], sameBox: number): Detection[] {
  const found: Detection[] = [];
  for (let remaining = likely; remaining.length; ) {
    const best = remaining[0];
    const same = remaining.map((one, index) => index === 0 || iou(best.box, one.box) > sameBox);
    const group = remaining.filter((_, index) => same[index]);
    const total = group.reduce((sum, one) => sum + one.score, 0);
    const mean = (value: (one: Detection) => number) =>
      group.reduce((sum, one) => sum + (one.score / total) * value(one), 0);
    found.push({
      score: best.score,
      box: best.box.map((_, side) => mean((one) => one.box[side])),
      points: best.points.map((_, index) => [mean((one) => one.points[index][0]), mean((one) => one.points[index][1])]),
    });
    remaining = remaining.filter((_, index) => !same[index]);
  }
  return found;
}

function iou(first: number[], second: number[]): number {
  const width = Math.max(0, Math.min(first[2], second[2]) - Math.max(first[0], second[0]));
  const height = Math.max(0, Math.min(first[3], second[3]) - Math.max(first[1], second[1]));
  const area = (box: number[]) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / Math.max(area(first) + area(second) - width * height, 1e-9);
}
