// The worker that reads QR codes in pictures and frames of the camera. Nothing of them is kept, and nothing leaves it but text.
//
// In:   {kind: "picture", id, blob} · {kind: "frame", id, bitmap}
// Out:  {kind: "read", id, texts} · {kind: "failed", id, reason: "reader" | "picture-unreadable" | "picture-large"}
//
// The reader is zxing-wasm, self-hosted; its wasm is fetched here and hashed before it is used, as the verifier's is.
import { config } from "./config.js";

const SITE = new URL("../", import.meta.url);
const { qr } = config.runtime;
const PIXELS = 100_000_000; // a picture of more is refused before it is unpacked
const SIDE = 4096; // and none is looked at larger than this
const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true, maxNumberOfSymbols: 8 };

async function fetchWasm() {
  const response = await fetch(new URL(qr.wasm.path, SITE), { credentials: "same-origin", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  if (btoa(String.fromCharCode(...digest)) !== qr.wasm.sha256) throw new Error("the reader does not have its fingerprint");
  return bytes;
}

async function load() {
  const [zxing, wasmBinary] = await Promise.all([import(new URL(qr.loader, SITE).href), fetchWasm()]);
  // Given the bytes, it asks nobody for them: its own default would be another origin.
  await zxing.prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  return zxing;
}

const reader = load();
reader.catch(() => {}); // told to whoever asks

async function read(image) {
  const { readBarcodes } = await reader;
  return (await readBarcodes(image, OPTIONS)).filter(({ isValid }) => isValid).map(({ text }) => text);
}

// Width and height as the first bytes of a picture state them, or null where they do not.
function statedSize(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 32) return null;
  if (bytes[0] === 0x89) return [view.getUint32(16), view.getUint32(20)]; // PNG
  if (bytes[0] === 0x47) return [view.getUint16(6, true), view.getUint16(8, true)]; // GIF
  if (bytes[0] === 0x42) return [Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true))]; // BMP
  if (bytes[0] !== 0xff) return null;
  let at = 2; // JPEG: the segments up to the frame
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

function pixels(bitmap, scale) {
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // under what is transparent
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

// The same picture with its greys spread from black to white; the darkest and lightest hundredth do not count.
function stretched(image) {
  const { data } = image;
  const counts = new Uint32Array(256);
  for (let at = 0; at < data.length; at += 4) counts[(data[at] * 77 + data[at + 1] * 151 + data[at + 2] * 28) >> 8] += 1;
  const edge = data.length / 400;
  let low = 0;
  let high = 255;
  for (let seen = counts[0]; seen < edge && low < 254; seen += counts[low]) low += 1;
  for (let seen = counts[255]; seen < edge && high > low + 1; seen += counts[high]) high -= 1;
  for (let at = 0; at < data.length; at += 4) {
    const grey = (data[at] * 77 + data[at + 1] * 151 + data[at + 2] * 28) >> 8;
    data[at] = data[at + 1] = data[at + 2] = ((grey - low) * 255) / (high - low); // clamped by the array
  }
  return image;
}

async function readPicture(blob) {
  const head = new Uint8Array(await blob.slice(0, 262_144).arrayBuffer());
  const size = statedSize(head);
  if (size && size[0] * size[1] > PIXELS) throw Object.assign(new Error("too many pixels"), { reason: "picture-large" });
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch (error) {
    throw Object.assign(error, { reason: "picture-unreadable" });
  }
  try {
    const longest = Math.max(bitmap.width, bitmap.height);
    // Middling first, which is quick and mends blur; then all there is; then small; at last with the contrast raised.
    const sides = [...new Set([2048, SIDE, 1024, 512].map((side) => Math.min(side, longest)))];
    if (longest < 400) sides.push(longest * 3);
    for (const change of [(image) => image, stretched])
      for (const side of sides) {
        const texts = await read(change(pixels(bitmap, side / longest)));
        if (texts.length > 0) return texts;
      }
  } finally {
    bitmap.close();
  }
  // A browser that blurs what a canvas gives back, for privacy, still lets the reader unpack the file itself.
  return read(blob).catch(() => []);
}

async function readFrame(bitmap, turn) {
  const scale = Math.min(1, 1280 / Math.max(bitmap.width, bitmap.height));
  const image = pixels(bitmap, scale);
  bitmap.close();
  return read(turn % 3 === 2 ? stretched(image) : image);
}

self.addEventListener("message", async ({ data: { kind, id, blob, bitmap } }) => {
  try {
    await reader;
  } catch (error) {
    postMessage({ kind: "failed", id, reason: "reader", detail: String(error) });
    return;
  }
  try {
    postMessage({ kind: "read", id, texts: kind === "frame" ? await readFrame(bitmap, id) : await readPicture(blob) });
  } catch (error) {
    postMessage({ kind: "failed", id, reason: error.reason ?? "picture-unreadable", detail: String(error) });
  }
});
