/** The person of a photo, cut as the network wants it. */

import { JOINTS } from "./constants";
import { mainPerson } from "./joints";
import { hiddenParts } from "./motion";
import { cropPose, crop, halfFigureBox, personBox } from "./photos";
import { PageError, type Picture, type Pose, type Size } from "./types";

/** A picture of the network's size, the pose in it, and what is to be said about it. */
export interface Person {
  picture: Picture;
  pose: Pose;
  note: string;
}

/** The main person of a photo; a `PageError` if there is none. */
export function personOf(photo: Picture, poses: Pose[], size: Size): Person {
  const pose = mainPerson(poses);
  if (!pose) {
    throw new PageError("Nobody was found in this photo. Take one that shows a person from head to feet, not too small.");
  }
  const box = halfFigureBox(personBox(pose, size), pose, JOINTS, photo);
  const hidden = hiddenParts(pose, JOINTS);
  const note = hidden ? `The photo shows no ${hidden.replace(/ and /, " or ")}: they are left out.` : "";
  return { picture: crop(photo, box, size), pose: cropPose(pose, box, size), note };
}
