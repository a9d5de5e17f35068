// Starts the workers of this page. Under Trusted Types the one policy, "app", gives out these addresses and no others.
const WORKERS = {
  verifier: new URL("./worker.js", import.meta.url),
  qr: new URL("./decode.js", import.meta.url),
};
const KEEPER = new URL("../sw.js", import.meta.url);
const KNOWN = new Set([...Object.values(WORKERS), KEEPER].map((url) => url.href));

const policy = globalThis.trustedTypes?.createPolicy("app", {
  createScriptURL(text) {
    const url = new URL(text, document.baseURI);
    if (!KNOWN.has(url.href) || url.origin !== location.origin) throw new TypeError("not a worker of this page");
    return url.href;
  },
});

// The service worker that keeps the site for use without a network.
export const registerKeeper = () =>
  navigator.serviceWorker.register(policy ? policy.createScriptURL(KEEPER.href) : KEEPER.href, { updateViaCache: "none" });

// A browser without module workers does not ask for the type: it would take the module for a script, and only say that it
// cannot be parsed, as after a bad download.
export function startWorker(name) {
  const { href } = WORKERS[name];
  let modules = false;
  const options = {
    get type() {
      modules = true;
      return "module";
    },
  };
  const worker = new Worker(policy ? policy.createScriptURL(href) : href, options);
  if (modules) return worker;
  worker.terminate();
  throw new TypeError("no module workers");
}
