/** A photo taken with the camera, in a dialog. */

import { required } from "./controls";
import { openCamera, pictureOf, stopCamera } from "./photo_input";
import type { Picture } from "./types";

const LONGEST = 1280; // pixels

/** The photo, or null if the dialog was closed without one; a `PageError` where there is no camera. */
export async function takeStill(): Promise<Picture | null> {
  const [dialog, video] = [required<HTMLDialogElement>("still"), required<HTMLVideoElement>("still-video")];
  video.srcObject = await openCamera();
  try {
    await video.play();
    dialog.returnValue = "";
    dialog.showModal();
    required("still-take").onclick = () => dialog.close("taken");
    required("still-cancel").onclick = () => dialog.close("");
    const taken = await new Promise<boolean>((resolve) => {
      dialog.onclose = () => resolve(dialog.returnValue === "taken");
    });
    return taken ? pictureOf(video, video.videoWidth, video.videoHeight, LONGEST) : null;
  } finally {
    stopCamera(video);
  }
}
