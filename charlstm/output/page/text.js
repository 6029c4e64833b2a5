// The text: a column for each character that was read, coloured by the unit in view.
const LONGEST = 24; // characters of a word that a line does not break

// An unknown character that was typed is shown as it is, unless it has no glyph of its own.
const glyphOf = (id, typed) => data.shown[id] ?? (/^[\p{L}\p{N}\p{P}\p{S}]$/u.test(typed) ? typed : "\ufffd");

function append(id, given, typed = "") {
  const box = element("b", given ? "given" : ""), own = { id, shown: glyphOf(id, typed) };
  box.c = box.appendChild(element("span", "c"));
  box.rows = bars(box, rows);
  box.surprise = box.appendChild(element("i", "s"));
  box.guesses = [];
  box.dataset.t = text.length;
  text.push({ box, given, own, unchanged: null });
  readAt(text.length - 1);
  wordOf(text.length - 1).append(box);
  box.classList.toggle("first", beginsLine(box, text.at(-2)?.box));
}

// Read the character at t, as the changes want it. What the unchanged network does with the text's own
// character is kept beside it.
function readAt(t) {
  const place = text[t], { box, own } = place, before = stepBefore(t);
  if (changes.length) {
    const { id, shown } = swapped(t) ?? own;
    place.unchanged ??= step(t ? text[t - 1].unchanged : step(fresh(), data.newline, base), own.id, base);
    Object.assign(place, { id, shown }, step(before, id, network, t));
  } else Object.assign(place, own, place.unchanged ?? step(before, own.id), { unchanged: null });
  place.bits = bitsOf(before, place.id);
  say(box.c, place.shown);
  box.classList.toggle("flipped", isFlipped(place));
  showGuesses(t);
}

// How surprising a character is after a step; null if the network does not know it.
const bitsOf = (before, id) => (id < V ? -Math.log2(softmax(before.logits, 1)[id]) : null);

// Another network reads the same text, from a place on.
function readAnew(from = 0) {
  network = withChanges(base);
  origin = step(fresh(), data.newline);
  for (let t = from; t < text.length; t++) readAt(t);
  changed("text");
}

// A word is a span that no line breaks; what is no letter ends it, and a newline ends the line.
const isBreak = (id) => id === data.newline || data.shown[id] === " ";
function wordOf(t) {
  const last = $("text").lastElementChild;
  if (last?.className === "word" && !isBreak(text[t - 1].id) && last.childElementCount < LONGEST) return last;
  if (t && text[t - 1].id === data.newline) $("text").append(element("br"));
  return $("text").appendChild(element("span", "word"));
}

function cut(length) {
  for (const { box } of text.splice(length)) {
    const word = box.parentElement;
    box.remove();
    while (!$("text").lastElementChild?.childElementCount && $("text").lastElementChild) $("text").lastElementChild.remove();
    if (!word.childElementCount) word.remove();
  }
}

// How surprising the character was, and what the network expects after it, below it.
function showGuesses(t) {
  const { box, bits, logits } = text[t];
  tint(box.surprise, bits === null ? "" : heat(bits / 10));
  likeliest(logits, 3).forEach(([share, id], rank) => {
    const guess = (box.guesses[rank] ??= box.appendChild(element("span", "q")));
    say(guess, data.shown[id]);
    tint(guess, heat(share * 0.8));
  });
}

// Text that is as it was costs no layout, and a colour that is as it was no new style.
function say(box, words) {
  if (box.textContent !== words) box.textContent = words;
}
function tint(box, colour) {
  if (box.tint !== colour) box.style.background = box.tint = colour;
}

function paint(t) {
  const { box } = text[t], v = value(now.quantity, t);
  tint(box.c, colourOf(now.quantity)(v));
  if (box.c.style.color !== ink(v)) box.c.style.color = ink(v);
  rows.forEach((row, k) => tint(box.rows[k], colourOf(row)(value(row, t))));
}

// The character under a mouse, pen or finger; null if there is none.
const under = (event) => {
  const box = document.elementFromPoint(event.clientX, event.clientY)?.closest("#text b[data-t]");
  return box ? Number(box.dataset.t) : null;
};

let framed = null;
parts.push({
  unit: () => text.forEach((_, t) => paint(t)),
  text: () => text.forEach((_, t) => paint(t)),
  place() {
    framed?.classList.remove("here");
    framed = text[now.here]?.box;
    framed?.classList.add("here");
    if (now.quantity !== "attention" || !text.length) return;
    const p = lookedAt(text[now.here].output), most = Math.max(...p); // relative to the largest
    now.looked = p.map((weight) => weight / most);
    text.forEach((_, t) => paint(t));
  },
});

// The text as text: Ctrl-C copies the marked span, or all of it.
const copied = () => (now.from === null ? written() : written(Math.min(now.from, now.to), Math.max(now.from, now.to) + 1));
document.addEventListener("copy", (event) => {
  if (event.target.closest?.("textarea, input") || String(getSelection())) return;
  event.clipboardData.setData("text/plain", copied());
  event.preventDefault();
});
letterLines($("text"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed("unit"));
