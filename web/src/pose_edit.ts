/** Poses changed by hand: a joint goes where it is dragged, and limbs keep their lengths. */

import { JOINTS } from "./constants";
import type { Joint, Point, Pose } from "./types";

const of = (name: string) => JOINTS.indexOf(name);
// Joint: what carries it, and what it carries along.
const CHAINS: Record<number, [number, number]> = {}; // end: [middle, root]
const CARRIES: Record<number, number[]> = {};
const CARRIER: Record<number, number> = {};
for (const side of ["right", "left"]) {
  const [shoulder, elbow, wrist] = ["shoulder", "elbow", "wrist"].map((part) => of(`${side}_${part}`));
  const [hip, knee, ankle] = ["hip", "knee", "ankle"].map((part) => of(`${side}_${part}`));
  CHAINS[wrist] = [elbow, shoulder];
  CHAINS[ankle] = [knee, hip];
  Object.assign(CARRIES, { [elbow]: [wrist], [knee]: [ankle], [shoulder]: [elbow, wrist], [hip]: [knee, ankle] });
  Object.assign(CARRIER, { [elbow]: shoulder, [knee]: hip, [shoulder]: of("neck"), [hip]: of("neck") });
}
const HEAD = ["nose", "right_eye", "left_eye", "right_ear", "left_ear"].map(of);
CARRIES[of("nose")] = HEAD.slice(1);
CARRIER[of("nose")] = of("neck");

/** The pose with a joint dragged towards `to`. The neck takes the whole person along, an eye or an ear only itself. */
export function dragged(pose: Pose, joint: number, to: Point): Pose {
  const result = pose.map((one): Joint => [...one]);
  if (joint === of("neck")) return shifted(result, result.map((_, index) => index), away(pose[joint], to));
  if (joint in CHAINS) return reached(result, joint, to);
  const carrier = CARRIER[joint];
  if (carrier === undefined || pose[carrier][2] <= 0) {
    return shifted(result, [joint, ...(CARRIES[joint] ?? [])], away(pose[joint], to));
  }
  return turned(result, carrier, joint, to);
}

/** The pose seen in a mirror that stands where the neck is. */
export function mirrored(pose: Pose): Pose {
  const present = pose.filter((joint) => joint[2] > 0);
  const axis = pose[of("neck")][2] > 0 ? pose[of("neck")][0] : mean(present.map((joint) => joint[0]));
  return JOINTS.map((name): Joint => {
    const other = name.startsWith("right_") ? `left_${name.slice(6)}` : name.replace(/^left_/, "right_");
    const [x, y, confidence] = pose[of(other)];
    return confidence > 0 ? [2 * axis - x, y, confidence] : [0, 0, 0];
  });
}

/** An arm or a leg whose end reaches for a place: its middle stays on the side where it was bent. */
function reached(pose: Pose, end: number, to: Point): Pose {
  const [middle, root] = CHAINS[end];
  if (pose[middle][2] <= 0) return shifted(pose, [end], away(pose[end], to));
  if (pose[root][2] <= 0) return turned(pose, middle, end, to);
  const [start, bend, tip] = [pose[root], pose[middle], pose[end]];
  const [upper, lower] = [distance(start, bend), distance(bend, tip)];
  const way: Point = [to[0] - start[0], to[1] - start[1]];
  const wanted = Math.max(Math.hypot(...way), 1e-6);
  const length = Math.min(Math.max(wanted, Math.abs(upper - lower) + 1e-3), upper + lower - 1e-3);
  const side = (tip[0] - start[0]) * (bend[1] - start[1]) - (tip[1] - start[1]) * (bend[0] - start[0]) < 0 ? -1 : 1;
  const cosine = (upper ** 2 + length ** 2 - lower ** 2) / (2 * Math.max(upper, 1e-6) * length);
  const angle = Math.atan2(way[1], way[0]);
  const opened = angle + side * Math.acos(Math.min(Math.max(cosine, -1), 1));
  const place = (from: Joint, direction: number, far: number, confidence: number): Joint => [
    from[0] + far * Math.cos(direction),
    from[1] + far * Math.sin(direction),
    confidence,
  ];
  pose[middle] = place(start, opened, upper, bend[2]);
  pose[end] = place(start, angle, length, tip[2]);
  return pose;
}

/** A joint, with all that it carries, turned around its carrier until it lies towards `to`. */
function turned(pose: Pose, carrier: number, joint: number, to: Point): Pose {
  const center = pose[carrier];
  const angle =
    Math.atan2(to[1] - center[1], to[0] - center[0]) -
    Math.atan2(pose[joint][1] - center[1], pose[joint][0] - center[0]);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (const index of [joint, ...(CARRIES[joint] ?? [])]) {
    const [x, y, confidence] = pose[index];
    if (confidence <= 0) continue;
    const [across, down] = [x - center[0], y - center[1]];
    pose[index] = [center[0] + cos * across - sin * down, center[1] + sin * across + cos * down, confidence];
  }
  return pose;
}

function shifted(pose: Pose, joints: number[], [x, y]: Point): Pose {
  for (const index of joints) {
    if (pose[index][2] > 0) pose[index] = [pose[index][0] + x, pose[index][1] + y, pose[index][2]];
  }
  return pose;
}

function away(from: Joint, to: Point): Point {
  return [to[0] - from[0], to[1] - from[1]];
}

function distance(first: Joint, second: Joint): number {
  return Math.hypot(second[0] - first[0], second[1] - first[1]);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
