// Going back through the list of operations: what each earlier character did to what comes next.

// Add the transposed rows of a matrix, from row `first` on, times a vector; four rows at a time.
function addTransposed(matrix, first, vector, out) {
  const size = out.length, rows = vector.length;
  let r = 0, k = first * size;
  for (; r + 3 < rows; r += 4, k += 4 * size) {
    const a = vector[r], b = vector[r + 1], c = vector[r + 2], d = vector[r + 3];
    for (let j = 0, n = k; j < size; j++, n++) {
      out[j] += a * matrix[n] + b * matrix[n + size] + c * matrix[n + 2 * size] + d * matrix[n + 3 * size];
    }
  }
  for (; r < rows; r++) for (let j = 0; j < size; j++, k++) out[j] += vector[r] * matrix[k];
}
function add(out, a, scale = 1) {
  for (let k = 0; k < out.length; k++) out[k] += scale * a[k];
}
function addProduct(out, a, b) {
  if (b.length) for (let k = 0; k < out.length; k++) out[k] += a[k] * b[k];
  else add(out, a, b);
}
const zeros = (size = H) => new Float64Array(size);

// The gradient of each operation's value in the step at work. Constants have none.
const gradients = data.program.steps.map(({ op }) => (op === "constant" ? null : zeros()));

// One layer's step back. `d` holds the gradients of the new states by name, and then those of the
// states before. The gradient of x is added to `dx`; in the first layer `dx` gets that of each gate's row.
function layerBack(weight, values, held, d, dx) {
  const { steps, states } = data.program;
  for (const gradient of gradients) gradient?.fill(0);
  for (const name in states) {
    add(gradients[states[name]], d[name]);
    d[name].fill(0);
  }
  for (let k = steps.length - 1; k >= 0; k--) {
    const { op, of, row, name, weight: by } = steps[k], g = gradients[k], v = values[k];
    const a = of && gradients[of[0]], b = of && gradients[of[1]];
    for (const it of held) if (it.k === k) g[it.unit] = 0;
    if (op === "state") add(d[name], g);
    else if (op === "input") {
      if (weight.E) dx(row, g);
      else addTransposed(weight.W_x, row * H, g, dx);
    } else if (op === "product") addTransposed(weight[by], row * H, g, a);
    else if (op === "scale") addProduct(a, g, weight[by].subarray(row * H, row * H + H));
    else if (op === "multiply") {
      if (a) addProduct(a, g, values[of[1]]);
      if (b) addProduct(b, g, values[of[0]]);
    } else if (op === "add" || op === "subtract") {
      if (a) add(a, g);
      if (b) add(b, g, op === "add" ? 1 : -1);
    } else if (op === "sigmoid") for (let j = 0; j < H; j++) a[j] += g[j] * v[j] * (1 - v[j]);
    else if (op === "tanh") for (let j = 0; j < H; j++) a[j] += g[j] * (1 - v[j] * v[j]);
  }
}

// The gradient of what the readout reads at step n, added to those of the top layer's outputs.
function lookBackBack(steps, n, dz, outputs) {
  const { attention } = network, { seen, q, p } = lookBack(steps[n].output);
  add(outputs[n], dz);
  if (!seen.length) return;
  const du = dz.map((one, k) => one * attention.v[k]), dq = zeros();
  p.forEach((weights, r) => {
    const of = (vector) => vector.subarray(r * perHead, (r + 1) * perHead), dp = seen.map((m) => dotOfHead(m, du, r));
    const mean = dp.reduce((sum, one, j) => sum + weights[j] * one, 0);
    seen.forEach((m, j) => {
      const dk = (weights[j] * (dp[j] - mean)) / Math.sqrt(perHead), dm = of(outputs[n - 1 - j]);
      add(dm, of(du), weights[j]);
      add(dm, of(q), dk);
      add(of(dq), of(m), dk);
    });
  });
  addTransposed(attention.W_a, 0, dq, outputs[n]);
}

// Back from step `from` to step `to`: `d` and `outputs` hold the gradients of the states after `from`,
// and of the outputs of all steps besides; dx(n, row, g) gets those of each gate's row of step n.
function passBack(steps, from, to, d, outputs, dx) {
  for (let n = from; n >= to; n--) {
    add(d[L - 1].h, outputs[n]);
    for (let layer = L - 1; layer >= 0; layer--) {
      const down = layer ? d[layer - 1].h : (row, g) => dx(n, row, g);
      layerBack(network.layers[layer], steps[n].values[layer], steps[n].held[layer], d[layer], down);
    }
    if (steps[n].id === data.reset_at) for (const states of d) for (const name in states) states[name].fill(0);
  }
}

// The steps that read a continuation after `last`, all but its last character, and its log-probability.
function readOn(last, ids) {
  let total = 0;
  const steps = [last];
  ids.forEach((id, k) => {
    const { logits } = steps[k], highest = Math.max(...logits);
    total += logits[id] - highest - Math.log(logits.reduce((sum, y) => sum + Math.exp(y - highest), 0));
    if (k + 1 < ids.length) steps.push({ id, ...step(steps[k], id) });
  });
  return { total, steps };
}

// A row of the first layer's table, and the mean row of all known characters.
const E = ({ layers: [{ E: table }] }, id) => table.subarray((id * table.length) / (V + 1), ((id + 1) * table.length) / (V + 1));
function meanRow(reader) {
  const mean = zeros(E(reader, 0).length);
  for (let id = 0; id < V; id++) add(mean, E(reader, id), 1 / V);
  return mean;
}

// The influence of the first `count` characters of the text on the log-probability of a continuation,
// or on its difference to that of another one: `signed` is the gradient times the character's row less
// the mean row, `norm` the gradient's norm. `total` is what is explained, in nats.
function influence(count, continuations) {
  const before = [{ id: data.newline, ...origin }, ...text.slice(0, count)], mean = meanRow(network);
  const d = network.layers.map(() => Object.fromEntries(Object.keys(data.program.states).map((name) => [name, zeros()])));
  const outputs = before.map(() => zeros()), signed = zeros(count), norm = zeros(count);
  const logProbabilities = continuations.map((ids, which) => {
    const { total, steps } = readOn(before[count], ids), all = [...before, ...steps.slice(1)];
    const mine = d.map((states) => Object.fromEntries(Object.keys(states).map((name) => [name, zeros()])));
    const ends = [...outputs, ...steps.slice(1).map(() => zeros())];
    ids.forEach((id, k) => {
      const dy = Float64Array.from(softmax(steps[k].logits, 1), (p) => (which ? p : -p)), dz = zeros();
      dy[id] += which ? -1 : 1;
      addTransposed(network.readout.W_y, 0, dy, dz);
      lookBackBack(all, count + k, dz, ends);
    });
    passBack(all, all.length - 1, count + 1, mine, ends, () => {});
    mine.forEach((states, layer) => { for (const name in states) add(d[layer][name], states[name]); });
    return total;
  });
  passBack(before, count, 1, d, outputs, (n, row, g) => {
    const e = E(network, before[n].id), first = row * H, t = n - 1;
    for (let k = 0; k < H; k++) {
      signed[t] += g[k] * (e[first + k] - mean[first + k]);
      norm[t] += g[k] * g[k];
    }
  });
  return { signed, norm: norm.map(Math.sqrt), logProbabilities, total: logProbabilities.reduce((a, b) => a - b) };
}
