// A page that goes on by itself: whenever the server says that something has happened, the page asks for itself again and takes over the
// elements that are marked with data-live. What has the focus stays as it is.

import { localise } from "./console.js";

let busy = false, again = false;

async function renew() {
  if (document.hidden || busy) {
    again = true;
    return;
  }
  busy = true;
  again = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The stream comes back by itself, and with it the next look.
  } finally {
    busy = false;
  }
  if (again && !document.hidden) setTimeout(renew, 1000);
}

function take(page) {
  localise(page);
  for (const now of document.querySelectorAll("[data-live][id]")) {
    const next = page.getElementById(now.id);
    if (!next || next.outerHTML === now.outerHTML || now.contains(document.activeElement)) continue;
    now.replaceWith(next);
  }
}

export function follow(main) {
  if (main.dataset.stream) {
    const stream = new EventSource(main.dataset.stream);
    stream.onmessage = renew;
    // What happened while the page was loading, or the stream was away.
    stream.onopen = renew;
    addEventListener("pagehide", () => stream.close());
  }
  if (main.dataset.every) setInterval(renew, Number(main.dataset.every) * 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) renew(); });
}
