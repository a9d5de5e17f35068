// Makes the browser's Python runtime, inside the very Pyodide that will run it, so that no Python 3.14 is needed here.
//
//   node pack.mjs PYODIDE_FOLDER WORK_FOLDER
//
// WORK_FOLDER holds job.json (see sitegen/runtime.py), the files it names, and the library as it was before packing; the
// results are written to WORK_FOLDER/made.
// All decisions are in exercise.py and pack.py; this file only starts them. Prints pack.py's summary as one line of JSON.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodideFolder, workFolder] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(join(pyodideFolder, "pyodide.mjs")).href);

// The hash seed is fixed because the order of names in compiled code may depend on it.
const python = await loadPyodide({
  indexURL: pyodideFolder + "/",
  stdLibURL: join(workFolder, "python_stdlib.zip"),
  env: { PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide" },
  stdout: (line) => console.error(line),
});
python.mountNodeFS("/work", workFolder);
python.mountNodeFS("/pyodide", pyodideFolder);
const run = (name, call) => {
  const source = readFileSync(new URL(name, import.meta.url), "utf8");
  return python.runPython(`${source}\n${call}\n`, { filename: name });
};
try {
  run("exercise.py", "exercise('/work')");
  console.log(run("pack.py", "pack('/work', '/pyodide')"));
} catch (error) {
  // Otherwise node would print the whole line of minified code where it was thrown.
  console.error(error.message);
  process.exit(1);
}
