// A model that writes while one types, its text coloured by one unit's memory, a gate or attention.
const gates = Object.keys(data.program.gates);
const rows = [...gates, ...(data.memory.state === "h" ? [] : ["h"])];
const $ = (id) => document.getElementById(id);
const now = { layer: weights.length - 1, unit: data.unit, quantity: "memory", here: 0, looked: [] };
const names = { memory: data.memory.name, ...Object.fromEntries(gates.map((gate) => [gate, `gate ${gate}`])) };
if (rows.includes("h")) names.h = "h";
const quantities = [...Object.keys(names), ...(reach ? ["attention"] : [])];
const signed = (quantity) => quantity === "memory" || !data.sigmoids.includes(quantity);
const colourOf = (quantity) => (quantity === "attention" ? heat : signed(quantity) ? diverging : opening);

// ---- the text: each character with what the model did when it read it
let text = []; // {id, given, states, gates, output, logits, box}

function value(quantity, t, unit = now.unit, layer = now.layer) {
  if (quantity === "attention") return now.looked[now.here - 1 - t] ?? 0;
  if (quantity === "h") return text[t].states[layer].h[unit];
  if (quantity !== "memory") return text[t].gates[layer][quantity][unit];
  const memory = text[t].states[layer][data.memory.state][unit];
  return data.memory.name === data.memory.state ? memory : Math.tanh(memory);
}

function append(id, given) {
  const box = element("b", given ? "given" : "");
  const shown = data.shown[id] ?? "\ufffd";
  box.c = box.appendChild(element("span", "c", shown));
  box.rows = bars(box, rows);
  box.dataset.t = text.length;
  text.push({ id, given, box, ...step(text.at(-1) ?? fresh(), id) });
  $("text").append(box);
  if (data.characters[id] === "\n" || (data.tokens === "byte" && id === 10)) {
    text.at(-1).break = $("text").appendChild(element("br"));
  }
  box.classList.toggle("first", beginsLine(box, text.at(-2)?.box));
  paint(text.length - 1);
}

function cut(length) {
  for (const character of text.splice(length)) {
    character.box.remove();
    character.break?.remove();
  }
}

function paint(t) {
  const { box } = text[t], v = value(now.quantity, t);
  box.c.style.background = colourOf(now.quantity)(v);
  box.c.style.color = ink(v);
  rows.forEach((row, k) => {
    box.rows[k].style.background = colourOf(row)(value(row, t));
  });
}

function colour() {
  text.forEach((_, t) => paint(t));
  $("layer").value = now.layer;
  $("unit").value = `${now.layer}:${now.unit}`;
  $("quantity").value = now.quantity;
  look(now.here);
}

// ---- one character: what was expected after it, and all its values
function look(t) {
  const before = now.here;
  text[before]?.box.classList.remove("here");
  now.here = clamp(t, 0, text.length - 1);
  if (!text.length) return;
  const { box, id, logits, output } = text[now.here];
  if (now.quantity === "attention") { // the weights, relative to the largest, of the characters before
    const { p } = lookBack(output), most = Math.max(...p);
    now.looked = p.map((weight) => weight / most);
    for (const end of [before, now.here]) for (let k = 0; k <= reach; k++) if (text[end - k]) paint(end - k);
  }
  box.classList.add("here");
  $("place").textContent = `after ${id < V ? `“${data.shown[id]}”` : "an unknown character"}, character ${now.here}`;
  const odds = softmax(logits, 1);
  const best = odds.map((share, k) => [share, k]).sort((a, b) => b[0] - a[0]).slice(0, 5);
  $("expected").replaceChildren(
    ...best.map(([share, k]) => {
      const row = element("tr");
      row.append(element("td", "mono", data.shown[k]), element("td", "", `${(share * 100).toFixed(1)} %`));
      row.appendChild(element("td")).appendChild(element("span", "bar")).style.width = `${share * 7}rem`;
      return row;
    })
  );
  const head = element("tr"), row = element("tr");
  for (const quantity of ["memory", ...rows]) {
    head.append(element("th", "", quantity === "memory" ? data.memory.name : quantity));
    row.append(element("td", "", number(value(quantity, now.here))));
  }
  $("values").replaceChildren(head, row);
  const shown = names[now.quantity] ? now.quantity : "memory";
  $("all-units-label").textContent = `${names[shown]} of all ${H} units of layer ${now.layer} here`;
  const values = Array.from({ length: H }, (_, unit) => value(shown, now.here, unit));
  drawUnits($("all-units"), values, signed(shown));
}

// ---- reading what is typed, and going on from it
let writing = null, pause = null;

function read() {
  stop();
  const prime = begun($("prime").value);
  let same = 0;
  while (same < prime.length && text[same]?.given && text[same].id === prime[same]) same++;
  cut(same);
  for (const id of prime.slice(same)) append(id, true);
  const strange = data.tokens === "char" ? [...new Set($("prime").value)].filter((c) => !ids.has(c)) : [];
  $("unseen").textContent = strange.length ? `never seen in training, read as unknown: ${strange.join(" ")}` : "";
  look(text.length - 1);
}

function write() {
  read();
  let left = clamp(Math.round(Number($("length").value)) || 0, 0, 5000);
  const frame = () => {
    if (!left--) return stop();
    append(choose(text.at(-1).logits, Number($("temperature").value)), false);
    look(text.length - 1);
    writing = requestAnimationFrame(frame);
  };
  writing = requestAnimationFrame(frame);
}

function stop() {
  clearTimeout(pause);
  if (writing !== null) cancelAnimationFrame(writing);
  writing = null;
}

// ---- controls
function chooseUnit(layer, unit) {
  now.layer = clamp(Math.round(layer) || 0, 0, weights.length - 1);
  now.unit = (Math.round(unit) + H) % H || 0;
  colour();
}
weights.forEach((_, k) => $("layer").append(new Option(k, k)));
$("layer-label").hidden = weights.length === 1;
$("quantity").append(...quantities.map((quantity) => new Option(names[quantity] ?? quantity, quantity)));
$("attention-help").hidden = !reach;
$("layer").onchange = () => chooseUnit(Number($("layer").value), now.unit);
$("unit").onchange = () => {
  const [layer, unit] = unitNamed($("unit").value, now);
  chooseUnit(layer, clamp(unit, 0, H - 1));
};
$("previous").onclick = () => chooseUnit(now.layer, now.unit - 1);
$("next").onclick = () => chooseUnit(now.layer, now.unit + 1);
$("quantity").onchange = () => { now.quantity = $("quantity").value; colour(); };
$("temperature").oninput = () => { $("temperature-value").textContent = Number($("temperature").value).toFixed(2); };
$("write").onclick = write;
$("stop").onclick = stop;
$("all-units").onclick = (event) => chooseUnit(now.layer, Math.floor((event.offsetX / $("all-units").clientWidth) * H));
$("prime").oninput = () => { read(); pause = setTimeout(write, 300); };
$("text").addEventListener("pointermove", (event) => {
  const box = event.target.closest("b");
  if (box && writing === null) look(Number(box.dataset.t));
});

const keys = {
  ArrowLeft: () => chooseUnit(now.layer, now.unit - 1),
  ArrowRight: () => chooseUnit(now.layer, now.unit + 1),
  ArrowUp: () => chooseUnit(now.layer - 1, now.unit),
  ArrowDown: () => chooseUnit(now.layer + 1, now.unit),
  g: () => {
    now.quantity = quantities[(quantities.indexOf(now.quantity) + 1) % quantities.length];
    colour();
  },
  ",": () => look(now.here - 1),
  ".": () => look(now.here + 1),
  Enter: write,
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return stop();
  const field = event.target.closest("input, select, textarea, button");
  if (field || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
letterLines($("text"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colour);
read();
colour();
