/** Whom the person of the photo follows: a motion of the page's, a film, the camera. */

import { JOINT_COLORS, LIMBS } from "./constants";
import type { DetectorApi, Somebody } from "./detector.worker";
import { mainPerson } from "./joints";
import { type Fit, LiveFit } from "./motion";
import type { SampleMotion } from "./motions";
import { note } from "./messages";
import { openCamera, pictureOf, stopCamera } from "./photo_input";
import { buildOf } from "./retarget";
import { Remote } from "./rpc";
import { PageError, type Pose } from "./types";

const FRAME = 512; // pixels of the longer side that the detector is shown
const NAP = 15; // milliseconds

/** Gives the pose of now, fitted to the person of the photo; null where nobody was seen yet. */
export interface Driver {
  pose(): Pose | null;
  /** The person of the photo is another one. */
  refit(fit: Fit): void;
  stop(): void;
}

export class SampleDriver implements Driver {
  private readonly begun = performance.now();
  private readonly build;

  constructor(
    private readonly motion: SampleMotion,
    private fit: Fit,
  ) {
    const moments = Array.from({ length: 16 }, (_, index) => (index * motion.seconds) / 16);
    this.build = buildOf(moments.map((moment) => motion.at(moment)), fit.joints);
  }

  pose(): Pose {
    const seconds = ((performance.now() - this.begun) / 1000) % this.motion.seconds;
    return this.fit.of(this.motion.at(seconds), this.build);
  }

  refit(fit: Fit): void {
    this.fit = fit;
  }

  stop(): void {}
}

/** The networks that find people, loaded when they are first asked for. */
export class Detector {
  private remote: Remote<DetectorApi> | null = null;
  private ready: Promise<void> | null = null;

  private load(): Promise<void> {
    this.remote ??= new Remote<DetectorApi>("detector.worker.js", ({ loaded }: { loaded: number }) =>
      note(`Loading what finds people: ${(loaded / 1e6).toFixed(1)} MB`),
    );
    this.ready ??= this.remote.call("load", ["detect/people.tflite", "detect/points.tflite"]).catch((error) => {
      this.ready = null;
      throw error;
    });
    return this.ready;
  }

  async find(picture: Parameters<DetectorApi["find"]>[0]): Promise<Somebody[]> {
    await this.load();
    note("Looking for the person");
    return this.remote!.call("find", [picture]);
  }

  async follow(picture: Parameters<DetectorApi["follow"]>[0], anew: boolean): Promise<Somebody[]> {
    await this.load();
    return this.remote!.call("follow", [picture, anew], [picture.data.buffer as ArrayBuffer]);
  }
}

/** Follows a video element: a film over and over, or the camera. */
export class VideoDriver implements Driver {
  private fitted: LiveFit;
  private latest: Pose | null = null;
  private running = true;
  private number: number | null = null;

  private constructor(
    private readonly video: HTMLVideoElement,
    private readonly canvas: HTMLCanvasElement,
    private readonly detector: Detector,
    fit: Fit,
    private readonly onError: (error: unknown) => void,
  ) {
    this.fitted = new LiveFit(fit);
    void this.run();
  }

  /** Opens a film's file, or the camera where it is null. */
  static async open(
    file: File | null,
    video: HTMLVideoElement,
    canvas: HTMLCanvasElement,
    detector: Detector,
    fit: Fit,
    onError: (error: unknown) => void,
  ): Promise<VideoDriver> {
    if (file) {
      video.src = URL.createObjectURL(file);
      video.loop = true;
    } else {
      video.srcObject = await openCamera();
    }
    try {
      await video.play();
      if (!video.videoWidth) throw new Error("no pictures");
    } catch {
      close(video);
      throw new PageError(`${file?.name ?? "The camera"} shows no film that this browser can play. Choose an MP4 or WebM.`);
    }
    return new VideoDriver(video, canvas, detector, fit, onError);
  }

  pose(): Pose | null {
    return this.latest;
  }

  refit(fit: Fit): void {
    this.fitted = new LiveFit(fit);
  }

  stop(): void {
    this.running = false;
    close(this.video);
  }

  private async run(): Promise<void> {
    let [before, place, anew] = [performance.now(), -1, true];
    while (this.running) {
      const { currentTime, videoWidth, videoHeight } = this.video;
      if (currentTime === place || document.hidden) {
        await new Promise((resolve) => setTimeout(resolve, NAP));
        continue;
      }
      anew ||= currentTime < place; // the film begins again
      place = currentTime;
      try {
        const picture = pictureOf(this.video, videoWidth, videoHeight, FRAME);
        const size = { width: picture.width, height: picture.height };
        const people = await this.detector.follow(picture, anew);
        anew = false;
        if (!this.running) return;
        const now = performance.now();
        const pose = this.chosen(people);
        this.latest = this.fitted.next(pose, (now - before) / 1000);
        before = now;
        drawPose(this.canvas, pose, size);
        note(pose ? "" : "Nobody is seen: step back until head and feet are in the picture.");
      } catch (error) {
        if (this.running) this.onError(error);
        return;
      }
    }
  }

  /** The one who was followed, as long as it is there; else the main person. */
  private chosen(people: Somebody[]): Pose | null {
    const same = people.find(({ number }) => number === this.number)?.pose;
    const pose = same ?? mainPerson(people.map((person) => person.pose));
    this.number = people.find((person) => person.pose === pose)?.number ?? null;
    return pose;
  }
}

function close(video: HTMLVideoElement): void {
  video.pause();
  stopCamera(video);
  if (video.src) URL.revokeObjectURL(video.src);
  video.removeAttribute("src");
  video.load();
}

function drawPose(canvas: HTMLCanvasElement, pose: Pose | null, { width, height }: { width: number; height: number }): void {
  [canvas.width, canvas.height] = [width, height];
  if (!pose) return;
  const context = canvas.getContext("2d")!;
  [context.lineWidth, context.lineCap] = [width / 60, "round"];
  for (const [from, to] of LIMBS) {
    if (pose[from][2] <= 0 || pose[to][2] <= 0) continue;
    context.strokeStyle = `rgb(${JOINT_COLORS[to].join(" ")})`;
    context.beginPath();
    context.moveTo(pose[from][0] + 0.5, pose[from][1] + 0.5);
    context.lineTo(pose[to][0] + 0.5, pose[to][1] + 0.5);
    context.stroke();
  }
}
