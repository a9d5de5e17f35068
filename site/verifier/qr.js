// The page's hold on the worker that reads QR codes: started when somebody shows one, ended when it is silent.
import { startWorker } from "./workers.js";

const SECONDS = 60; // a large picture on a slow phone, the reader's download included

export class QrReader {
  #worker = null;
  #waiting = new Map();
  #count = 0;

  // The texts of the QR codes in a picture, a Blob; rejects with an Error whose reason is "reader", "picture-…" or "timeout".
  readPicture(blob) {
    return this.#ask({ kind: "picture", blob }, []);
  }

  // The same for a frame of the camera, an ImageBitmap, which is given away.
  readFrame(bitmap) {
    return this.#ask({ kind: "frame", bitmap }, [bitmap]);
  }

  // Begins the download, while the browser asks for the camera or the visitor for a file.
  prepare() {
    try {
      this.#start();
    } catch {
      // No workers here: said when something is to be read.
    }
  }

  #start() {
    if (this.#worker) return;
    this.#worker = startWorker("qr");
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#end("reader");
    });
  }

  #ask(message, given) {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end("timeout"), SECONDS * 1000);
      this.#waiting.set(id, { resolve, reject, timer });
      try {
        this.#start();
        this.#worker.postMessage({ ...message, id }, given);
      } catch {
        this.#end("reader"); // no workers here
      }
    });
  }

  #hear({ kind, id, texts, reason }) {
    if (kind === "failed" && reason === "reader") {
      this.#end(reason); // the next question starts a new worker, which downloads again
      return;
    }
    const one = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(one?.timer);
    if (kind === "read") one?.resolve(texts);
    else one?.reject(Object.assign(new Error(reason), { reason }));
  }

  #end(reason) {
    this.#worker?.terminate();
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(Object.assign(new Error(reason), { reason }));
    }
  }
}
