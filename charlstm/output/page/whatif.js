// What if the network or the text were different: changes, and the text that is read anew.

// A change has a `key` and `words`, and one of: `ablate` [layer, unit]; `held`, as a network has it;
// `swap` {t, id, shown}.
let changes = [];
const swapped = (t) => changes.find(({ swap }) => swap?.t === t)?.swap;
const isFlipped = ({ unchanged, logits }) => unchanged !== null && likeliestOf(logits) !== likeliestOf(unchanged.logits);

// A network in which nothing reads a unit: every weight that does so is zero. The unit itself goes on.
function ablated(net, layer, unit) {
  const columns = (matrix) => {
    const copy = matrix.slice();
    for (let k = unit; k < copy.length; k += H) copy[k] = 0;
    return copy;
  };
  const patched = (block, names) => ({ ...block, ...Object.fromEntries(names.map((name) => [name, columns(block[name])])) });
  const layers = [...net.layers], own = data.program.steps.flatMap(({ op, weight }) => (op === "product" || op === "scale" ? [weight] : []));
  layers[layer] = patched(layers[layer], own);
  if (layer + 1 < L) layers[layer + 1] = patched(layers[layer + 1], ["W_x"]);
  if (layer + 1 < L) return { ...net, layers };
  const attention = reach ? patched(net.attention, ["W_a", "b_a", "v"]) : net.attention;
  if (reach) attention.W_a.fill(0, unit * H, (unit + 1) * H);
  return { ...net, layers, attention, readout: patched(net.readout, ["W_y"]) };
}

// Make a change, in place of one with its key; without one, take that back. What was read before its
// place stays as it is.
function makeChange(key, change) {
  stop();
  const others = changes.filter((other) => other.key !== key), it = change ?? changes.find((other) => other.key === key);
  if (!it) return;
  if (!changes.length) for (const read of text) read.unchanged = { ...read };
  changes = change ? [...others, { key, ...change }] : others;
  readAnew(changes.length ? it.held?.t ?? it.swap?.t ?? 0 : 0);
}
const withChanges = (net) => ({
  ...changes.reduce((made, { ablate }) => (ablate ? ablated(made, ...ablate) : made), net),
  held: changes.flatMap(({ held = [] }) => held),
});

const inView = () => `${now.layer}:${now.unit}`;
const isAblated = () => changes.some(({ key }) => key === `ablate ${inView()}`);
const numberIn = (id) => Number($(id).value);
function hold() {
  const gate = $("hold-gate").value, value = numberIn("hold-value"), k = data.program.gates[gate];
  makeChange(`hold ${gate} ${inView()}`, {
    words: `gate ${gate} of unit ${inView()} is held at ${number(value)}`, held: { layer: now.layer, unit: now.unit, k, value },
  });
}
// The memory is set as it is shown; tanh(c) = ±1 means c = ±4.
function setMemory() {
  const { state, name } = data.memory, k = data.program.states[state], shown = numberIn("set-value"), t = now.here;
  const value = name === state ? shown : clamp(Math.atanh(shown), -4, 4);
  makeChange(`set ${t} ${inView()}`, {
    words: `${name} of unit ${inView()} is ${number(shown)} after character ${t}`, held: { layer: now.layer, unit: now.unit, k, value, t },
  });
}
function swap() {
  const typed = $("swap").value, list = encode(typed), t = now.here;
  $("swap-said").textContent = list.length > 1 ? `These are ${list.length} ${data.tokens}s; one takes the place of one.` : "";
  if (list.length !== 1 || !text.length) return;
  const [id] = list, shown = glyphOf(id, typed), { own } = text[t];
  const change = { words: `character ${t} is “${shown}” in place of “${own.shown}”`, swap: { t, id, shown } };
  makeChange(`swap ${t}`, id === own.id && shown === own.shown ? null : change);
}

function showChanges() {
  $("changes").replaceChildren(...changes.map(({ key, words }) => {
    const item = element("li", "", `${words} `);
    item.append(buttonOf("take back", () => makeChange(key), `take back: ${words}`));
    return item;
  }));
  $("what-if-said").textContent = changes.length
    ? `The likeliest guess is another one after ${text.filter(isFlipped).length} of ${text.length} characters: those with a dashed frame.`
    : "Nothing is changed.";
}

// The fields show what is so now.
function showFields() {
  const gate = $("hold-gate").value, t = now.here, field = document.activeElement;
  $("ablate").textContent = `${isAblated() ? "Restore" : "Ablate"} unit ${inView()}`;
  $("hold-words").textContent = `of unit ${inView()}`;
  if (!text.length) return;
  $("set-words").textContent = `${data.memory.name} of unit ${inView()} after character ${t}`;
  $("swap-words").textContent = `character ${t}, “${text[t].own.shown}”, is`;
  $("hold-value").min = signed(gate) ? -1 : 0;
  for (const [id, v] of [["hold-value", value(gate, t)], ["set-value", value("memory", t)]]) {
    $(id).value = v;
    $(`${id}-said`).textContent = number(v);
  }
  if (field !== $("swap")) $("swap").value = swapped(t)?.shown ?? "";
}

$("hold-gate").append(...gates.map((gate) => new Option(gate, gate)));
$("hold-gate").onchange = showFields;
$("ablate").onclick = () => makeChange(`ablate ${inView()}`,
  isAblated() ? null : { words: `nothing reads unit ${inView()}`, ablate: [now.layer, now.unit] });
$("hold-value").oninput = $("hold").onclick = hold;
$("set-value").oninput = $("set").onclick = setMemory;
$("swap").oninput = swap;
parts.push({ text: showChanges, place: showFields });
