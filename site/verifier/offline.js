// Keeping this site for use without a network: only when the visitor asks, because what was looked up leaves traces then: the
// shards of those numbers. One button keeps, another clears everything.
import { byId, show, text } from "./render.js";
import { registerKeeper } from "./workers.js";

const say = (id) => {
  byId("offline-state").textContent = text(id);
};

async function kept() {
  const found = await navigator.serviceWorker.getRegistration();
  show("offline-keep", !found);
  show("offline-clear", Boolean(found));
  if (found) say(found.active ? "offline.kept" : "offline.keeping");
}

async function keep() {
  say("offline.keeping");
  try {
    const registration = await registerKeeper();
    const installing = registration.installing ?? registration.waiting;
    if (installing)
      await new Promise((resolve, reject) => {
        installing.addEventListener("statechange", () => {
          if (installing.state === "activated") resolve();
          if (installing.state === "redundant") reject(new Error("not whole"));
        });
      });
    await kept();
  } catch {
    say("offline.failed");
  }
}

async function clear() {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
  await kept();
  say("offline.cleared");
}

export async function offerOffline() {
  if (!navigator.serviceWorker || !globalThis.caches) return;
  byId("offline-keep").addEventListener("click", keep);
  byId("offline-clear").addEventListener("click", clear);
  await kept();
  show("offline-box");
}
