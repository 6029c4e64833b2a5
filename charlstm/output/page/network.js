// The model itself: its weights, and one step as the cell's plain form has it.

// A weight: whole numbers of 16 bits, each row times its scale; or of 8 bits, added to the later one.
function fixed(weight, later) {
  const raw = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const scales = new Float32Array(raw(weight.scales)), whole = new (later ? Int8Array : Int16Array)(raw(weight.values));
  const size = whole.length / scales.length;
  return Float32Array.from(whole, (value, k) => value * scales[Math.floor(k / size)] + (later ? later[k] : 0));
}

const H = data.hidden_size;
const block = (texts, later) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fixed(text, later?.[name])]));
// A network: the weights by name of each layer, of attention and of the readout, and values that do
// not come from them: {layer, k, unit, value, t}, of the operation k, at step t or at every step.
const unpacked = ({ layers, attention, W_y, b_y }, later) => ({
  layers: layers.map((texts, k) => block(texts, later?.layers[k])), attention: block(attention, later?.attention),
  readout: block({ W_y, b_y }, later?.readout), held: [],
});
const trained = unpacked(data);
let base = trained, network = base; // the one that reads, and without the changes
const L = data.layers.length, V = trained.readout.b_y.length, { heads, reach } = data;
const sigmoid = (a) => 1 / (1 + Math.exp(-a));

// `rows` rows of a matrix from row `first` on, times a vector; eight rows at a time, whose sums need
// not wait for each other.
function times(matrix, first, rows, vector) {
  const out = new Float64Array(rows), n = vector.length;
  let r = 0, k = first * n;
  for (; r + 7 < rows; r += 8, k += 7 * n) {
    let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
    for (let j = 0; j < n; j++, k++) {
      const v = vector[j];
      a += matrix[k] * v;
      b += matrix[k + n] * v;
      c += matrix[k + 2 * n] * v;
      d += matrix[k + 3 * n] * v;
      e += matrix[k + 4 * n] * v;
      f += matrix[k + 5 * n] * v;
      g += matrix[k + 6 * n] * v;
      h += matrix[k + 7 * n] * v;
    }
    out.set([a, b, c, d, e, f, g, h], r);
  }
  for (; r < rows; r++) for (let j = 0; j < n; j++, k++) out[r] += matrix[k] * vector[j];
  return out;
}

// Each operation has a loop of its own, which is faster. A number stands for a vector of it.
const vector = (a) => (a.length ? a : new Float64Array(H).fill(a));
const elementwise = {
  add(first, second) {
    const out = new Float64Array(H), a = vector(first), b = vector(second);
    for (let k = 0; k < H; k++) out[k] = a[k] + b[k];
    return out;
  },
  subtract(first, second) {
    const out = new Float64Array(H), a = vector(first), b = vector(second);
    for (let k = 0; k < H; k++) out[k] = a[k] - b[k];
    return out;
  },
  multiply(first, second) {
    const out = new Float64Array(H), a = vector(first), b = vector(second);
    for (let k = 0; k < H; k++) out[k] = a[k] * b[k];
    return out;
  },
  sigmoid(a) {
    const out = new Float64Array(H);
    for (let k = 0; k < H; k++) out[k] = sigmoid(a[k]);
    return out;
  },
  tanh(a) {
    const out = new Float64Array(H);
    for (let k = 0; k < H; k++) out[k] = Math.tanh(a[k]);
    return out;
  },
};

// One layer's step, the value of each operation: x is a character's id in the first layer, else the
// outputs below; `held` are values that are as they are.
function layerStep(weight, state, x, held) {
  const values = [];
  for (const [k, operation] of data.program.steps.entries()) {
    const a = operation.of && values[operation.of[0]], b = operation.of && values[operation.of[1]];
    const first = operation.row * H;
    let value;
    if (operation.op === "state") value = state[operation.name];
    else if (operation.op === "constant") value = operation.value;
    else if (operation.op === "bias") value = weight.b.subarray(first, first + H);
    else if (operation.op === "input" && weight.E) {
      const start = x * (weight.E.length / (V + 1)) + first;
      value = weight.E.subarray(start, start + H);
    } else if (operation.op === "input") value = times(weight.W_x, first, H, x);
    else if (operation.op === "product") value = times(weight[operation.weight], first, H, a);
    else if (operation.op === "scale") value = elementwise.multiply(weight[operation.weight].subarray(first, first + H), a);
    else value = elementwise[operation.op](a, b);
    for (const it of held) if (it.k === k) (value = value.slice())[it.unit] = it.value;
    values.push(value);
  }
  return values;
}
const named = (places, values) => Object.fromEntries(Object.entries(places).map(([name, k]) => [name, values[k]]));

// Attention after an output h, which leads to those before it: what the readout reads, z, and what
// led to it: the outputs that are seen, 1, 2, … steps ago, the query q, and each head's weights p of
// them. Without attention the reach is 0. Each head has so many units, from its first on.
const perHead = H / heads;
function dotOfHead(a, b, r) {
  let sum = 0;
  for (let k = r * perHead; k < (r + 1) * perHead; k++) sum += a[k] * b[k];
  return sum;
}
function lookBack({ h, before }, { attention } = network) {
  const seen = [], z = h.slice();
  for (let at = before; at && seen.length < reach; at = at.before) seen.push(at.h);
  if (!seen.length) return { z, seen, p: [] };
  const q = times(attention.W_a, 0, H, h).map((sum, k) => sum + attention.b_a[k]), p = [];
  for (let r = 0; r < heads; r++) {
    const score = (m, j) => dotOfHead(m, q, r) / Math.sqrt(perHead) + attention.d[r * reach + j];
    p.push(softmax(seen.map(score), 1));
    p[r].forEach((weight, j) => {
      for (let k = r * perHead; k < (r + 1) * perHead; k++) z[k] += attention.v[k] * weight * seen[j][k];
    });
  }
  return { z, seen, q, p };
}
// The weights of the outputs that are seen, in the mean of all heads.
const lookedAt = (output) => {
  const { seen, p } = lookBack(output);
  return seen.map((_, j) => p.reduce((sum, head) => sum + head[j], 0) / heads);
};

const fresh = () => ({
  states: data.layers.map(() =>
    Object.fromEntries(Object.keys(data.program.states).map((name) => [name, new Float64Array(H)]))),
  output: null,
});

// The values of a step that a pass back needs: others are not kept.
const needed = new Set(data.program.steps.flatMap(({ op, of }, k) =>
  op === "multiply" ? of : op === "sigmoid" || op === "tanh" ? [k] : []));

// Read one character at place t: the new states, what each layer did, the top layer's output, and the
// next character's logits.
function step(last, id, reader = network, t = undefined) {
  let x = id;
  const before = id === data.reset_at ? fresh() : last, states = [], gates = [], values = [], held = [];
  reader.layers.forEach((weight, layer) => {
    held.push(reader.held.filter((it) => it.layer === layer && (it.t === undefined || it.t === t)));
    const done = layerStep(weight, before.states[layer], x, held[layer]);
    states.push(named(data.program.states, done));
    gates.push(named(data.program.gates, done));
    values.push(done.map((value, k) => (needed.has(k) ? value : null)));
    x = states[layer].h;
  });
  const output = { h: x, before: before.output }, { W_y, b_y } = reader.readout;
  const logits = times(W_y, 0, V, lookBack(output, reader).z).map((sum, k) => sum + b_y[k]);
  return { states, gates, values, held, output, logits };
}

const byteOf = new TextEncoder(), textOf = new TextDecoder();
const ids = new Map(data.characters.map((character, id) => [character, id]));
const encode = (text) =>
  data.tokens === "byte" ? [...byteOf.encode(text)] : [...text].map((c) => ids.get(c) ?? V);
const decode = (list) =>
  data.tokens === "byte" ? textOf.decode(new Uint8Array(list)) : list.map((id) => data.characters[id] ?? "\ufffd").join("");

function softmax(logits, temperature) {
  const highest = logits[likeliestOf(logits)], odds = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < odds.length; id++) total += odds[id] = Math.exp((logits[id] - highest) / temperature);
  for (let id = 0; id < odds.length; id++) odds[id] /= total;
  return odds;
}
function likeliestOf(logits) {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

// The next character, as `charlstm sample` chooses it: the likeliest at temperature 0, else drawn
// from those that top-k, top-p and min-p leave; 0 stands for no limit.
function choose(logits, { temperature = 1, "top-k": k = 0, "top-p": p = 0, "min-p": least = 0 }, random = Math.random()) {
  if (temperature === 0) return likeliestOf(logits);
  const odds = softmax(logits, 1), order = [...odds.keys()].sort((a, b) => odds[b] - odds[a]);
  let sum = 0;
  const kept = order.filter((id, rank) => {
    const stays = (!k || rank < k) && (!p || sum < p) && odds[id] >= least * odds[order[0]];
    sum += odds[id];
    return stays;
  });
  const tempered = softmax(kept.map((id) => logits[id]), temperature);
  let left = random;
  return kept.find((_, n) => (left -= tempered[n]) < 0) ?? kept[0];
}

// The step that has read a text after a newline, and what is written after it at temperature 0.
const after = (prime) => encode(prime).reduce((last, id) => step(last, id), step(fresh(), data.newline));
const logitsAfter = (prime) => after(prime).logits;
function greedy(prime, length) {
  let last = after(prime);
  const written = [];
  while (written.length < length) {
    written.push(choose(last.logits, { temperature: 0 }));
    last = step(last, written.at(-1));
  }
  return decode(written);
}
