/** Words that all modules share. Joints are [x, y, confidence], in pixels of their picture; a confidence of 0 is a missing joint. */

export type Point = [number, number];
export type Joint = [number, number, number];
export type Pose = Joint[];

/** RGBA bytes, as canvases give them. */
export interface Picture {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

/** A sentence for the person before the page: what is wrong, and what helps. */
export class PageError extends Error {
  readonly told = true; // also behind a worker's door, where classes are lost
}
