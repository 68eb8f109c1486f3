/** The page's numbers are Python's, on the fixtures that tests/helpers/record_fixtures.py wrote. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bled, completed } from "../src/completion";
import { JOINTS } from "../src/constants";
import { readDescription } from "../src/description";
import { jointsOf, mainPerson } from "../src/joints";
import { Fit, LiveFit } from "../src/motion";
import { crop, cropPose, halfFigureBox, personBox } from "../src/photos";
import { readPoints, refined } from "../src/pose_points";
import { around, overlap, type Region, toPicture } from "../src/regions";
import { buildOf, retargeted } from "../src/retarget";
import { sideGroups, type Steady, steadied } from "../src/smoothing";
import { anchors, blend, decode } from "../src/ssd";
import type { Pose, Size } from "../src/types";

const FIXTURES = process.env.FIXTURES!;

// biome-ignore lint: fixtures are JSON of many shapes
type Case = any;

/** All numbers of a value in one list, objects by the order of their names, as Python's `flat` has them. */
function flat(value: Case): number[] {
  if (Array.isArray(value)) return value.flatMap(flat);
  if (value && typeof value === "object") return Object.keys(value).sort().flatMap((key) => flat(value[key]));
  return [Number(value)];
}

function cases(file: string, answer: (name: string, input: Case) => Case, tolerance = 2e-5): void {
  for (const [name, { input, output }] of Object.entries<Case>(JSON.parse(readFileSync(join(FIXTURES, file), "utf8")))) {
    test(`${file}: ${name}`, () => {
      const [ours, theirs] = [flat(answer(name, input)), flat(output)];
      assert.equal(ours.length, theirs.length);
      const limit = name.startsWith("crop") || ["completed", "bled"].includes(name) ? 1 : tolerance;
      const worst = Math.max(...ours.map((value, index) => Math.abs(value - theirs[index]) / Math.max(1, Math.abs(theirs[index]) / 100)));
      assert.ok(worst <= limit, `${name} differs by ${worst}`);
    });
  }
}

const region = ([x, y, size, rotation]: number[]): Region => ({ x, y, size, rotation });
const sized = ([height, width]: number[]): Size => ({ width, height });

cases("pose_detector.json", (name, input) => {
  if (name === "anchors") {
    const every = anchors(input.size, input.strides);
    return { count: every.length, some: [0, 1, 2, 57, 1568, 1960, 2253].map((index) => every[index]) };
  }
  if (name === "decode_and_blend") {
    return blend(decode(input.raw.flat(), input.logits, input.anchors, input.size, input.least_score), input.same_box);
  }
  if (name === "around") {
    const { x, y, size, rotation } = around(input.center, input.edge, input.scale);
    return [x, y, size, rotation];
  }
  if (name === "to_picture") return input.points.map((point: [number, number]) => toPicture(point, region(input.region)));
  if (name === "overlap") return overlap(region(input.first), region(input.second));
  return refined(input.points, input.heat_maps.flat(2), input.heat_maps[0].length, input.heat_maps.length);
});

cases("retarget.json", (_, input) => {
  const { joints } = input;
  if ("seconds" in input) {
    let state: Steady | null = null;
    return input.frames.map((frame: Pose) => {
      const [pose, next] = steadied(frame, state, input.seconds, sideGroups(joints));
      state = next;
      return pose;
    });
  }
  if ("frames" in input) return buildOf(input.frames, joints);
  const [driver, source] = [buildOf(input.driver, joints)!, buildOf([input.source], joints)!];
  const frames = (input.driver as Pose[]).filter((_, index) => index % 5 === 0);
  return frames.map((frame) => retargeted(frame, driver, source, joints, input.mode));
});

cases("photos.json", (name, input) => {
  if (name === "joints") return jointsOf(input.points, sized(input.image_size));
  if (name === "main_person") return input.people.indexOf(mainPerson(input.people));
  if (name.startsWith("box")) {
    const size = sized(input.size);
    const box = halfFigureBox(personBox(input.pose, size), input.pose, JOINTS, sized(input.photo));
    return { box: [box.left, box.top, box.width, box.height], pose: cropPose(input.pose, box, size) };
  }
  if (name === "completed" || name === "bled") {
    const { height, width, hole: [left, top, right, bottom] } = input;
    const inside = (at: number) => at % width >= left && at % width < right && at >= top * width && at < bottom * width;
    const pixels = [...new Array(height * width).keys()];
    const wave = (at: number) => {
      const [y, x] = [Math.floor(at / width), at % width];
      return [0, 1, 2].map((c) => Math.round(128 + 60 * Math.sin(x / 5 + c) + 50 * Math.sin(y / 7 + x / 11)));
    };
    const data = Uint8ClampedArray.from(pixels.flatMap((at) => [...wave(at), 255]));
    const mask = Uint8Array.from(pixels, (at) => Number(inside(at)));
    const made = (name === "bled" ? bled : completed)({ data, width, height }, mask);
    return pixels.filter((at) => inside(at) === (name === "completed")).map((at) => [...made.data.slice(4 * at, 4 * at + 3)]);
  }
  if (name.startsWith("crop")) {
    const [height, width] = [input.picture.length, input.picture[0].length];
    const data = Uint8ClampedArray.from(input.picture.flat().flatMap((pixel: number[]) => [...pixel, 255]));
    const [left, top, across, down] = input.box;
    const made = crop({ data, width, height }, { left, top, width: across, height: down }, sized(input.size));
    return [...made.data].filter((_, index) => index % 4 !== 3);
  }
  const live = new LiveFit(new Fit(JOINTS, input.source, sized(input.size)));
  return input.frames.map((frame: Pose, index: number) => live.next([0, 5].includes(index) ? null : frame, input.seconds) ?? []);
});

test("points are read as x, y, z in fractions and two probabilities", () => {
  const [first] = readPoints([128, 64, -256, 0, 80, ...new Array(38 * 5).fill(0)], 256);
  assert.deepEqual(first.slice(0, 4), [0.5, 0.25, -1, 0.5]);
  assert.equal(first[4], 1);
});

test("a model's description is read from behind its flatbuffer", () => {
  const description = readDescription(new Uint8Array(readFileSync(join(FIXTURES, "tiny_pose.tflite"))));
  assert.equal(description.task, "pose");
  assert.throws(() => readDescription(new Uint8Array(100)), /no description/);
});
