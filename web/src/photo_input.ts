/** Photos from files, the clipboard and the camera, and what the browser says where there are none. */

import { PageError, type Picture } from "./types";

const LONGEST = 2048; // pixels: more costs memory, and the network sees a few hundred

/** RGBA bytes of a picture file, upright. */
export async function readPhoto(file: Blob & { name?: string }): Promise<Picture> {
  const name = file.name ?? "This";
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new PageError(`${name} is no picture that this browser can read. Choose a JPEG, PNG or WebP.`);
  }
  try {
    return pictureOf(bitmap, bitmap.width, bitmap.height, LONGEST);
  } finally {
    bitmap.close();
  }
}

/** RGBA bytes of what is drawn on a canvas, scaled down so that its longer side has at most so many pixels. */
export function pictureOf(from: CanvasImageSource, width: number, height: number, longest: number): Picture {
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(scale * width)), Math.max(1, Math.round(scale * height)));
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  context.drawImage(from, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { data, width: canvas.width, height: canvas.height };
}

/** A picture as a canvas draws it. */
export function imageData({ data, width, height }: Picture): ImageData {
  return new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height);
}

/** The camera's stream; a `PageError` that says what to do where there is none. */
export async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new PageError("This browser gives no camera to pages that are not served over https or from this device.");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, facingMode: "user" }, audio: false });
  } catch (error) {
    const sentences: Record<string, string> = {
      NotAllowedError: "The camera is not allowed. Allow it in the browser's settings for this page, then try again.",
      NotFoundError: "There is no camera. Connect one, or follow a film instead.",
      NotReadableError: "The camera is in use elsewhere. Close the other program, then try again.",
    };
    const { name, message } = error as Error;
    throw new PageError(sentences[name] ?? `The camera cannot be opened (${message}).`);
  }
}

export function stopCamera(video: HTMLVideoElement): void {
  (video.srcObject as MediaStream | null)?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}
