// Runs a Python file inside the site's own bundled Pyodide, under node, with the bytes that the browser gets.
//
//   node pyodide_run.mjs SITE_FOLDER REPOSITORY SCRIPT.py [NAME=HOST_FOLDER ...]
//
// The repository is mounted read-write at /repo and each NAME at /NAME; our core is started as the worker does it. What only an
// audit needs, and what no page loads, lie at /core/audit.zip and /core/wheel.zip, to `extend` it with. Exit 0 when the script ends, 1 when it raises; its output goes to stdout.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [site, repository, script, ...mounts] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(join(site, "runtime.json"), "utf8"));
const engine = resolve(site, manifest.engine);
const { loadPyodide } = await import(pathToFileURL(join(engine, "pyodide.mjs")).href);
const python = await loadPyodide({
  indexURL: engine + "/",
  stdLibURL: resolve(site, manifest.library.path),
  packageBaseUrl: engine + "/",
  lockFileContents: { info: manifest.info, packages: {} },
  env: { PYTHONPATH: "/core/lookup.zip", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide" },
  fsInit: async (FS) => {
    FS.mkdirTree("/core");
    for (const name of ["lookup", "audit", "wheel"]) FS.writeFile(`/core/${name}.zip`, readFileSync(join(site, manifest[name].path)));
  },
});
python.pyimport(manifest.start);
python.mountNodeFS("/repo", resolve(repository));
for (const mount of mounts) {
  const [name, folder] = mount.split("=");
  python.mountNodeFS(`/${name}`, resolve(folder));
}
try {
  python.runPython(readFileSync(script, "utf8"), { filename: script });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
