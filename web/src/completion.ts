/** Fills a hole in a picture with what is around it, as gfla_tf/inference/completion.py and data/bleeding.py do; see there. */

import { COMPLETION } from "./constants";
import type { Picture } from "./types";

const { reach, coarsest, searched, rounds, sharp, least: leastVote } = COMPLETION;
const SIDE = 2 * reach + 1;

/** A level: RGB values, and 1 where they are not known. */
interface Level {
  rgb: Float32Array;
  hole: Uint8Array;
  width: number;
  height: number;
}

/** For patches that touch the hole: their middles, the middles of the most similar whole ones, and the mean squared differences. */
interface Found {
  middles: number[];
  sources: Int32Array; // of every pixel of the level
  errors: Float64Array;
}

/** The picture without its hole, which has 1 for each pixel that is to be filled. */
export function completed(picture: Picture, hole: Uint8Array): Picture {
  const unknown = hole.reduce((sum, one) => sum + one, 0);
  if (!unknown || unknown === hole.length) return picture;
  const levels: Level[] = [{ rgb: rgbOf(picture), hole, width: picture.width, height: picture.height }];
  for (;;) {
    const last = levels[levels.length - 1];
    if (Math.min(last.width, last.height) < 2 * coarsest || last.width % 2 || last.height % 2) break;
    levels.push(halved(last));
  }
  let filled = null as Level | null;
  let found = null as Found | null;
  for (const known of levels.reverse()) {
    const middles = touching(known);
    if (found && filled) {
      found = { ...found, middles, sources: enlarged(found.sources, filled, known) };
      filled = merged(known, doubled(filled, known));
    } else {
      filled = merged(known, begun(known));
    }
    const small = Math.max(known.width, known.height) <= searched;
    if (middles.length === known.hole.length || (!found && !small)) continue;
    for (let round = 0; round < rounds[small ? 0 : 1]; round++) {
      found = search(filled, middles, small ? null : found!.sources);
      filled = voted(filled, found);
    }
  }
  const data = picture.data.slice();
  filled!.rgb.forEach((value, at) => (data[4 * Math.floor(at / 3) + (at % 3)] = value)); // a clamped array rounds
  return { ...picture, data };
}

/** The picture with the person's colors carried outward over everything else; `person` has 1 where it is. */
export function bled(picture: Picture, person: Uint8Array): Picture {
  const { width, height } = picture;
  const hole = person.map((_, at) => Number(!neighbors(at, 1, width, height).every((near) => person[near])));
  if (hole.every((one) => one)) return picture;
  const data = picture.data.slice();
  begun({ rgb: rgbOf(picture), hole, width, height }).forEach((value, at) => (data[4 * Math.floor(at / 3) + (at % 3)] = value));
  return { ...picture, data };
}

function rgbOf({ data, width, height }: Picture): Float32Array {
  return Float32Array.from({ length: 3 * width * height }, (_, at) => data[4 * Math.floor(at / 3) + (at % 3)]);
}

const merged = (known: Level, guess: Float32Array): Level => ({
  ...known,
  rgb: known.rgb.map((value, at) => (known.hole[Math.floor(at / 3)] ? guess[at] : value)),
});

function halved({ rgb, hole, width, height }: Level): Level {
  const [w, h] = [width / 2, height / 2];
  const small: Level = { rgb: new Float32Array(3 * w * h), hole: new Uint8Array(w * h), width: w, height: h };
  for (let at = 0; at < w * h; at++) {
    const from = 2 * Math.floor(at / w) * width + 2 * (at % w);
    const four = [from, from + 1, from + width, from + width + 1].filter((one) => !hole[one]);
    small.hole[at] = four.length < 2 ? 1 : 0;
    for (let channel = 0; channel < 3; channel++) {
      const sum = four.reduce((total, one) => total + rgb[3 * one + channel], 0);
      small.rgb[3 * at + channel] = sum / Math.max(four.length, 4e-6);
    }
  }
  return small;
}

/** A first guess: from the edge inward, each pixel the mean of its known neighbors. */
function begun({ rgb, hole, width, height }: Level): Float32Array {
  const values = rgb.map((value, at) => (hole[Math.floor(at / 3)] ? 0 : value));
  const unknown = hole.slice();
  for (let left = -1, now = unknown.reduce((sum, one) => sum + one, 0); now && now !== left && now < hole.length; ) {
    left = now;
    const before = unknown.slice();
    const read = values.slice();
    for (let at = 0; at < before.length; at++) {
      if (!before[at]) continue;
      const near = neighbors(at, 1, width, height).filter((one) => !before[one]);
      if (!near.length) continue;
      for (let channel = 0; channel < 3; channel++) {
        values[3 * at + channel] = near.reduce((sum, one) => sum + read[3 * one + channel], 0) / near.length;
      }
      unknown[at] = 0;
      now--;
    }
  }
  return values;
}

function neighbors(at: number, distance: number, width: number, height: number): number[] {
  const [y, x] = [Math.floor(at / width), at % width];
  const result: number[] = [];
  for (let row = Math.max(0, y - distance); row <= Math.min(height - 1, y + distance); row++) {
    for (let column = Math.max(0, x - distance); column <= Math.min(width - 1, x + distance); column++) {
      result.push(row * width + column);
    }
  }
  return result;
}

/** The middles of all patches that touch the hole. */
function touching({ hole, width, height }: Level): number[] {
  const touched = new Uint8Array(hole.length);
  hole.forEach((one, at) => one && neighbors(at, reach, width, height).forEach((near) => (touched[near] = 1)));
  return [...touched.keys()].filter((at) => touched[at]);
}

/** A level at twice its size, bilinearly. */
function doubled({ rgb, width, height }: Level, to: Level): Float32Array {
  const result = new Float32Array(3 * to.width * to.height);
  const place = (index: number, extent: number): [number, number, number] => {
    const at = Math.min(Math.max((index + 0.5) / 2 - 0.5, 0), extent - 1);
    const low = Math.floor(at);
    return [low, Math.min(low + 1, extent - 1), at - low];
  };
  for (let y = 0; y < to.height; y++) {
    const [top, bottom, down] = place(y, height);
    for (let x = 0; x < to.width; x++) {
      const [left, right, across] = place(x, width);
      for (let channel = 0; channel < 3; channel++) {
        const value = (row: number, column: number) => rgb[3 * (row * width + column) + channel];
        const upper = value(top, left) * (1 - across) + value(top, right) * across;
        const lower = value(bottom, left) * (1 - across) + value(bottom, right) * across;
        result[3 * (y * to.width + x) + channel] = upper * (1 - down) + lower * down;
      }
    }
  }
  return result;
}

/** What was found on a level of half the size. */
function enlarged(sources: Int32Array, from: Level, to: Level): Int32Array {
  return Int32Array.from({ length: to.width * to.height }, (_, at) => {
    const [y, x] = [Math.floor(at / to.width), at % to.width];
    const source = sources[Math.floor(y / 2) * from.width + Math.floor(x / 2)];
    return (2 * Math.floor(source / from.width) + (y % 2)) * to.width + 2 * (source % from.width) + (x % 2);
  });
}

/** The most similar whole patches, of all, or of those around earlier ones. */
function search(level: Level, middles: number[], before: Int32Array | null): Found {
  const { width, height } = level;
  const wide = width + 2 * reach;
  const padded = reflected(level);
  const offsets = Array.from({ length: SIDE }, (_, row) => 3 * row * wide);
  const corner = (at: number) => 3 * (Math.floor(at / width) * wide + (at % width));
  const difference = (first: number, second: number, most: number): number => {
    let sum = 0;
    for (const offset of offsets) {
      for (let at = offset; at < offset + 3 * SIDE; at++) {
        const way = padded[first + at] - padded[second + at];
        sum += way * way;
      }
      if (sum > most) break;
    }
    return sum;
  };
  const touched = new Uint8Array(width * height);
  for (const at of middles) touched[at] = 1;
  const whole = before ? [] : [...touched.keys()].filter((at) => !touched[at]);
  const corners = whole.map(corner);
  const sources = new Int32Array(width * height);
  const errors = Float64Array.from(middles, (middle) => {
    const own = corner(middle);
    let [best, least] = [-1, Number.POSITIVE_INFINITY];
    if (before) {
      const [y, x] = [Math.floor(before[middle] / width), before[middle] % width];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const place = clamp(y + dy, height) * width + clamp(x + dx, width);
          const penalty = touched[place] ? 3e6 * SIDE * SIDE : 0;
          const error = penalty + difference(own, corner(place), least - penalty);
          if (error < least) [best, least] = [place, error];
        }
      }
    } else {
      for (let index = 0; index < whole.length; index++) {
        const error = difference(own, corners[index], least);
        if (error < least) [best, least] = [whole[index], error];
      }
    }
    sources[middle] = best;
    return least / (3 * SIDE * SIDE);
  });
  return { middles, sources, errors };
}

const clamp = (value: number, extent: number) => Math.min(Math.max(value, 0), extent - 1);

/** An index beyond the border, mirrored there. */
const back = (index: number, extent: number) => (index < 0 ? -index : index >= extent ? 2 * extent - 2 - index : index);

/** The level with its border mirrored around it. */
function reflected({ rgb, width, height }: Level): Float32Array {
  const [wide, high] = [width + 2 * reach, height + 2 * reach];
  const result = new Float32Array(3 * wide * high);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const from = 3 * (back(y - reach, height) * width + back(x - reach, width));
      result.set(rgb.subarray(from, from + 3), 3 * (y * wide + x));
    }
  }
  return result;
}

/** The level whose hole has the mean of what all patches say of a pixel, those of similar patches counting more. */
function voted(level: Level, { middles, sources, errors }: Found): Level {
  const { rgb, width, height } = level;
  const scale = Math.max(quantile(errors, sharp), 1e-3);
  const [total, share] = [new Float64Array(rgb.length), new Float64Array(width * height).fill(1e-9)];
  middles.forEach((middle, index) => {
    const weight = Math.max(Math.exp(-errors[index] / (2 * scale)), leastVote);
    const source = sources[middle];
    const [y, x, fromY, fromX] = [Math.floor(middle / width), middle % width, Math.floor(source / width), source % width];
    for (let dy = -reach; dy <= reach; dy++) {
      if (y + dy < 0 || y + dy >= height) continue;
      for (let dx = -reach; dx <= reach; dx++) {
        if (x + dx < 0 || x + dx >= width) continue;
        const to = middle + dy * width + dx;
        const of = back(fromY + dy, height) * width + back(fromX + dx, width);
        share[to] += weight;
        for (let channel = 0; channel < 3; channel++) total[3 * to + channel] += weight * rgb[3 * of + channel];
      }
    }
  });
  return merged(level, Float32Array.from(total, (value, at) => value / share[Math.floor(at / 3)]));
}

/** As NumPy's: between neighbors it is linear. */
function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
