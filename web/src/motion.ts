/** A driver's motion made fit for the person of a photo: steadied, in that person's proportions. The twin of inference/motion.py. */

import { MOTION } from "./constants";
import { type Build, buildOf, type Mode, retargeted } from "./retarget";
import { sideGroups, type Steady, steadied } from "./smoothing";
import type { Joint, Pose, Size } from "./types";

/** From a driver's pose and `Build` to a pose in pixels of the source's crop; what the photo does not show is left out. */
export class Fit {
  private readonly source: Build | null;
  private readonly shown: boolean[];

  constructor(
    readonly joints: readonly string[],
    source: Pose,
    private readonly size: Size,
    private readonly mode: Mode = "limbs",
  ) {
    this.source = buildOf([source], joints);
    this.shown = shownJoints(source, joints);
  }

  of(pose: Pose, driver: Build | null): Pose {
    if (!driver || !this.source) return pose.map(() => [0, 0, 0]);
    const moved = retargeted(pose, driver, this.source, this.joints, this.mode);
    const kept = moved.map((joint, index): Joint => (this.shown[index] ? joint : [0, 0, 0]));
    return keptInside(kept, this.size, this.joints);
  }
}

/** From the poses of one frame after the other, and the seconds between them, to those of the source's crop. */
export class LiveFit {
  private readonly groups;
  private seen: Pose[] = [];
  private driver: Build | null = null;
  private state: Steady | null = null;
  private last: Pose | null = null;

  constructor(private readonly fit: Fit) {
    this.groups = sideGroups(fit.joints);
  }

  /** The fitted pose, or that of the frame before where nobody is seen; null before anybody was. */
  next(pose: Pose | null, seconds: number): Pose | null {
    if (!pose) return this.last;
    const [steady, state] = steadied(pose, this.state, Math.max(seconds, 1e-3), this.groups);
    this.state = state;
    if (this.seen.length < MOTION.calibration) {
      this.seen.push(pose);
      this.driver = buildOf(this.seen, this.fit.joints);
    }
    this.last = this.fit.of(steady, this.driver);
    return this.last;
  }
}

/** Which joints a person who was photographed shows, on this side of the body or on the other. */
export function shownJoints(pose: Pose, joints: readonly string[]): boolean[] {
  const part = (name: string) => name.replace(/^(right|left)_/, "");
  const there = new Set(joints.filter((_, index) => pose[index][2] > 0).map(part));
  return joints.map((name) => there.has(part(name)));
}

/** The limbs that the photo does not show, as for a sentence: "knees and ankles"; empty if it shows all. */
export function hiddenParts(pose: Pose, joints: readonly string[]): string {
  const shown = shownJoints(pose, joints);
  const parts = ["elbow", "wrist", "hip", "knee", "ankle"].filter((part) => !shown[joints.indexOf(`right_${part}`)]);
  const plural = parts.map((part) => `${part}s`);
  const last = plural.pop() ?? "";
  return plural.length ? `${plural.join(", ")} and ${last}` : last;
}

/** The pose moved as little as it takes to have the neck in the picture. */
export function keptInside(pose: Pose, { width, height }: Size, joints: readonly string[]): Pose {
  const neck = pose[joints.indexOf(joints.includes("thorax") ? "thorax" : "neck")];
  if (neck[2] <= 0) return pose;
  const clip = (value: number, [low, high]: readonly [number, number], extent: number) =>
    Math.min(Math.max(value, low * extent), high * extent);
  const x = clip(neck[0], MOTION.across, width) - neck[0];
  const y = clip(neck[1], MOTION.down, height) - neck[1];
  return pose.map((joint): Joint => (joint[2] > 0 ? [joint[0] + x, joint[1] + y, joint[2]] : [...joint]));
}
