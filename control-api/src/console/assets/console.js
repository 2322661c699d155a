// What every page has: times in the reader's own zone, questions before what cannot be undone, copying, and what is loaded where it is
// needed. Pages work without any of it.

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-offset])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
    time.title = time.dateTime;
  }
}

localise(document);

document.addEventListener("submit", event => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  if (!text) return;
  await navigator.clipboard.writeText(text.textContent);
  button.textContent = button.dataset.copied;
});

const main = document.getElementById("main");
if (main?.dataset.stream || main?.dataset.every) import("./live.js").then(live => live.follow(main));
if (document.querySelector("ol.order")) import("./order.js").then(order => order.arrange());
const recorder = document.getElementById("recorder");
if (recorder) import("./recorder.js").then(module => module.record(recorder));
