/** The row of people: samples, and a last place for the photo of one's own. */

import { required } from "./controls";
import { imageData } from "./photo_input";
import type { Person } from "./person";
import type { Pose } from "./types";

export interface Sample {
  name: string;
  file: string;
  pose: Pose;
}

export class PeopleList {
  private readonly place = required("people");
  private readonly buttons: HTMLButtonElement[] = [];
  private readonly own: HTMLButtonElement;

  /** `onSample` is told which sample is chosen, `onOwn` the person of one's own photo. */
  constructor(samples: Sample[], onSample: (sample: Sample) => void, onOwn: (person: Person) => void) {
    for (const sample of samples) {
      const image = document.createElement("img");
      [image.src, image.alt] = [`samples/${sample.file}`, sample.name];
      this.add(image, () => onSample(sample));
    }
    const plus = document.createElement("span");
    plus.textContent = "+";
    this.own = this.add(plus, () => (this.person ? onOwn(this.person) : required("photo").click()));
    this.own.classList.add("own");
    this.own.ariaLabel = "Your photo";
  }

  private person: Person | null = null;

  /** Marks the sample of a number. */
  mark(chosen: number): void {
    this.buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === chosen)));
  }

  /** Shows the person of one's own photo in the last place, marked. */
  showOwn(person: Person): void {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [person.picture.width, person.picture.height];
    canvas.getContext("2d")!.putImageData(imageData(person.picture), 0, 0);
    this.own.replaceChildren(canvas);
    this.person = person;
    this.mark(this.buttons.length - 1);
  }

  private add(content: HTMLElement, act: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.append(content);
    button.addEventListener("click", act);
    this.place.append(button);
    this.buttons.push(button);
    return button;
  }
}
