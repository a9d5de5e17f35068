// What a dropped, pasted or chosen file is, by its first bytes and never by its name; and who reads which kind.

export const LARGEST = 25 * 1024 * 1024; // bytes
const HEAD = 64;

const ascii = (bytes, from, length) => String.fromCharCode(...bytes.subarray(from, from + length));

// "image" | "heic" | "pdf" | "zip" (a workbook) | "receipt" | "json" | "text" | "" (anything else), from the first bytes.
export function kindOf(bytes) {
  const start = ascii(bytes, 0, 16);
  if (start.startsWith("\x89PNG\r\n\x1a\n") || start.startsWith("\xff\xd8\xff") || start.startsWith("GIF8") || start.startsWith("BM")) return "image";
  if (start.startsWith("RIFF") && ascii(bytes, 8, 4) === "WEBP") return "image";
  if (ascii(bytes, 4, 4) === "ftyp") return ascii(bytes, 8, 4).startsWith("avi") ? "image" : "heic";
  if (ascii(bytes, 0, HEAD).includes("%PDF-")) return "pdf";
  if (start.startsWith("PK\x03\x04")) return "zip";
  if (ascii(bytes, 0, 24) === "skill-ledger/receipt/v1\n") return "receipt";
  if (/^\s*[{[]/.test(start.replace("\xef\xbb\xbf", ""))) return "json";
  return bytes.length > 0 && !bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32)) ? "text" : "";
}

const readers = new Map();

// Lets `read(file, kind)` have every file of these kinds that is dropped, pasted or chosen on the page.
export function readFilesOf(kinds, read) {
  for (const kind of kinds) readers.set(kind, read);
}

// Hands a file to its reader. Resolves to "" when it was taken, else to why not: "empty" | "large" | "unreadable" | "unknown".
export async function takeFile(file) {
  if (file.size === 0) return "empty";
  if (file.size > LARGEST) return "large";
  let kind;
  try {
    kind = kindOf(new Uint8Array(await file.slice(0, HEAD).arrayBuffer()));
  } catch {
    return "unreadable"; // a folder, or a file that is gone or may not be read
  }
  const read = readers.get(kind);
  if (!read) return "unknown";
  await read(file, kind);
  return "";
}
