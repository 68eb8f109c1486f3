/** Motions to begin with: poses of somebody of usual build, as functions of time. */

import { BODY, JOINTS } from "./constants";
import type { Point, Pose } from "./types";

/** How a limb hangs: degrees from straight down, outward; `short` is the share of its length that the view leaves. */
interface Limb {
  angle: number;
  short?: number;
}

/** A figure seen from the front; `left` and `right` are the person's own. */
interface Figure {
  lean: number; // degrees of the trunk, towards the picture's right
  tilt: number; // of the head
  shift: Point; // of the hips, in lengths of the trunk
  limbs: Record<string, Limb>;
}

export interface SampleMotion {
  name: string;
  seconds: number; // after which it begins again
  at(seconds: number): Pose;
}

const LENGTHS: Record<string, readonly [string | null, number]> = BODY;
const wave = (turns: number, phase = 0) => Math.sin(2 * Math.PI * (turns + phase));
const raised = (value: number) => Math.max(0, value);

function figure(parts: Partial<Figure>): Pose {
  const { lean = 0, tilt = 0, shift = [0, 0], limbs = {} } = parts;
  const places: Record<string, Point> = {};
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const turned = ([x, y]: Point, degrees: number): Point => {
    const [cos, sin] = [Math.cos(radians(degrees)), Math.sin(radians(degrees))];
    return [x * cos - y * sin, x * sin + y * cos];
  };
  const put = (name: string, from: Point, way: Point) => (places[name] = [from[0] + way[0], from[1] + way[1]]);
  const hips = shift;
  const neck = put("neck", hips, turned([0, -1], lean));
  const nose = put("nose", neck, turned([0, -LENGTHS.nose[1]], lean + tilt));
  for (const [side, sign] of [["right", -1], ["left", 1]] as const) {
    put(`${side}_eye`, nose, turned([0.07 * sign, -0.07], lean + tilt));
    put(`${side}_ear`, nose, turned([0.19 * sign, -0.03], lean + tilt));
    put(`${side}_shoulder`, neck, turned([LENGTHS.left_shoulder[1] * sign, 0.02], lean));
    put(`${side}_hip`, hips, turned([LENGTHS.left_hip[1] * sign, 0], lean / 3));
    const chains = [["shoulder", "elbow", "wrist"], ["hip", "knee", "ankle"]];
    for (const [first, ...rest] of chains) {
      let from = places[`${side}_${first}`];
      for (const part of rest) {
        const name = `${side}_${part}`;
        const { angle, short = 1 } = limbs[name] ?? { angle: 6 };
        const length = LENGTHS[name][1] * short;
        from = put(name, from, [sign * length * Math.sin(radians(angle)), length * Math.cos(radians(angle))]);
      }
    }
  }
  const scale = 100;
  return JOINTS.map((name) => [scale * places[name][0], scale * places[name][1], 1]);
}

function arms(right: [number, number], left: [number, number]): Record<string, Limb> {
  return {
    right_elbow: { angle: right[0] },
    right_wrist: { angle: right[1] },
    left_elbow: { angle: left[0] },
    left_wrist: { angle: left[1] },
  };
}

/** A leg that is lifted towards the camera by a share: its thigh is seen shortened. */
function lifted(side: string, share: number, open = 8): Record<string, Limb> {
  return {
    [`${side}_knee`]: { angle: open + 14 * share, short: 1 - 0.55 * share },
    [`${side}_ankle`]: { angle: open * (1 - share) - 4 * share },
  };
}

export const MOTIONS: readonly SampleMotion[] = [
  {
    name: "Dance",
    seconds: 4,
    at(seconds) {
      const turn = seconds / 2; // bars
      const beat = wave(turn);
      const [up, down] = [raised(wave(turn / 2)), raised(-wave(turn / 2))];
      return figure({
        lean: 7 * beat,
        tilt: -6 * beat,
        shift: [0.14 * beat, 0.05 * Math.abs(beat)],
        limbs: {
          ...arms([25 + 110 * up, 60 + 95 * up], [25 + 110 * down, 60 + 95 * down]),
          ...lifted("right", 0.35 * raised(beat), 10),
          ...lifted("left", 0.35 * raised(-beat), 10),
        },
      });
    },
  },
  {
    name: "Wave",
    seconds: 2,
    at(seconds) {
      const turn = seconds;
      return figure({
        lean: 1.5 * wave(seconds / 2),
        tilt: 4 * wave(seconds / 2),
        limbs: { ...arms([100, 165 + 28 * wave(turn)], [14, 22]), ...lifted("right", 0), ...lifted("left", 0) },
      });
    },
  },
  {
    name: "March",
    seconds: 1.6,
    at(seconds) {
      const step = wave(seconds / 1.6);
      const [right, left] = [raised(step), raised(-step)];
      return figure({
        shift: [0.03 * step, -0.03 * Math.abs(step)],
        limbs: {
          ...arms([14 + 18 * left, 20 + 50 * left], [14 + 18 * right, 20 + 50 * right]),
          ...lifted("right", right, 5),
          ...lifted("left", left, 5),
        },
      });
    },
  },
  {
    name: "Jumping jack",
    seconds: 1.6,
    at(seconds) {
      const open = 0.5 - 0.5 * Math.cos((2 * Math.PI * seconds) / 1.6);
      const arm: [number, number] = [12 + 120 * open, 14 + 146 * open];
      return figure({
        shift: [0, -0.12 * Math.sin(Math.PI * open)],
        limbs: { ...arms(arm, arm), ...lifted("right", 0, 4 + 20 * open), ...lifted("left", 0, 4 + 20 * open) },
      });
    },
  },
];
