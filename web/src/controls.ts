/** Small helpers for the page's buttons. */

/** The element of an id that the page has. */
export function required<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page lacks #${id}`);
  return found as T;
}

/** Buttons of which one at most is chosen; gives a function that marks one, or none by -1. */
export function choices(
  place: HTMLElement,
  names: string[],
  onChoose: (index: number) => void,
  kind: "radio" | "toggle" = "toggle",
): (index: number) => void {
  const state = kind === "radio" ? "aria-checked" : "aria-pressed";
  const mark = (chosen: number) =>
    buttons.forEach((button, index) => {
      button.setAttribute(state, String(index === chosen));
    });
  const buttons = names.map((name, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    if (kind === "radio") button.setAttribute("role", "radio");
    button.addEventListener("click", () => {
      mark(index);
      onChoose(index);
    });
    place.append(button);
    return button;
  });
  mark(-1);
  return mark;
}
