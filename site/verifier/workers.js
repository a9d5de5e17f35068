// Starts the workers of this page. Under Trusted Types the one policy, "app", gives out these addresses and no others.
const WORKERS = {
  verifier: new URL("./worker.js", import.meta.url),
  qr: new URL("./decode.js", import.meta.url),
};
const KNOWN = new Set(Object.values(WORKERS).map((url) => url.href));

const policy = globalThis.trustedTypes?.createPolicy("app", {
  createScriptURL(text) {
    const url = new URL(text, document.baseURI);
    if (!KNOWN.has(url.href) || url.origin !== location.origin) throw new TypeError("not a worker of this page");
    return url.href;
  },
});

export function startWorker(name) {
  const { href } = WORKERS[name];
  return new Worker(policy ? policy.createScriptURL(href) : href, { type: "module" });
}
