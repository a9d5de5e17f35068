// A notice ends with its last day, in China, even where the site has not been built again since: what is marked to last
// until a day is taken off the page after it, and what is to be said then is shown.
const china = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit" });
const part = Object.fromEntries(china.formatToParts(new Date()).map(({ type, value }) => [type, value]));
const today = `${part.year}-${part.month}-${part.day}`;

for (const element of document.querySelectorAll("[data-until]")) if (element.dataset.until < today) element.remove();
for (const element of document.querySelectorAll("[data-after]")) element.hidden = element.dataset.after >= today;
const running = document.getElementById("running");
if (running && !running.querySelector("[data-until]")) {
  running.remove();
  const none = document.getElementById("none"); // on the page of all running notices only
  if (none) none.hidden = false;
}
