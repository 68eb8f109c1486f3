/** What can be shown of what the network gives: the picture, the person cut out, the flow, where each pixel comes from. */

import type { Drawn } from "./generator.worker";
import type { Size } from "./types";

export interface View {
  name: string;
  output: string; // of the network; empty for the picture alone
  note: string;
  /** RGBA bytes. */
  paint(drawn: Drawn, size: Size): Uint8ClampedArray;
}

export const VIEWS: readonly View[] = [
  { name: "Picture", output: "", note: "", paint: (drawn) => drawn.generated },
  {
    name: "Cut out",
    output: "alpha",
    note: "The person alone; saved pictures are transparent behind it.",
    paint({ generated, more }) {
      const result = generated.slice();
      more.alpha.forEach((share, pixel) => (result[4 * pixel + 3] = 255 * share));
      return result;
    },
  },
  {
    name: "Flow",
    output: "flow_0",
    note: "Where each pixel is fetched from: hue is the direction, strength the distance.",
    paint: ({ more }) => flowColors(more.flow_0),
  },
  {
    name: "Sources",
    output: "roles",
    note: "Red is drawn anew, green carried over from the photo, blue kept where it was.",
    paint({ more }) {
      const result = new Uint8ClampedArray((more.roles.length / 3) * 4);
      for (let pixel = 0; pixel < result.length / 4; pixel++) {
        for (let role = 0; role < 3; role++) result[4 * pixel + role] = 255 * more.roles[3 * pixel + role];
        result[4 * pixel + 3] = 255;
      }
      return result;
    },
  },
];

/** Middlebury's colors: hue is the direction, saturation the length; white is no motion. */
function flowColors(flow: Float32Array): Uint8ClampedArray {
  const result = new Uint8ClampedArray(2 * flow.length);
  let longest = 1e-6;
  for (let at = 0; at < flow.length; at += 2) longest = Math.max(longest, Math.hypot(flow[at], flow[at + 1]));
  for (let at = 0; at < flow.length; at += 2) {
    const hue = ((Math.atan2(flow[at + 1], flow[at]) / (2 * Math.PI) + 1) % 1) * 6;
    const saturation = Math.hypot(flow[at], flow[at + 1]) / longest;
    [5, 3, 1].forEach((offset, channel) => {
      const turn = (offset + hue) % 6;
      result[2 * at + channel] = 255 * (1 - saturation * Math.max(0, Math.min(turn, 4 - turn, 1)));
    });
    result[2 * at + 3] = 255;
  }
  return result;
}
