// Runs a Python file inside the site's own bundled Pyodide, under node, with the bytes that the browser gets.
//
//   node pyodide_run.mjs SITE_FOLDER REPOSITORY SCRIPT.py [NAME=HOST_FOLDER ...]
//
// The repository is mounted read-write at /repo and each NAME at /NAME; our core comes from the wheel alone. Exit 0 when the
// script ends, 1 when it raises; its output goes to stdout.
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
  env: { PYTHONPATH: "/wheel/core.whl", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide" },
  fsInit: async (FS) => {
    FS.mkdirTree("/wheel");
    FS.writeFile("/wheel/core.whl", readFileSync(join(site, manifest.wheel.path)));
  },
});
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
