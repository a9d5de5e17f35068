// A certificate as a PDF, read in the page: what is ours in it. Pictures of scanned pages are given back, to look for a QR code in.

const PICTURES = 20; // that are looked at; a certificate has one page

const text = (bytes) => new TextDecoder("latin1").decode(bytes);

// The JPEG pictures of a PDF as they lie in it: a scanned page is one.
function pictures(bytes, content) {
  const found = [];
  for (const { index, 0: start } of content.matchAll(/stream\r?\n(?=\xff\xd8\xff)/g)) {
    const from = index + start.length;
    const to = content.indexOf("endstream", from);
    if (to < 0 || found.length === PICTURES) break;
    found.push(new Blob([bytes.subarray(from, to)], { type: "image/jpeg" }));
  }
  return found;
}

// {state: "encrypted" | "broken" | "foreign", pictures}: a PDF of which nothing is ours is "foreign".
export function readPdf(bytes) {
  const content = text(bytes);
  if (!content.includes("startxref") || !content.includes("%%EOF")) return { state: "broken", pictures: [] };
  // In the trailer, or in the dictionary of a cross-reference stream.
  if (/\/Encrypt\s+\d+\s+\d+\s+R/.test(content)) return { state: "encrypted", pictures: [] };
  return { state: "foreign", pictures: pictures(bytes, content) };
}
