/** From the 33 points of the pose network to our 18 joints, and who of several is the main person. */

import { JOINTS, MEDIAPIPE_33, MIN_CONFIDENCE } from "./constants";
import type { BodyPoint } from "./pose_points";
import type { Joint, Pose, Size } from "./types";

const NECK = JOINTS.indexOf("neck");

/** Joints of points in a picture of some size; those that are guessed or outside of it are missing. */
export function jointsOf(points: BodyPoint[], { width, height }: Size): Pose {
  const named = new Map<string, Joint>();
  points.forEach(([x, y, , visibility], index) => {
    const name = MEDIAPIPE_33[index];
    const inside = x >= -0.5 && x < width - 0.5 && y >= -0.5 && y < height - 0.5;
    if (name) named.set(name, visibility >= MIN_CONFIDENCE && inside ? [x, y, visibility] : [0, 0, 0]);
  });
  const pose: Pose = JOINTS.map((name) => named.get(name) ?? [0, 0, 0]);
  pose[NECK] = between(named.get("left_shoulder")!, named.get("right_shoulder")!);
  return pose;
}

/** The mean of two joints, with the lower of their confidences; missing if one is. */
function between(first: Joint, second: Joint): Joint {
  const confidence = Math.min(first[2], second[2]);
  return confidence > 0 ? [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2, confidence] : [0, 0, 0];
}

/** The pose of the largest (sum of confidences) * (diagonal of the box around the joints), or null. */
export function mainPerson(poses: Pose[]): Pose | null {
  let best: Pose | null = null;
  let most = -1;
  for (const pose of poses) {
    const present = pose.filter((joint) => joint[2] > 0);
    if (!present.length) continue;
    const prominence = present.reduce((sum, joint) => sum + joint[2], 0) * diagonal(present);
    if (prominence > most) [best, most] = [pose, prominence];
  }
  return best;
}

/** The diagonal of the box around joints. */
export function diagonal(joints: Pose): number {
  const [xs, ys] = [0, 1].map((axis) => joints.map((joint) => joint[axis]));
  return joints.length ? Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) : 0;
}
