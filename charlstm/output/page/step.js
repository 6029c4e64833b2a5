// One step of the unit in view, term by term: its numbers in the cell's drawing and in the equations.
const zoomed = { values: [], term: null, timer: null, pace: 3000 }; // the equation in turn, or null: all
const isZoomed = () => $("step-view").open;
const drawn = (selector) => $("drawing").querySelectorAll(selector);
const threeDigits = (v) => (Number(v.toFixed(3)) + 0).toFixed(3).replace("-", "−");

// Every value of the step that reads the character at t, in the order of the program.
function valuesOf(t, layer, unit) {
  const { id, held, states } = text[t], before = id === data.reset_at ? fresh() : stepBefore(t);
  const x = layer ? states[layer - 1].h : id;
  return layerStep(network.layers[layer], before.states[layer], x, held[layer]).map((v) => (v.length ? v[unit] : v));
}

// An equation's right side with its numbers put in; a sign before a negative number changes it.
const filled = (form) => form
  .replace(/\{(\d+)(!?)\}/g, (_, place, open) => {
    const number = threeDigits(zoomed.values[place]);
    return open && number.startsWith("−") ? `(${number})` : number;
  })
  .replace(/([+−]) −/g, (_, sign) => (sign === "+" ? "− " : "+ "));

// Words with what follows an underscore lowered.
function lowered(made, words) {
  for (const [, plain, inner, letter] of words.matchAll(/([^_]+)|_\{(.*?)\}|_(.)/g)) {
    made.append(plain ?? element("sub", "", inner ?? letter));
  }
  return made;
}

const byLetter = () => Object.fromEntries(data.equations.map(({ name, place }) => [name.split("_")[0], zoomed.values[place]]));
const oldStates = () => Object.fromEntries(
  data.program.steps.flatMap(({ op, name }, k) => (op === "state" ? [[name, zoomed.values[k]]] : [])));

function equationBox({ name, formula, place, forms, summands }, k) {
  const made = element("li"), button = made.appendChild(element("button"));
  button.type = "button";
  button.onclick = () => { stopPlay(); showTerm(k); };
  button.append(lowered(element("span", "symbols"), `${name} = ${formula}`));
  const [first, ...others] = [...new Set(forms.map(filled))];
  const line = button.appendChild(element("span", "numbers", `= ${first}`));
  const from = summands.map(([source]) => source).join(", ");
  if (from) line.after(lowered(element("small", "faint"), `from ${from}`));
  const isHeld = text[now.here].held[now.layer].some((it) => it.k === place && it.unit === now.unit);
  if (isHeld) others.splice(0, others.length, `${threeDigits(zoomed.values[place])}, set under “What if?”`);
  if (others.length) button.append(element("span", "numbers", `= ${others.join(" = ")}`));
  return made;
}

function drawStep() {
  const here = text[now.here];
  $("step-none").hidden = Boolean(here);
  $("step-some").hidden = !here;
  if (!here) return stopPlay();
  const values = zoomed.values = valuesOf(now.here, now.layer, now.unit);
  const read = shownText().slice(Math.max(0, now.here - 30), now.here + 1).join("");
  const x = now.layer ? `h_t of layer ${now.layer - 1}` : `the character “${here.shown}”`;
  const old = Object.entries(oldStates()).map(([name, v]) => `${name}_{t−1} = ${threeDigits(v)}`).join(", ");
  $("step-about").replaceChildren(lowered(element("span"),
    `Unit ${now.layer}:${now.unit} reads “${here.shown}”, character ${now.here}, the last of “`),
    element("span", "mono", read), lowered(element("span"), `”. x_t is ${x}; ${old}.`));
  for (const part of drawn("[data-place]")) {
    const { place, words = "" } = part.dataset;
    if (place === "x") part.textContent = now.layer ? `h, layer ${now.layer - 1}` : `“${here.shown}”`;
    else if (place === "y") part.textContent = likeliest(here.logits, 3).map(([odds, id]) => `“${data.shown[id]}” ${odds.toFixed(2)}`).join(" · ");
    else part.textContent = words + threeDigits(values[place]);
  }
  for (const part of drawn("[data-curve]")) {
    const [cx, cy, w, h, range, place] = part.dataset.curve.split(" ").map(Number), u = clamp(values[place] / range, -1, 1);
    part.setAttribute("cx", cx + w * u);
    part.setAttribute("cy", cy - h * Math.tanh(3 * u));
  }
  $("drawing").classList.toggle("in-top", now.layer === L - 1);
  $("equations").replaceChildren(...data.equations.map(equationBox));
  showTerm(zoomed.term);
}

// Light up an equation; those after it are still to come. With null all are there.
function showTerm(term) {
  zoomed.term = term;
  const light = (part, terms) => {
    part.classList.toggle("lit", terms.includes(term));
    part.classList.toggle("later", term !== null && Math.min(...terms) > term);
  };
  for (const part of drawn("[data-terms]")) light(part, part.dataset.terms.split(" ").map(Number));
  [...$("equations").children].forEach((part, k) => {
    light(part, [k]);
    if (k === term) part.firstChild.setAttribute("aria-current", "step");
    else part.firstChild.removeAttribute("aria-current");
  });
  $("step-some").classList.toggle("termed", term !== null);
  const whom = now.layer < L - 1 ? "the layer above" : reach ? "attention and the output" : "the output";
  const letter = data.equations[term]?.name.split("_")[0];
  $("meaning").textContent = letter ? meaning(letter, byLetter(), oldStates(), whom) : "";
  const lit = [...drawn(".lit:not(.top) > rect")].at(-1)?.getBoundingClientRect(), frame = $("drawing").getBoundingClientRect();
  if (lit) $("drawing").scrollBy({ left: lit.left + lit.width / 2 - frame.left - frame.width / 2, behavior: isStill() ? "auto" : "smooth" });
}
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const ending = data.equations.length - 1;
const forward = () => showTerm(Math.min((zoomed.term ?? -1) + 1, ending));
const back = () => showTerm(zoomed.term ? zoomed.term - 1 : null);
function stopPlay() {
  clearTimeout(zoomed.timer);
  zoomed.timer = null;
  $("step-play").textContent = "Play";
}
function play() {
  if (zoomed.timer !== null) return stopPlay();
  if (zoomed.term === ending) zoomed.term = null;
  $("step-play").textContent = "Pause";
  const next = () => {
    forward();
    if (zoomed.term === ending) stopPlay();
    else zoomed.timer = setTimeout(next, zoomed.pace);
  };
  next();
}

function zoom(open) {
  $("step-view").open = open;
  if (open) $("step-view").scrollIntoView({ block: "start" });
  else $("text").focus();
}
const whileZoomed = {
  f: () => { stopPlay(); forward(); },
  b: () => { stopPlay(); back(); },
  " ": play,
};
$("step-view").ontoggle = () => {
  stopPlay();
  if (isZoomed()) Object.assign(keys, whileZoomed);
  else for (const key in whileZoomed) delete keys[key];
  if (isZoomed()) drawStep();
};
parts.push({ place() { if (isZoomed()) drawStep(); } });
$("step-play").onclick = play;
$("step-forward").onclick = whileZoomed.f;
$("step-back").onclick = whileZoomed.b;
$("text").addEventListener("dblclick", (event) => { if (under(event) !== null) zoom(true); });
const leave = keys.Escape;
Object.assign(keys, {
  z: () => zoom(!isZoomed()),
  Escape: () => (isZoomed() && !isWriting() ? zoom(false) : leave()),
});
