/** Where the picture is shown: drawn at twice the network's size, so that browsers scale it smoothly. */

import type { Drawn } from "./generator.worker";
import { imageData } from "./photo_input";
import type { Size } from "./types";
import { type View, VIEWS } from "./views";

const ZOOM = 2;

export class Stage {
  view: View = VIEWS[0];
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
    return this.view.output ? [this.view.output] : [];
  }

  show(drawn: Drawn): void {
    if (this.view.output && !drawn.more[this.view.output]) return; // drawn before the view was changed
    const data = this.view.paint(drawn, this.size);
    this.small.getContext("2d")!.putImageData(imageData({ data, ...this.size }), 0, 0);
    const context = this.canvas.getContext("2d")!;
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.small, 0, 0, this.canvas.width, this.canvas.height);
    this.canvas.classList.toggle("clear", this.view.output === "alpha");
  }
}
