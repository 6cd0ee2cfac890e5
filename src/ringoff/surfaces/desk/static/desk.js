// The desk works without this. With it, it works without a mouse: press ? for the keys.
const rows = () => [...document.querySelectorAll("table.queue tbody tr")];
let chosen = 0, going = false;

function choose(n) {
  const all = rows();
  if (!all.length) return;
  chosen = Math.max(0, Math.min(all.length - 1, n));
  all.forEach((row, at) => row.setAttribute("aria-selected", at === chosen));
  const first = all[chosen].querySelector("a, button");
  if (first) first.focus({ preventScroll: true });
  all[chosen].scrollIntoView({ block: "nearest" });
}

function press(selector) {
  const row = rows()[chosen];
  const button = (row && row.querySelector(selector)) || document.querySelector(`main ${selector}`);
  if (button) button.click();
}

function help() {
  const shown = document.getElementById("keys");
  if (shown) shown.hidden = !shown.hidden;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (going) {
    going = false;
    const tab = document.querySelector(`nav a[data-go="${CSS.escape(event.key)}"]`);
    if (tab) tab.click();
    return;
  }
  const does = {
    "/": () => document.querySelector("main input:not([type=hidden])")?.focus(),
    j: () => choose(rows().some((row) => row.ariaSelected === "true") ? chosen + 1 : 0),
    k: () => choose(chosen - 1),
    t: () => press("[data-key=t]"),
    u: () => press("[data-key=u]"),
    g: () => { going = true; },
    "?": help,
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
});
// What renews itself must not lose the row that was chosen.
document.addEventListener("htmx:afterSwap", () => { if (rows().some((r) => r === document.activeElement?.closest("tr"))) choose(chosen); });

// A desk that was left alone is locked by the server; this takes away what is still on the screen.
document.addEventListener("DOMContentLoaded", () => {
  const { idle, lock } = document.body.dataset;
  if (!idle) return;
  setTimeout(() => location.assign(lock), (Number(idle) + 5) * 1000);
});
