/** Takes the picture along: as a file, as a film, to other apps. */

import { PageError } from "./types";

const RATE = 25; // frames per second of films
const KINDS = ["video/mp4;codecs=avc1", "video/mp4", "video/webm;codecs=vp9", "video/webm"];

/** Records what a canvas shows until it is stopped. */
export class Recorder {
  private readonly recorder: MediaRecorder;
  private readonly parts: Blob[] = [];

  constructor(canvas: HTMLCanvasElement) {
    const kind = typeof MediaRecorder === "undefined" ? undefined : KINDS.find((one) => MediaRecorder.isTypeSupported(one));
    if (!kind) throw new PageError("This browser cannot record films. Save pictures instead.");
    const bitsPerSecond = 6_000_000;
    this.recorder = new MediaRecorder(canvas.captureStream(RATE), { mimeType: kind, videoBitsPerSecond: bitsPerSecond });
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data);
    this.recorder.start(1000);
  }

  /** The film. */
  stop(): Promise<File> {
    const kind = this.recorder.mimeType.split(";")[0];
    return new Promise((resolve) => {
      this.recorder.onstop = () => {
        for (const track of this.recorder.stream.getTracks()) track.stop();
        resolve(new File(this.parts, `repose.${kind.endsWith("mp4") ? "mp4" : "webm"}`, { type: kind }));
      };
      this.recorder.stop();
    });
  }
}

export async function pictureFile(canvas: HTMLCanvasElement): Promise<File> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new PageError("The picture cannot be saved by this browser.");
  return new File([blob], "repose.png", { type: "image/png" });
}

/** Has the browser save a file. */
export function download(file: File): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Whether the browser can hand a picture to other apps. */
export function canShare(): boolean {
  const file = new File([], "repose.png", { type: "image/png" });
  return navigator.canShare?.({ files: [file] }) === true;
}
