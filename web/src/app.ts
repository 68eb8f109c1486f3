/** The page: a person, something that moves it, and the picture of both. */

import { JOINTS } from "./constants";
import { imageSize } from "./description";
import { Detector, type Driver, SampleDriver, VideoDriver } from "./drivers";
import { Engine } from "./engine";
import { JointEditor } from "./joint_editor";
import { alertPerson, closeAlert, note, progress, tell } from "./messages";
import { Fit } from "./motion";
import { MOTIONS } from "./motions";
import { takeFiles } from "./file_input";
import { PeopleList, type Sample } from "./people_list";
import { type Person, personOf } from "./person";
import { readPhoto } from "./photo_input";
import { mirrored } from "./pose_edit";
import type { RoomApi } from "./room.worker";
import { Remote } from "./rpc";
import { canShare, download, pictureFile, Recorder } from "./recorder";
import { Stage } from "./stage";
import { takeStill } from "./still";
import { type Picture, type Pose, type Size } from "./types";
import { choices, required } from "./controls";
import { VIEWS } from "./views";

const MODEL_BYTES = 2e6; // about, for the progress bar

class Page {
  private readonly engine = new Engine();
  private readonly detector = new Detector();
  private readonly room = new Remote<RoomApi>("room.worker.js");
  private readonly stage = new Stage(required("picture"), required("frame"));
  private readonly editor = new JointEditor(
    required<SVGSVGElement & HTMLElement>("joints"),
    (pose) => this.byHand(pose),
    (can) => (required<HTMLButtonElement>("undo").disabled = !can),
  );
  private people!: PeopleList;
  private size!: Size;
  private person!: Person;
  private newest: Person | null = null; // who is being taken, or was
  private driver: Driver | null = null;
  private pose!: Pose;
  private recorder: Recorder | null = null;
  private changed = true;
  private emptied = Promise.resolve();
  private rate = 0;
  private milliseconds = 0;

  async start(): Promise<void> {
    if (typeof WebAssembly === "undefined" || typeof OffscreenCanvas === "undefined") {
      progress("This browser is too old for the page: use a current Firefox, Chrome, Edge or Safari.", null);
      return;
    }
    const wanted = new URLSearchParams(location.search).get("accelerator");
    const samples = fetch("samples/people.json").then((answer) => answer.json() as Promise<Sample[]>);
    progress("Loading the network", 0);
    const report = (bytes: number) => progress("Loading the network", Math.min(0.99, bytes / MODEL_BYTES));
    await this.engine.start(report, wanted === "webgpu" ? "webgpu" : "wasm");
    this.size = imageSize(this.engine.description);
    this.stage.fit(this.size);
    const people = await samples;
    this.controls(people);
    await this.takeSample(people[0], 0);
    this.follow(0);
    progress("", false);
    void this.loop();
    if (!wanted && (await this.engine.improve())) this.changed = true;
    navigator.serviceWorker?.register("service_worker.js").catch((error) => console.info("Not kept for offline use:", error));
  }

  /** Draws as long as the page is open: whatever the driver says, or the pose that was made by hand. */
  private async loop(): Promise<void> {
    for (let before = performance.now(); ; ) {
      await new Promise(requestAnimationFrame);
      const pose = this.driver ? this.driver.pose() : this.pose;
      if (!pose || (pose === this.pose && !this.changed)) continue;
      [this.pose, this.changed] = [pose, false];
      try {
        const drawn = await this.engine.generate(pose, this.stage.wanted);
        this.stage.show(drawn);
        const now = performance.now();
        const smooth = (old: number, value: number) => (old ? 0.9 * old + 0.1 * value : value);
        this.rate = smooth(this.rate, 1000 / (now - before));
        this.milliseconds = smooth(this.milliseconds, drawn.milliseconds);
        before = now;
      } catch (error) {
        if (this.engine.accelerator !== "webgpu") {
          tell(error, "drawing the picture");
          return;
        }
        console.warn("WebGPU failed, the CPU takes over:", error);
        await this.engine.fallBack();
        this.changed = true;
        continue;
      }
      if (this.driver) this.editor.show(pose, this.size);
      this.tellSpeed();
    }
  }

  private tellSpeed(): void {
    const { accelerator, description } = this.engine;
    const on = accelerator === "webgpu" ? "the GPU (WebGPU)" : "the CPU (WebAssembly)";
    const { width, height } = this.size;
    const speed = this.driver ? `, ${this.rate.toFixed(this.rate < 10 ? 1 : 0)} pictures a second` : "";
    const text = `On ${on}: ${this.milliseconds.toFixed(0)} ms for ${width} × ${height} pixels${speed}. Weights: ${description.weights.origin}.`;
    const place = required("engine");
    if (place.textContent !== text) place.textContent = text;
  }

  /** The person of a photo takes the place of the one before, and goes on with what that one did. */
  async take(person: Person): Promise<void> {
    this.newest = person;
    await this.engine.source(person.picture, person.pose);
    this.person = person;
    const fit = this.fit();
    if (this.driver) this.driver.refit(fit);
    else this.editor.show((this.pose = person.pose), this.size);
    this.editor.forget();
    this.changed = true;
    note(person.note);
    this.emptied = this.empty(person).catch((error) => console.info("Shown as the network draws it:", error));
  }

  /** Puts the person before the photo without it, as soon as that is made, where the network tells the two apart. */
  private async empty(person: Person): Promise<void> {
    this.stage.room = null;
    if (!("alpha" in this.engine.description.outputs)) return;
    while (!this.milliseconds) await new Promise(requestAnimationFrame); // the page's first picture comes first
    const { more } = await this.engine.generate(person.pose, ["alpha"]);
    const { room, source } = await this.room.call("empty", [person.picture, person.pose, more.alpha]);
    if (this.newest !== person) return;
    await this.engine.source(source, person.pose);
    if (this.newest !== person) return;
    this.stage.room = room;
    this.changed = true;
  }

  private async takeSample(sample: Sample, index: number): Promise<void> {
    const answer = await fetch(`samples/${sample.file}`);
    await this.take(personOf(await readPhoto(await answer.blob()), [sample.pose], this.size));
    this.people.mark(index);
  }

  async takePhoto(photo: Picture): Promise<void> {
    const people = await this.detector.find(photo);
    const person = personOf(photo, people.map(({ pose }) => pose), this.size);
    await this.take(person);
    this.people.showOwn(person);
  }

  private fit(): Fit {
    return new Fit(JOINTS, this.person.pose, this.size);
  }

  /** Whoever or whatever moved the person until now does not any more. */
  private drive(driver: Driver | null, button: string): void {
    this.driver?.stop();
    this.driver = driver;
    required("driver").hidden = !(driver instanceof VideoDriver);
    for (const id of ["film", "camera"]) required(id).setAttribute("aria-pressed", String(id === button));
    if (!(driver instanceof SampleDriver)) this.markMotion(-1);
    this.rate = 0;
    note("");
  }

  private markMotion: (index: number) => void = () => {};

  private follow(index: number): void {
    this.drive(new SampleDriver(MOTIONS[index], this.fit()), "");
    this.markMotion(index);
  }

  async followVideo(file: File | null): Promise<void> {
    this.drive(null, "");
    const [video, canvas] = [required<HTMLVideoElement>("video"), required<HTMLCanvasElement>("driver-pose")];
    const failed = (error: unknown) => {
      this.drive(null, "");
      tell(error, "following the film");
    };
    const driver = await VideoDriver.open(file, video, canvas, this.detector, this.fit(), failed);
    this.drive(driver, file ? "film" : "camera");
  }

  private byHand(pose: Pose): void {
    if (this.driver) this.drive(null, "");
    this.pose = pose;
    this.changed = true;
    this.editor.show(pose, this.size);
  }

  private controls(people: Sample[]): void {
    const opening = (work: Promise<void>) => work.catch((error) => tell(error, "opening the photo"));
    this.people = new PeopleList(
      people,
      (sample) => void opening(this.takeSample(sample, people.indexOf(sample))),
      (person) => void opening(this.take(person).then(() => this.people.showOwn(person))),
    );
    this.markMotion = choices(required("motions"), MOTIONS.map(({ name }) => name), (index) => this.follow(index));
    const views = VIEWS.filter(({ output }) => !output || output in this.engine.description.outputs);
    const mark = choices(required("views"), views.map(({ name }) => name), (index) => {
      this.stage.view = views[index];
      this.changed = true;
      note(views[index].note);
    }, "radio");
    mark(0);
    const on = (id: string, act: () => unknown, doing: string) =>
      required(id).addEventListener("click", async () => {
        try {
          closeAlert();
          await act();
        } catch (error) {
          tell(error, doing);
        }
      });
    on("undo", () => this.editor.undo(), "going back");
    on("mirror", () => this.editor.change(mirrored(this.pose)), "mirroring");
    on("reset", () => this.editor.change(this.person.pose), "going back");
    on("save", async () => download(await pictureFile(this.stage.canvas)), "saving the picture");
    on("share", async () => navigator.share({ files: [await pictureFile(this.stage.canvas)] }), "sharing the picture");
    on("record", () => this.record(), "recording");
    on("camera", () => (required("camera").ariaPressed === "true" ? this.follow(0) : this.followVideo(null)), "opening the camera");
    on("snapshot", async () => {
      const photo = await takeStill();
      if (photo) await this.takePhoto(photo);
    }, "taking a photo");
    on("alert-close", () => {}, "");
    required("share").hidden = !canShare();
    required<HTMLInputElement>("show-joints").addEventListener("change", ({ target }) => {
      required("joints").toggleAttribute("hidden", !(target as HTMLInputElement).checked);
    });
    takeFiles(async (file) => {
      if (file.type.startsWith("video/")) await this.followVideo(file);
      else await this.takePhoto(await readPhoto(file));
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.closest("input, dialog")) return;
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    const id = undo ? "undo" : event.ctrlKey || event.metaKey || event.altKey ? "" : { m: "mirror", "0": "reset" }[event.key];
    if (!id) return;
    event.preventDefault();
    required(id).click();
  }

  private async record(): Promise<void> {
    const recorder = this.recorder;
    this.recorder = recorder ? null : new Recorder(this.stage.canvas);
    required("record").setAttribute("aria-pressed", String(!recorder));
    required("recording").hidden = Boolean(recorder);
    if (recorder) download(await recorder.stop());
  }

  /** For other code of this origin, see docs/page.md. */
  api() {
    return {
      joints: JOINTS,
      photo: () => ({ picture: this.newest!.picture, pose: this.newest!.pose }),
      source: () => this.engine.given(),
      engine: () => ({ accelerator: this.engine.accelerator, milliseconds: this.milliseconds }),
      draw: async (pose: Pose) => (await this.engine.generate(pose, [])).generated,
      show: (pose: Pose) => this.byHand(pose),
      pose: () => this.pose,
      emptied: () => this.emptied,
    };
  }
}

const page = new Page();
(window as unknown as { repose: object }).repose = page.api();
page.start().catch((error) => {
  progress("The page could not start.", null);
  tell(error, "starting the page");
});
window.addEventListener("unhandledrejection", ({ reason }) => alertPerson(`Something failed (${reason?.message ?? reason}).`));
