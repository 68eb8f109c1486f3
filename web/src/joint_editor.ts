/** The skeleton over the picture: joints that mouse, finger and arrow keys move. */

import { JOINT_COLORS, JOINTS, LIMBS } from "./constants";
import { dragged } from "./pose_edit";
import type { Point, Pose, Size } from "./types";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 2; // pixels of the network's picture for an arrow key; four times as many with Shift
const MOST_UNDONE = 100;

const color = (joint: number) => `rgb(${JOINT_COLORS[joint].join(" ")})`;

export class JointEditor {
  private pose: Pose = [];
  private past: Pose[] = [];
  private readonly joints: SVGGElement[];
  private readonly lines: SVGLineElement[];

  /** `onEdit` is told every new pose, `onUndoable` whether there is something to undo. */
  constructor(
    private readonly svg: SVGSVGElement,
    private readonly onEdit: (pose: Pose) => void,
    private readonly onUndoable: (can: boolean) => void,
  ) {
    this.lines = LIMBS.map(([, outer]) => {
      const line = document.createElementNS(SVG, "line");
      line.setAttribute("stroke", color(outer));
      return svg.appendChild(line);
    });
    this.joints = JOINTS.map((name, index) => this.makeJoint(name, index));
  }

  /** Shows joints in a picture of some size; those of hands are not disturbed while one is held. */
  show(pose: Pose, { width, height }: Size): void {
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.pose = pose;
    const there = (index: number) => pose[index][2] > 0;
    this.joints.forEach((group, index) => {
      group.setAttribute("visibility", there(index) ? "visible" : "hidden");
      group.setAttribute("transform", `translate(${pose[index][0] + 0.5} ${pose[index][1] + 0.5})`);
      group.setAttribute("tabindex", there(index) ? "0" : "-1");
    });
    LIMBS.forEach(([from, to], index) => {
      const line = this.lines[index];
      line.setAttribute("visibility", there(from) && there(to) ? "visible" : "hidden");
      [pose[from], pose[to]].forEach(([x, y], end) => {
        line.setAttribute(`x${end + 1}`, String(x + 0.5));
        line.setAttribute(`y${end + 1}`, String(y + 0.5));
      });
    });
  }

  /** Takes a pose that was not made by dragging, such as a mirrored one; it can be undone. */
  change(pose: Pose): void {
    this.remember();
    this.onEdit(pose);
  }

  undo(): void {
    const before = this.past.pop();
    if (before) this.onEdit(before);
    this.onUndoable(this.past.length > 0);
  }

  forget(): void {
    this.past = [];
    this.onUndoable(false);
  }

  private remember(): void {
    this.past = [...this.past, this.pose].slice(-MOST_UNDONE);
    this.onUndoable(true);
  }

  private makeJoint(name: string, index: number): SVGGElement {
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", name.replace("_", " "));
    group.dataset.joint = name;
    const small = /eye|ear/.test(name);
    for (const [kind, radius] of [["touch", small ? 4 : 9], ["dot", small ? 1.6 : 2.6]] as const) {
      const circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("r", String(radius));
      circle.setAttribute("class", kind);
      if (kind === "dot") circle.setAttribute("fill", color(index));
      group.appendChild(circle);
    }
    group.addEventListener("pointerdown", (event) => this.hold(event, group, index));
    group.addEventListener("keydown", (event) => this.nudge(event, index));
    return this.svg.appendChild(group);
  }

  private hold(event: PointerEvent, group: SVGGElement, index: number): void {
    event.preventDefault();
    group.setPointerCapture(event.pointerId);
    group.focus({ preventScroll: true });
    group.classList.add("held");
    this.remember();
    let pose = this.pose; // the film that moved it until now does not any more
    const [x, y] = this.place(event);
    const grip: Point = [pose[index][0] - x, pose[index][1] - y];
    const move = (moved: PointerEvent) => {
      const [across, down] = this.place(moved);
      pose = dragged(pose, index, [across + grip[0], down + grip[1]]);
      this.onEdit(pose);
    };
    const letGo = () => {
      group.classList.remove("held");
      group.removeEventListener("pointermove", move);
    };
    this.onEdit(pose);
    group.addEventListener("pointermove", move);
    group.addEventListener("pointerup", letGo, { once: true });
    group.addEventListener("pointercancel", letGo, { once: true });
  }

  private nudge(event: KeyboardEvent, index: number): void {
    const ways: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    if (!event.repeat) this.remember();
    const step = STEP * (event.shiftKey ? 4 : 1);
    const [x, y] = this.pose[index];
    this.onEdit(dragged(this.pose, index, [x + step * way[0], y + step * way[1]]));
  }

  /** Where the pointer is, in pixels of the network's picture. */
  private place(event: PointerEvent): Point {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    const box = this.svg.viewBox.baseVal;
    return [((event.clientX - left) / width) * box.width - 0.5, ((event.clientY - top) / height) * box.height - 0.5];
  }
}
