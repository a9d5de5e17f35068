// The newest checkpoint this browser has seen, for step V6. It says nothing about what was looked up.
import { origin } from "./texts.js";

const SEEN = `ledger.seen.${origin}`;

export function recall() {
  try {
    return localStorage.getItem(SEEN) ?? "";
  } catch {
    return ""; // storage is switched off: V6 says that nothing was seen before
  }
}

export function remember(note) {
  try {
    if (note) localStorage.setItem(SEEN, note);
  } catch {
    // Without storage the check still stands; only V6 cannot compare next time.
  }
}
