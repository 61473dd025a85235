// Keeps the page true without reloading it: asks for its changing part every second or so, or as soon as the last answer is
// there when the server waits with it until something is new, and changes only what differs, so that focus, selection, what
// was typed and opened details stay where they are. Without scripts the page still works.

"use strict";

const SLOWEST_MS = 10000;

const live = document.querySelector("[data-live]");
const everyMs = live && Number(live.dataset.live) * 1000;
const banner = document.querySelector("#contact");

let waitMs = everyMs;
let shown = "";
let seen = "";

async function refresh() {
  if (document.hidden) return;
  try {
    const asked = { Accept: "text/html", "Tidings-Part": "live" };
    if (seen) asked["If-None-Match"] = seen;
    const answer = await fetch(location.href, { headers: asked, cache: "no-store", redirect: "error" });
    if (answer.status === 401) return location.reload();
    if (answer.status === 304) return contact("");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.text());
    seen = answer.headers.get("ETag") ?? "";
    contact("");
  } catch {
    contact("No contact with the server; these numbers are old. Trying again.");
  }
}

function contact(text) {
  waitMs = text ? Math.min(waitMs * 2, SLOWEST_MS) : everyMs;
  // Written only when it changes: a screen reader speaks at every change.
  if (banner.textContent !== text) banner.textContent = text;
}

function show(html) {
  if (html === shown) return;
  shown = html;
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  alignChildren(live, fresh);
}

function alignChildren(present, wanted) {
  const known = new Map([...present.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = present.firstChild;
  for (const child of [...wanted.childNodes]) {
    const same = child.id ? known.get(child.id) : alike(place, child) ? place : null;
    if (same) {
      if (same !== place) present.insertBefore(same, place);
      else place = place.nextSibling;
      align(same, child);
    } else {
      present.insertBefore(document.importNode(child, true), place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function alike(one, other) {
  return one && one.nodeType === other.nodeType && one.nodeName === other.nodeName && !one.id && !other.id;
}

function align(present, wanted) {
  if (present.nodeType !== Node.ELEMENT_NODE) {
    if (present.nodeValue !== wanted.nodeValue) present.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name, value } of wanted.attributes) {
    if (present.getAttribute(name) !== value) present.setAttribute(name, value);
  }
  for (const { name } of [...present.attributes]) {
    const isReadersOwn = name === "open" && present.nodeName === "DETAILS";
    if (!wanted.hasAttribute(name) && !isReadersOwn) present.removeAttribute(name);
  }
  alignChildren(present, wanted);
}

async function next() {
  // One question at a time, however long an answer takes.
  await refresh();
  setTimeout(next, waitMs);
}

if (live) {
  setTimeout(next, everyMs);
  document.addEventListener("visibilitychange", refresh);
}

// Comforts: a choice sends its form, "/" goes to the search, the zones are those that the browser knows.

for (const choice of document.querySelectorAll("[data-sends]")) {
  choice.addEventListener("change", () => {
    if (choice.value) {
      for (const end of ["from", "to"]) choice.form.elements[end].value = "";
      choice.form.requestSubmit();
    } else {
      choice.form.querySelector("details").open = true;
      choice.form.elements.from.focus();
    }
  });
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.querySelector("#search").focus();
});

const zones = document.querySelector("#zones");
if (zones && Intl.supportedValuesOf) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const options = [own, "UTC", ...Intl.supportedValuesOf("timeZone")].map((name) => new Option(name, name));
  zones.replaceChildren(...options);
}
