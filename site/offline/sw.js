// Keeps one release of this site, whole, for use without a network; only for visitors who asked for it (offline.js).
//
// `RELEASE` is written in front of this file by the build: {id, files: {path: base64 of its SHA-256}}. A release is fetched
// entirely and hash by hash before it counts, and takes over when no page of the old one is open: two are never mixed.
// Files of the ledger come from the network whenever there is one. Without one, a kept copy is given and marked as such: the
// page then shows its answer as one of that copy's time, never as one of today.
const CACHE = `release-${RELEASE.id}`;
const KEPT = "ledger-kept";
const MARK = "X-Ledger-Kept";
const SCOPE = new URL("./", self.location.href);

const pathOf = (address) => {
  const url = new URL(address);
  return url.origin === SCOPE.origin && url.pathname.startsWith(SCOPE.pathname) ? url.pathname.slice(SCOPE.pathname.length) : null;
};

async function fetchRelease() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    Object.entries(RELEASE.files).map(async ([path, wanted]) => {
      const address = new URL(path, SCOPE).href;
      const response = await fetch(address, { cache: "no-cache", credentials: "same-origin", referrerPolicy: "no-referrer" });
      if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
      const bytes = await response.arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      if (btoa(String.fromCharCode(...digest)) !== wanted) throw new Error(`${path}: of another release`);
      await cache.put(address, new Response(bytes, { headers: response.headers }));
    }),
  );
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("release-") && name !== CACHE).map((name) => caches.delete(name)));
}

async function ledgerFile(request) {
  const kept = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.status === 200) await kept.put(request.url, response.clone());
    return response;
  } catch (error) {
    const copy = await kept.match(request.url);
    if (!copy) throw error;
    return new Response(await copy.arrayBuffer(), { headers: { ...Object.fromEntries(copy.headers), [MARK]: "1" } });
  }
}

self.addEventListener("install", (event) => event.waitUntil(fetchRelease()));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder()));
self.addEventListener("fetch", (event) => {
  const path = event.request.method === "GET" ? pathOf(event.request.url) : null;
  if (path === null) return;
  if (path.startsWith("ledger/details/")) return; // somebody's sealed details are never kept
  if (path.startsWith("ledger/")) event.respondWith(ledgerFile(event.request));
  else if (path in RELEASE.files) event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(new URL(path, SCOPE).href)) ?? fetch(event.request)));
});
