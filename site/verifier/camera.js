// Scanning a QR code with the camera, in a dialog. Frames go to the worker one at a time and are kept nowhere; the camera is
// switched off as soon as something is read, the dialog closes, or the page is hidden.
import { byId, text } from "./render.js";

const PAUSE = 80; // ms between frames
const DENIED = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", AbortError: "busy" };

// `readFrame(bitmap)` resolves to the texts in it; `take(texts)` gets the first that are not empty.
export function offerCamera(readFrame, take) {
  const dialog = byId("camera");
  const video = byId("camera-picture");
  let stream = null;
  let turn = 0; // what belongs to an earlier opening is dropped

  const say = (id) => {
    byId("camera-state").textContent = text(id);
  };

  function stop() {
    turn += 1;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
  }

  async function look(mine) {
    while (mine === turn) {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) {
        const texts = await readFrame(await createImageBitmap(video));
        if (mine !== turn) return;
        if (texts.length > 0) {
          dialog.close();
          take(texts);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  function fail(id) {
    stop();
    video.hidden = true;
    say(id);
  }

  async function open() {
    dialog.showModal();
    video.hidden = true;
    if (!navigator.mediaDevices?.getUserMedia) return fail("camera.unsupported"); // also on a page without https
    say("camera.asking");
    const mine = (turn += 1);
    let opened;
    try {
      const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } };
      opened = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      return mine === turn ? fail(`camera.${DENIED[error.name] ?? "failed"}`) : undefined;
    }
    if (mine !== turn) {
      for (const track of opened.getTracks()) track.stop(); // closed while the browser was asking
      return undefined;
    }
    stream = opened;
    stream.getVideoTracks()[0]?.addEventListener("ended", () => mine === turn && fail("camera.lost"));
    video.srcObject = stream;
    video.hidden = false;
    say("camera.looking");
    try {
      await video.play();
      await look(mine);
    } catch (error) {
      if (mine === turn) fail(error.reason === "reader" ? "ways.reader" : "camera.failed");
    }
    return undefined;
  }

  dialog.addEventListener("close", stop);
  byId("camera-close").addEventListener("click", () => dialog.close());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && dialog.open) dialog.close();
  });
  window.addEventListener("pagehide", () => dialog.open && dialog.close());
  return open;
}
