// Why this character: the text before it, shaded by influence, and the units that bring its logit.
const STRONGEST = 8; // characters and units with their numbers
const plus = (v) => (v === undefined ? "—" : (v < 0 ? "−" : "+") + Math.abs(v).toFixed(3));
const quoted = (list) => `“${list.map((id) => data.shown[id]).join("")}”`;
let why = null, whyPause = null, leaving = null;

// What is asked, or why there is no answer.
function asked() {
  const [own, against] = ["why-for", "why-against"].map((id) => encode($(id).value));
  const here = text[now.here], count = now.here + (own.length ? 1 : 0);
  if (!here || !count) return "No character stands before this one; choose a later one.";
  const wanted = own.length ? own : [here.id];
  if ([...wanted, ...against].includes(V)) return "A character that was never seen in training has no probability.";
  if (against.length && wanted.every((id, k) => k >= against.length || id === against[k])) {
    return "One is the beginning of the other, so nothing decides between them; type two that differ.";
  }
  return { count, continuations: against.length ? [wanted, against] : [wanted] };
}

// A logit, or the difference of two, as a sum over the top layer's units, the largest term first.
function logitSum({ count, continuations: [wanted, other] }) {
  const k = other ? wanted.findIndex((id, k) => id !== other[k]) : 0, ids = other ? [wanted[k], other[k]] : [wanted[k]];
  const { output } = readOn(stepBefore(count), wanted.slice(0, k + 1)).steps[k], { z } = lookBack(output);
  const { W_y, b_y } = network.readout, bias = difference(ids.map((id) => b_y[id]));
  const terms = Array.from(output.h, (h, unit) => {
    const weight = difference(ids.map((id) => W_y[id * H + unit]));
    return { unit, weight, h, picked: z[unit] - h, term: weight * z[unit] };
  }).sort((a, b) => Math.abs(b.term) - Math.abs(a.term));
  return { ids, terms, bias };
}
function showLogit() {
  const { ids, terms, bias } = logitSum(why), total = (list) => list.reduce((sum, { term }) => sum + term, 0);
  $("why-logit").textContent = `The logit of ${ids.map((id) => quoted([id])).join(" less that of ")}, as a sum over layer ${L - 1}`;
  const ends = [["others", total(terms.slice(STRONGEST))], ["bias", bias], ["sum", total(terms) + bias]];
  tableOf($("why-units"), ["unit", "W_y", "h", ...(reach ? ["v⊙u"] : []), "term"], [
    ...terms.slice(0, STRONGEST).map(({ unit, weight, h, picked, term }) => [
      buttonOf(`${L - 1}:${unit}`, () => chooseUnit(L - 1, unit)), ...[weight, h, ...(reach ? [picked] : []), term].map(plus)]),
    ...ends.slice(H > STRONGEST ? 0 : 1).map(([name, v]) => [name, "", "", ...(reach ? [""] : []), plus(v)]),
  ]);
}

// A shade is the root of a share of the largest, so that small influence can be seen.
function shade() {
  const kind = $("why-by").value, sizes = why[kind].map(Math.abs), largest = Math.max(...sizes) || 1;
  const numbers = (t) => [plus(why.signed[t]), why.norm[t].toFixed(3), plus(why.exact?.[t])];
  [...$("why-text").children].forEach((span, t) => {
    const v = Math.sign(why[kind][t]) * Math.sqrt(sizes[t] / largest), [signedBy, norm, exact] = numbers(t);
    span.style.background = (kind === "norm" ? heat : diverging)(v);
    span.style.color = ink(v);
    span.title = `character ${t}: signed ${signedBy}, norm ${norm}, exact ${exact}`;
  });
  const strongest = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]).slice(0, STRONGEST).sort((a, b) => a - b);
  tableOf($("why-strongest"), ["place", "", "signed", "norm", "exact"],
    strongest.map((t) => [t, `“${text[t].shown}”`, ...numbers(t)]));
}
function shadeBy(kind) {
  $("why-by").value = kind;
  $("why-by").options[2].disabled = !why.exact;
  shade();
}

function showWhy() {
  const { count, continuations, total } = why, { unchanged } = stepBefore(count);
  const before = unchanged ? difference(continuations.map((ids) => readOn(unchanged, ids, base).total)) : null;
  $("why-question").textContent = `${continuations.map((ids) => `log P(${quoted(ids)})`).join(" − ")} = ${total.toFixed(3)} nats` +
    (unchanged ? `, unchanged ${before.toFixed(3)}` : "");
  $("why-text").replaceChildren(...text.slice(0, count).map(({ shown }) => element("span", "", shown)));
  shadeBy($("why-by").value === "norm" ? "norm" : "signed");
  showLogit();
}

// Explain what is asked, unless that is explained already; of a changed text once it has been shown.
function explain() {
  clearTimeout(whyPause);
  if (!$("why-view").open || isWriting()) return;
  whyPause = setTimeout(() => {
    const question = asked(), key = JSON.stringify(question), { count, continuations } = question;
    if (why?.key === key) return;
    stopLeaving();
    why = count ? { key, ...question, ...influence(count, continuations) } : null;
    $("why-answer").hidden = !why;
    if (why) showWhy();
    else $("why-question").textContent = question;
  }, why ? 0 : 50);
}

// Leave out one character after the other, a little at a time, so that the page goes on working.
function* leftOut({ count, continuations, total }) {
  const exact = zeros(count);
  for (let t = 0; t < count; t++) {
    let last = stepBefore(t);
    for (let n = t + 1; n < count; n++, yield t) last = step(last, text[n].id, network, n);
    exact[t] = total - difference(continuations.map((ids) => readOn(last, ids).total));
    yield t;
  }
  return exact;
}
function leaveOut() {
  const run = leftOut(why);
  $("why-leave").textContent = "Stop";
  const chunk = () => {
    const end = performance.now() + 25;
    let next;
    do next = run.next(); while (!next.done && performance.now() < end);
    $("why-progress").textContent = `left out ${next.value} of ${why.count}`;
    if (!next.done) return void (leaving = setTimeout(chunk));
    stopLeaving();
    why.exact = next.value;
    shadeBy("exact");
  };
  leaving = setTimeout(chunk);
}
function stopLeaving() {
  clearTimeout(leaving);
  leaving = null;
  $("why-leave").textContent = "Leave each character out";
  $("why-progress").textContent = "";
}

parts.push({ text() { why = null; stopLeaving(); }, place: explain });
$("why-view").ontoggle = $("why-for").oninput = $("why-against").oninput = explain;
$("why-by").onchange = () => why && shade();
$("why-leave").onclick = () => (leaving !== null ? stopLeaving() : why && leaveOut());
