/** Finds people and follows them through a film, by MediaPipe's pose networks on LiteRT. The twin of detectors/blazepose.py. */

import { BLAZEPOSE } from "./constants";
import { type BodyPoint, readPoints, refined } from "./pose_points";
import { around, cut, overlap, type Region, toPicture, wholePicture } from "./regions";
import { anchors, blend, decode } from "./ssd";
import type { Picture, Point } from "./types";

/** A network with one square picture as input; gives its outputs in the order of the file. */
export interface SquareNetwork {
  size: number;
  run(input: Float32Array): Promise<Float32Array[]>;
}

/** A person in a picture: 33 points in pixels (the center of the first is 0), and where to look in the next frame. */
export interface PersonFound {
  points: BodyPoint[];
  region: Region;
  nextRegion: Region;
  number: number;
}

export class PeopleFinder {
  private readonly places: Point[];
  private followed: PersonFound[] = [];
  private frames = 0;
  private numbers = 0;

  constructor(
    private readonly detector: SquareNetwork,
    private readonly points: SquareNetwork,
    private readonly most = 2,
  ) {
    this.places = anchors(detector.size, BLAZEPOSE.strides);
  }

  /** The next frame that `follow` is given is of another film. */
  forget(): void {
    this.followed = [];
    this.frames = this.numbers = 0;
  }

  /** The people of a picture, the likeliest first. */
  async find(picture: Picture): Promise<PersonFound[]> {
    const found: PersonFound[] = [];
    for (const [number, region] of (await this.look(picture)).slice(0, this.most).entries()) {
      const person = await this.person(picture, region, number);
      if (person) found.push(person);
    }
    return found;
  }

  /** The people of the next frame of a film; those who were there before come first. */
  async follow(picture: Picture): Promise<PersonFound[]> {
    let people: PersonFound[] = [];
    for (const one of this.followed) {
      const person = await this.person(picture, one.nextRegion, one.number);
      if (person) people = apart([...people, person]);
    }
    if (people.length < this.most && (!people.length || this.frames % BLAZEPOSE.lookEvery === 0)) {
      for (const region of await this.look(picture)) {
        const known = people.some((person) => overlap(region, person.region) > BLAZEPOSE.sameRegion);
        if (known || people.length === this.most) continue;
        const person = await this.person(picture, region, this.numbers);
        if (!person) continue;
        this.numbers += 1;
        people = apart([...people, person]);
      }
    }
    this.followed = people;
    this.frames += 1;
    return people;
  }

  /** The regions of all people whom the detector sees. */
  private async look(picture: Picture): Promise<Region[]> {
    const everything = wholePicture(picture.width, picture.height);
    const size = this.detector.size;
    const [raw, logits] = await this.detector.run(cut(picture, everything, size, true, 1 / 127.5, -1));
    const found = blend(decode(raw, logits, this.places, size, BLAZEPOSE.leastScore), BLAZEPOSE.sameBox);
    return found.map((one) => {
      const [center, edge] = one.points.map((point) => toPicture(point, everything));
      return around(center, edge, BLAZEPOSE.margin);
    });
  }

  /** The person of a region, or null if it shows nobody. */
  private async person(picture: Picture, region: Region, number: number): Promise<PersonFound | null> {
    const size = this.points.size;
    const outputs = await this.points.run(cut(picture, region, size, false, 1 / 255, 0));
    const [raw, presence, , heatMaps] = outputs;
    if (presence[0] < BLAZEPOSE.leastPresence) return null;
    const side = Math.sqrt(heatMaps.length / BLAZEPOSE.points);
    const points = refined(readPoints(raw, size), heatMaps, side, side).map((point): BodyPoint => {
      const [x, y] = toPicture([point[0], point[1]], region);
      return [x, y, point[2] * region.size, point[3], point[4]];
    });
    const place = (index: number): Point => [points[index][0], points[index][1]];
    const nextRegion = around(place(BLAZEPOSE.center), place(BLAZEPOSE.edge), BLAZEPOSE.margin);
    // From edges to centers of pixels.
    const body = points.slice(0, BLAZEPOSE.bodyPoints).map((p): BodyPoint => [p[0] - 0.5, p[1] - 0.5, p[2], p[3], p[4]]);
    return { points: body, region, nextRegion, number };
  }
}

/** The people without those whose points are nearly those of one before them: two regions that slid onto one person. */
function apart(people: PersonFound[]): PersonFound[] {
  const kept: PersonFound[] = [];
  for (const person of people) {
    if (kept.every((other) => overlap(person.nextRegion, other.nextRegion) <= BLAZEPOSE.sameRegion)) kept.push(person);
  }
  return kept;
}
