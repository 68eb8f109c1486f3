/** What the page says: progress while it loads, notes beside the picture, and sentences about what went wrong. */

import { PageError } from "./types";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

/** A sentence that stays until it is closed, read out at once. */
export function alertPerson(sentence: string): void {
  element("alert-text").textContent = sentence;
  element("alert").hidden = false;
}

export function closeAlert(): void {
  element("alert").hidden = true;
}

/** A line beside the picture; empty to clear it. */
export function note(sentence: string): void {
  const place = element("note");
  if (place.textContent !== sentence) place.textContent = sentence;
}

/** The bar in the place of the picture, from 0 to 1; null while it is not known how much there is, false to take it away. */
export function progress(sentence: string, share: number | null | false): void {
  element("loading").hidden = share === false;
  element("progress-text").textContent = sentence;
  const bar = element<HTMLProgressElement>("progress");
  if (typeof share === "number") bar.value = share;
  else bar.removeAttribute("value");
}

/** Tells of an error: sentences as they are, of anything else that it is a fault of the page. */
export function tell(error: unknown, doing: string): void {
  const { message = String(error), told = false } = (error ?? {}) as { message?: string; told?: boolean };
  console.warn(doing, error);
  if (told || error instanceof PageError) return alertPerson(message);
  if (/memory|allocation/i.test(message)) {
    return alertPerson(`There is too little memory for ${doing}. Close other tabs and programs, then reload the page.`);
  }
  alertPerson(`Something failed while ${doing} (${message}). Reload the page to begin anew.`);
}
