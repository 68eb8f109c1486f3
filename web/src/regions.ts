/** Turned squares of a picture: what the networks that look for a person are shown. The twin of detectors/regions.py. */

import type { Picture, Point } from "./types";

/** A square of a picture: its center in pixels from the picture's left and upper edges, its sides, clockwise rotation in radians. */
export interface Region {
  x: number;
  y: number;
  size: number;
  rotation: number;
}

/** The smallest square around a picture. */
export function wholePicture(width: number, height: number): Region {
  return { x: width / 2, y: height / 2, size: Math.max(width, height), rotation: 0 };
}

/** The region around `center` whose inner circle, made `1 / scale` times as large, goes through `edge`, which is upward. */
export function around(center: Point, edge: Point, scale: number): Region {
  const across = edge[0] - center[0];
  const up = center[1] - edge[1];
  let rotation = Math.PI / 2 - Math.atan2(up, across);
  rotation -= 2 * Math.PI * Math.floor((rotation + Math.PI) / (2 * Math.PI));
  return { x: center[0], y: center[1], size: 2 * scale * Math.hypot(across, up), rotation };
}

/** [a, b, c, d, e, f] with x = a u + b v + c and y = d u + e v + f: fractions of the region to pixels from the picture's edges. */
export function matrix(region: Region): number[] {
  const cos = Math.cos(region.rotation) * region.size;
  const sin = Math.sin(region.rotation) * region.size;
  return [cos, -sin, region.x - (cos - sin) / 2, sin, cos, region.y - (sin + cos) / 2];
}

/** A point in fractions of the region, in pixels from the picture's edges. */
export function toPicture([u, v]: Point, region: Region): Point {
  const [a, b, c, d, e, f] = matrix(region);
  return [a * u + b * v + c, d * u + e * v + f];
}

/** The intersection over union of two regions, each taken for the upright square of its size. */
export function overlap(first: Region, second: Region): number {
  const side = (a: number, b: number) =>
    Math.min(a + first.size / 2, b + second.size / 2) - Math.max(a - first.size / 2, b - second.size / 2);
  const shared = Math.max(0, side(first.x, second.x)) * Math.max(0, side(first.y, second.y));
  return shared / (first.size ** 2 + second.size ** 2 - shared);
}

/**
 * The region as a network takes it: (size, size, 3) floats, `scale` times the bilinearly read bytes plus `offset`.
 *
 * Beyond the picture lies black, or its border pixels, repeated.
 */
export function cut(
  picture: Picture,
  region: Region,
  size: number,
  black: boolean,
  scale: number,
  offset: number,
): Float32Array {
  const { data, width, height } = picture;
  const [a, b, c, d, e, f] = matrix(region);
  const result = new Float32Array(size * size * 3);
  let at = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++, at += 3) {
      // OpenCV reads at multiples of 1/32 of a pixel, and rounds to whole bytes; so did the pictures that Python shows.
      const x = Math.round(32 * ((a * column + b * row) / size + c)) / 32;
      const y = Math.round(32 * ((d * column + e * row) / size + f)) / 32;
      const left = Math.floor(x);
      const top = Math.floor(y);
      const right = x - left;
      const down = y - top;
      for (let channel = 0; channel < 3; channel++) {
        const read = (column: number, row: number): number => {
          if (black && (column < 0 || row < 0 || column >= width || row >= height)) return 0;
          const inside = Math.min(Math.max(row, 0), height - 1) * width + Math.min(Math.max(column, 0), width - 1);
          return data[4 * inside + channel];
        };
        const above = (1 - right) * read(left, top) + right * read(left + 1, top);
        const below = (1 - right) * read(left, top + 1) + right * read(left + 1, top + 1);
        result[at + channel] = scale * Math.round((1 - down) * above + down * below) + offset;
      }
    }
  }
  return result;
}
