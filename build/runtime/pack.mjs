// Makes the browser's Python runtime, inside the very Pyodide that will run it, so that no Python 3.14 is needed here.
//
//   node pack.mjs PYODIDE_FOLDER WORK_FOLDER
//
// WORK_FOLDER holds job.json (see sitegen/runtime.py) and the files it names; the results are written to WORK_FOLDER/made.
// All decisions are in pack.py; this file only starts it. Prints pack.py's summary as one line of JSON.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodideFolder, workFolder] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(join(pyodideFolder, "pyodide.mjs")).href);

// The hash seed is fixed because the order of names in compiled code may depend on it.
const python = await loadPyodide({
  indexURL: pyodideFolder + "/",
  env: { PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide" },
  stdout: (line) => console.error(line),
});
python.mountNodeFS("/work", workFolder);
python.mountNodeFS("/pyodide", pyodideFolder);
const source = readFileSync(new URL("./pack.py", import.meta.url), "utf8");
try {
  console.log(python.runPython(source + "\npack('/work', '/pyodide')\n", { filename: "pack.py" }));
} catch (error) {
  // Otherwise node would print the whole line of minified code where it was thrown.
  console.error(error.message);
  process.exit(1);
}
