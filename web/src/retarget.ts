/** Gives a driver's motion the proportions and the place of the person of a photo. The twin of inference/retarget.py. */

import { BODY, RETARGET } from "./constants";
import type { Joint, Point, Pose } from "./types";

export type Mode = "none" | "scale" | "limbs";

/** How a person is built, and where it stands; see `Build` in Python. */
export interface Build {
  size: number;
  lengths: number[];
  hips: Point | null;
  neck: Point | null;
  middle: Point | null;
  stands: boolean;
}

type Carrier = readonly [string | null, number];
const CARRIED: Record<string, Carrier> = BODY;
const LONG: readonly string[] = RETARGET.long;

/** Names with "pelvis" as last of those that lack it; the joint "thorax" is called "neck". */
export function withPelvisNames(joints: readonly string[]): string[] {
  const names = joints.map((name) => (name === "thorax" ? "neck" : name));
  return names.includes("pelvis") ? names : [...names, "pelvis"];
}

/** A pose with the middle of the hips as last, where its joints lack a pelvis. */
export function withPelvis(pose: Pose, joints: readonly string[]): Pose {
  if (joints.includes("pelvis")) return pose;
  const [right, left] = ["right_hip", "left_hip"].map((name) => pose[joints.indexOf(name)]);
  const confidence = Math.min(right[2], left[2]);
  const there = confidence > 0 ? 1 : 0;
  return [...pose, [(there * (right[0] + left[0])) / 2, (there * (right[1] + left[1])) / 2, there * confidence]];
}

/** The `Build` of a person from one or more frames; null if no frame shows two joints of a limb. */
export function buildOf(frames: Pose[], joints: readonly string[]): Build | null {
  const names = withPelvisNames(joints);
  const poses = frames.map((pose) => withPelvis(pose, joints));
  const usual = names.map((name) => CARRIED[name][1]);
  const seen = names.map((name) => fullLength(poses, names, name));
  const spans = names.map((name, index) => Math.max(seen[index], seen[names.indexOf(otherSide(name))]));
  const indices = names.map((_, index) => index);
  const isLong = (index: number) => LONG.includes(names[index]) && spans[index] > 0;
  const long = indices.some(isLong) ? indices.filter(isLong) : indices.filter((index) => spans[index] > 0);
  if (!long.length) return null;
  const size = quantile(long.map((index) => spans[index] / usual[index]), RETARGET.sizeQuantile);
  const lengths = names.map((_, index) => Math.max(spans[index], RETARGET.usual * size * usual[index]));
  const mostly = (name: string) => medianPlace(poses.map((pose) => pose[names.indexOf(name)]));
  const legs = indices.filter((index) => /(knee|ankle)$/.test(names[index]));
  const stands = poses.some((pose) => legs.some((index) => pose[index][2] > 0));
  return { size, lengths, hips: mostly("pelvis"), neck: mostly("neck"), middle: medianPlace(poses.flat()), stands };
}

/** A driver's pose for the person of the source, in pixels of the source; missing joints are zeros. */
export function retargeted(pose: Pose, driver: Build, source: Build, joints: readonly string[], mode: Mode): Pose {
  if (mode === "none") return pose.map((joint) => [...joint]);
  const names = withPelvisNames(joints);
  const points = withPelvis(pose, joints);
  const scale = source.size / driver.size;
  const anchor = anchorOf(driver, source);
  const [from, to] = [driver[anchor]!, source[anchor]!];
  let placed = points.map(([x, y]): Point => [scale * (x - from[0]) + to[0], scale * (y - from[1]) + to[1]]);
  if (mode === "limbs") {
    const moved = limbByLimb(points, names, driver, source, scale);
    const index = names.indexOf(anchor === "hips" ? "pelvis" : "neck");
    const present = points.map((_, one) => one).filter((one) => points[one][2] > 0);
    const held = points[index][2] > 0 ? [index] : present;
    const shift = [0, 1].map((axis) => mean(held.map((one) => placed[one][axis] - moved[one][axis])));
    placed = moved.map(([x, y]) => [x + shift[0], y + shift[1]]);
  }
  return joints.map((_, index): Joint => {
    const confidence = points[index][2];
    return confidence > 0 ? [placed[index][0], placed[index][1], confidence] : [0, 0, 0];
  });
}

/** The places of the joints around the first one that carries others, which stands where it stood, times `scale`. */
function limbByLimb(points: Pose, names: string[], driver: Build, source: Build, scale: number): Point[] {
  const placed = points.map(([x, y]): Point => [scale * x, scale * y]);
  const indices = names.map((_, index) => index).sort((a, b) => depth(names[a]) - depth(names[b]));
  for (const index of indices) {
    const ratio = source.lengths[index] / Math.max(driver.lengths[index], 1e-9);
    const limited = Math.min(Math.max(ratio, scale / RETARGET.unequal), scale * RETARGET.unequal);
    let carrier = CARRIED[names[index]][0];
    let direct = true;
    while (carrier && points[names.indexOf(carrier)][2] <= 0) [carrier, direct] = [CARRIED[carrier][0], false];
    if (!carrier || points[index][2] <= 0) continue;
    const from = names.indexOf(carrier);
    const longer = direct ? limited : scale;
    const way: Point = [
      (points[index][0] - points[from][0]) * longer,
      (points[index][1] - points[from][1]) * longer,
    ];
    const [length, longest] = [Math.hypot(...way), RETARGET.stretch * source.lengths[index]];
    const shortened = direct && length > longest ? longest / length : 1;
    placed[index] = [placed[from][0] + way[0] * shortened, placed[from][1] + way[1] * shortened];
  }
  return placed;
}

/** What of the driver goes where the source's is: the hips of whole figures, else the neck, else the middle. */
function anchorOf(driver: Build, source: Build): "hips" | "neck" | "middle" {
  if (source.stands && driver.hips && source.hips) return "hips";
  return driver.neck && source.neck ? "neck" : "middle";
}

/** The length in full view of what leads to a joint: a high quantile over the frames that show it; 0 if none does. */
function fullLength(poses: Pose[], names: string[], name: string): number {
  const carrier = CARRIED[name][0];
  if (carrier === null) return 0;
  const lengths: number[] = [];
  for (const pose of poses) {
    const [from, to] = [pose[names.indexOf(carrier)], pose[names.indexOf(name)]];
    if (from[2] > 0 && to[2] > 0) lengths.push(Math.hypot(to[0] - from[0], to[1] - from[1]));
  }
  return lengths.length ? quantile(lengths, RETARGET.seen) : 0;
}

function medianPlace(joints: Joint[]): Point | null {
  const present = joints.filter((joint) => joint[2] > 0);
  if (!present.length) return null;
  return [0, 1].map((axis) => quantile(present.map((joint) => joint[axis]), 0.5)) as Point;
}

/** NumPy's quantile: linear between the two nearest values. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((first, second) => first - second);
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

function otherSide(name: string): string {
  if (name.startsWith("right_")) return `left_${name.slice(6)}`;
  return name.startsWith("left_") ? `right_${name.slice(5)}` : name;
}

function depth(name: string): number {
  const carrier = CARRIED[name][0];
  return carrier === null ? 0 : 1 + depth(carrier);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
