/** Where the picture is shown: drawn at twice the network's size, so that browsers scale it smoothly. */

import type { Drawn } from "./generator.worker";
import { imageData } from "./photo_input";
import { BACKGROUND } from "./constants";
import type { Picture, Size } from "./types";
import { type View, VIEWS } from "./views";

const ZOOM = 2;

export class Stage {
  view: View = VIEWS[0];
  /** What is shown behind the person of pictures, instead of what the network draws there. */
  room: Picture | null = null;
  private size: Size = { width: 1, height: 1 };
  private readonly small = document.createElement("canvas");

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly frame: HTMLElement,
  ) {}

  fit(size: Size): void {
    this.size = size;
    [this.small.width, this.small.height] = [size.width, size.height];
    [this.canvas.width, this.canvas.height] = [ZOOM * size.width, ZOOM * size.height];
    this.frame.style.aspectRatio = `${size.width} / ${size.height}`;
  }

  /** Names of the outputs that the view needs besides the picture. */
  get wanted(): string[] {
    return [this.view.output || (this.room ? "alpha" : "")].filter(Boolean);
  }

  show(drawn: Drawn): void {
    if (this.view.output && !drawn.more[this.view.output]) return; // drawn before the view was changed
    const data = this.view.output ? this.view.paint(drawn, this.size) : this.inRoom(drawn);
    this.small.getContext("2d")!.putImageData(imageData({ data, ...this.size }), 0, 0);
    const context = this.canvas.getContext("2d")!;
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.small, 0, 0, this.canvas.width, this.canvas.height);
    this.canvas.classList.toggle("clear", this.view.output === "alpha");
  }

  /** The person that was drawn, before the room; RGBA bytes. */
  private inRoom({ generated, more: { alpha } }: Drawn): Uint8ClampedArray {
    if (!this.room || !alpha) return generated;
    const data = this.room.data.slice();
    const { sure, unsure } = BACKGROUND;
    for (let at = 0; at < data.length; at++) {
      const person = Math.min(Math.max((alpha[at >> 2] - unsure) / (sure - unsure), 0), 1);
      data[at] += person * (generated[at] - data[at]);
    }
    return data;
  }
}
