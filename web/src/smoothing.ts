/** Steadies the joints of a film as they come, frame by frame, without looking ahead. The twin of inference/smoothing.py. */

import { SMOOTHING } from "./constants";
import { diagonal } from "./joints";
import type { Joint, Point, Pose } from "./types";

/** What the filter remembers of the frames before. */
export interface Steady {
  joints: Pose;
  speeds: Point[];
  unseen: number[];
  sure: number[];
  exchanged: number[];
}

/** Pairs (right, left) of indices that change sides together. */
export type SideGroup = [number, number][];

/** One frame's joints, steadied, and the state for the next one; `state` is null for the first frame. */
export function steadied(given: Pose, state: Steady | null, seconds: number, groups: SideGroup[]): [Pose, Steady] {
  if (!state) {
    const joints = given.map((joint): Joint => [...joint]);
    const [speeds, unseen] = [joints.map((): Point => [0, 0]), joints.map(() => 0)];
    return [joints, { joints, speeds, unseen, sure: joints.map((j) => j[2]), exchanged: groups.map(() => 0) }];
  }
  const [pose, exchanged] = mended(given, state, seconds, groups);
  const before = state.joints;
  const size = personSize(before) || personSize(pose) || 1;
  const both = pose.map((joint, index) => joint[2] > 0 && before[index][2] > 0);
  const speeds = pose.map((_, index): Point => [0, 0]);
  const smooth = pose.map((joint, index): Point => {
    if (!both[index]) return [joint[0], joint[1]];
    const way = [joint[0] - before[index][0], joint[1] - before[index][1]];
    const step = way.map((along, axis) => {
      const taken = share(SMOOTHING.speedCutoff, seconds);
      const speed = state.speeds[index][axis] + taken * (along / seconds - state.speeds[index][axis]);
      speeds[index][axis] = speed;
      const cutoff = SMOOTHING.minCutoff + (SMOOTHING.beta * Math.abs(speed)) / size;
      const trusted = Math.min(Math.max(joint[2], 0.1), 1); // what the detector guesses moves slowly
      return share(trusted * cutoff, seconds) * along;
    });
    const most = Math.min(1, (SMOOTHING.mostSpeed * size * seconds) / Math.max(Math.hypot(...step), 1e-9));
    return [before[index][0] + most * step[0], before[index][1] + most * step[1]];
  });
  const seen = pose.map((joint) => joint[2] > 0);
  const unseen = seen.map((is, index) => (is ? 0 : state.unseen[index] + seconds));
  const sure = seen.map((is, index) => (is ? pose[index][2] : state.sure[index]));
  const carried = meanWay(before, smooth, both);
  const joints = pose.map((joint, index): Joint => {
    if (seen[index]) return [...smooth[index], joint[2]];
    const faded = sure[index] * Math.min(Math.max(1 - unseen[index] / SMOOTHING.hold, 0), 1);
    return faded > 0 ? [before[index][0] + carried[0], before[index][1] + carried[1], faded] : [0, 0, 0];
  });
  return [joints, { joints, speeds, unseen, sure, exchanged }];
}

/** How much of a new value a low-pass of a cutoff in Hz takes. */
function share(cutoff: number, seconds: number): number {
  return 1 / (1 + 1 / (2 * Math.PI * cutoff * seconds));
}

/** The diagonal of the box around the joints that are there, in pixels; 0 without any. */
export function personSize(pose: Pose): number {
  return diagonal(pose.filter((joint) => joint[2] > 0));
}

/** The mean way of the joints that are there before and now. */
function meanWay(before: Pose, now: Point[], both: boolean[]): Point {
  const indices = both.map((_, index) => index).filter((index) => both[index]);
  if (!indices.length) return [0, 0];
  return [0, 1].map(
    (axis) => indices.reduce((sum, index) => sum + now[index][axis] - before[index][axis], 0) / indices.length,
  ) as Point;
}

/** The joints with sides exchanged where that brings them back to where they were, and for how long that has been so. */
function mended(given: Pose, state: Steady, seconds: number, groups: SideGroup[]): [Pose, number[]] {
  const pose = given.map((joint): Joint => [...joint]);
  const size = personSize(state.joints);
  const exchanged = groups.map((pairs, index) => {
    if (state.exchanged[index] + seconds > SMOOTHING.patience) return 0;
    const order = [...pairs.map((pair) => pair[0]), ...pairs.map((pair) => pair[1])];
    const crossed = [...pairs.map((pair) => pair[1]), ...pairs.map((pair) => pair[0])];
    const straight = ways(order.map((one) => state.joints[one]), order.map((one) => pose[one]));
    const across = ways(order.map((one) => state.joints[one]), crossed.map((one) => pose[one]));
    if (!straight.length || !across.length || mean(straight) <= SMOOTHING.leastWay * size) return 0;
    if (mean(across) >= SMOOTHING.swapped * mean(straight)) return 0;
    const turned = crossed.map((one) => pose[one]);
    order.forEach((one, at) => (pose[one] = turned[at]));
    return state.exchanged[index] + seconds;
  });
  return [pose, exchanged];
}

/** The distances of joints that are there before and after. */
function ways(before: Pose, after: Pose): number[] {
  return before.flatMap((joint, index) =>
    joint[2] > 0 && after[index][2] > 0 ? [Math.hypot(after[index][0] - joint[0], after[index][1] - joint[1])] : [],
  );
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What a detector mistakes together: the arms, the legs and the face, as pairs of indices. */
export function sideGroups(joints: readonly string[]): SideGroup[] {
  const parts = [["shoulder", "elbow", "wrist"], ["hip", "knee", "ankle"], ["eye", "ear"]];
  const groups = parts.map((part) =>
    part
      .filter((name) => joints.includes(`right_${name}`))
      .map((name): [number, number] => [joints.indexOf(`right_${name}`), joints.indexOf(`left_${name}`)]),
  );
  return groups.filter((pairs) => pairs.length);
}
