// Colours and data that the pages share.
"use strict";
const $ = (id) => document.getElementById(id);

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const alpha = (value) => clamp(Math.abs(value), 0, 1).toFixed(3);
const diverging = (v) => `rgba(var(--${v < 0 ? "minus" : "plus"}), ${alpha(v)})`;
const opening = (v) => `rgba(var(--open), ${alpha(v)})`;
const heat = (v) => `rgba(var(--heat), ${alpha(v)})`;

// Ink on a coloured character: white once the colour is strong.
const ink = (v) => (Math.abs(v) > 0.6 ? "#fff" : "");

// One value of every unit as a row of colours, a pixel each.
function drawUnits(canvas, values, isSigned) {
  const context = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
  canvas.width = values.length;
  values.forEach((v, unit) => {
    const colour = isSigned ? (v < 0 ? "--minus" : "--plus") : "--open";
    context.fillStyle = `rgba(${style.getPropertyValue(colour)}, ${alpha(v)})`;
    context.fillRect(unit, 0, 1, 1);
  });
}

// The [layer, unit] that a name such as 0:78 names, or 78 in the layer `now`; where none, as it is now.
function unitNamed(name, now) {
  const match = /^(?:(\d+):)?(\d+)$/.exec(name.trim());
  return match ? [Number(match[1] ?? now.layer), Number(match[2])] : [now.layer, now.unit];
}

// A bar for each row of values below a character; its letter stands at the left of every line.
const bars = (box, rows) => rows.map((row) => {
  const bar = box.appendChild(element("i"));
  bar.dataset.row = row;
  return bar;
});

// Mark the boxes that begin a line, now and whenever lines break elsewhere.
const beginsLine = (box, before) => !before || box.offsetTop !== before.offsetTop;
function letterLines(text) {
  new ResizeObserver(() => {
    const boxes = [...text.querySelectorAll("b")];
    const first = boxes.map((box, k) => beginsLine(box, boxes[k - 1]));
    boxes.forEach((box, k) => box.classList.toggle("first", first[k]));
  }).observe(text);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const rowOf = (tag, cells) => {
  const row = element("tr");
  for (const cell of cells) row.appendChild(element(tag)).append(cell);
  return row;
};
const tableOf = (table, head, rows) => table.replaceChildren(rowOf("th", head), ...rows.map((row) => rowOf("td", row)));
function buttonOf(label, act, says) {
  const made = element("button", "link", label);
  made.type = "button";
  made.onclick = act;
  if (says) made.setAttribute("aria-label", says);
  return made;
}

const number = (v) => (v === null || Number.isNaN(v) ? "—" : v.toFixed(2).replace(/^-(?=0\.00$)/, ""));
const data = JSON.parse(document.getElementById("data").textContent);
