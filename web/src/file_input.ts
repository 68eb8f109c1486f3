/** Pictures and films that are chosen, dropped or pasted. */

import { closeAlert, note, tell } from "./messages";
import { required } from "./controls";
import { PageError } from "./types";

/** Has `take` called with every file that is given to the page. */
export function takeFiles(take: (file: File) => Promise<void>): void {
  const given = async (file: File | null | undefined) => {
    if (!file) return;
    closeAlert();
    try {
      if (!/^(image|video)\//.test(file.type)) {
        throw new PageError(`${file.name} is neither a picture nor a film. Choose a JPEG, PNG or WebP, an MP4 or WebM.`);
      }
      await take(file);
    } catch (error) {
      note("");
      tell(error, `opening ${file.name}`);
    }
  };
  for (const [button, input] of [["photo", "photo-file"], ["film", "film-file"]]) {
    const field = required<HTMLInputElement>(input);
    required(button).addEventListener("click", () => field.click());
    field.addEventListener("change", async () => {
      await given(field.files?.[0]);
      field.value = ""; // the same file may be chosen again
    });
  }
  const veil = required("drop");
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    veil.hidden = !event.dataTransfer?.types.includes("Files");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    veil.hidden = true;
    void given(event.dataTransfer?.files[0]);
  });
  document.addEventListener("paste", (event) => void given(event.clipboardData?.files[0]));
}
