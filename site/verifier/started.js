// The words that a page begins with, "did not load completely": away once it has started, and back when something fails that
// nothing foresaw. A module that was changed on its way may be well-formed and wrong: that must never end in silence.

export function started() {
  const words = document.getElementById("unstarted");
  if (!words.closest("html.embed") && !document.querySelector("footer.foot")) throw new Error("the page is cut"); // the words stay
  words.hidden = true;
  const failed = () => {
    words.classList.add("now");
    words.hidden = false;
  };
  addEventListener("unhandledrejection", failed);
  // What others' scripts in the page do tells no error, nor does a browser that only remarks something.
  addEventListener("error", ({ error }) => error && failed());
}
