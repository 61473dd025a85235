// Keeps the page true without reloading it: asks for the part marked data-live every second and changes only what
// differs, so that focus, selection and opened details stay where they are. Without scripts the page still works.

"use strict";

const EVERY_MS = 1000;
const SLOWEST_MS = 10000;

const live = document.querySelector("[data-live]");
const banner = document.querySelector("#contact");

let waitMs = EVERY_MS;

function refresh() {
  if (document.hidden) return;
  fetch(live.dataset.live, { headers: { Accept: "text/html" }, cache: "no-store" })
    .then((answer) => {
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer.text().then(show);
    })
    .then(() => contact(""))
    .catch(() => contact("No contact with the server; these numbers are old. Trying again."));
}

function contact(text) {
  waitMs = text ? Math.min(waitMs * 2, SLOWEST_MS) : EVERY_MS;
  // Written only when it changes: a screen reader speaks at every change.
  if (banner.textContent !== text) banner.textContent = text;
}

function show(html) {
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

function next() {
  refresh();
  setTimeout(next, waitMs);
}

if (live) {
  setTimeout(next, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
}
