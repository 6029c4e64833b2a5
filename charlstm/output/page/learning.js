// Learning to remember: the text as the network read it earlier in its training.
const newest = data.earlier.length, networks = [];
networks[newest] = trained;
const networkAt = (k) => (networks[k] ??= unpacked(data.earlier[k], networkAt(k + 1)));
now.checkpoint = newest;

function chooseCheckpoint(k) {
  now.checkpoint = clamp(Math.round(k) || 0, 0, newest);
  base = networkAt(now.checkpoint);
  for (const place of text) place.unchanged = null;
  readAnew();
}

// The mean surprise of the text after each of the updates, in bits: in view at once, the others a
// little at a time, so that the page goes on working.
let course = [], courseOf = "", measuring = null;
const mean = (bits) => {
  const known = bits.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
};
function* measured(given) {
  for (let k = newest; k >= 0; k--) {
    if (course[k] !== undefined) continue;
    const reader = withChanges(networkAt(k)), bits = [];
    let last = step(fresh(), data.newline, reader);
    for (const [t, id] of given.entries()) {
      bits.push(bitsOf(last, id));
      last = step(last, id, reader, t);
      yield;
    }
    course[k] = mean(bits);
    drawCourse();
  }
}
function measure() {
  const run = measured(text.map(({ id }) => id));
  const chunk = () => {
    const end = performance.now() + 15;
    let next;
    do next = run.next(); while (!next.done && performance.now() < end);
    measuring = next.done ? null : setTimeout(chunk);
  };
  measuring = setTimeout(chunk, 200);
}

function atUpdate(k) {
  const count = data.updates[k], bits = course[k];
  const said = bits == null ? "" : `: ${bits.toFixed(2)} bits per ${data.tokens === "byte" ? "byte" : "character"}`;
  return `after ${count.toLocaleString("en")} update${count === 1 ? "" : "s"}${said}`;
}
function drawCourse() {
  const svg = $("learning").querySelector("svg"), width = svg.clientWidth, height = svg.clientHeight;
  const shape = (parent, name, attributes) => {
    const made = parent.appendChild(document.createElementNS(svg.namespaceURI, name));
    for (const [key, said] of Object.entries(attributes)) made.setAttribute(key, said);
    return made;
  };
  const known = [...course.keys()].filter((k) => course[k] != null);
  const most = Math.max(...known.map((k) => course[k])) || 1;
  const points = known.map((k) => [8 + (k / newest) * (width - 16), height - 5 - (course[k] / most) * (height - 10)]);
  svg.replaceChildren();
  shape(svg, "polyline", { points: points.join(" ") });
  known.forEach((k, n) => {
    const circle = shape(svg, "circle", { cx: points[n][0], cy: points[n][1], r: 3.5, class: k === now.checkpoint ? "shown" : "" });
    shape(circle, "title", {}).textContent = atUpdate(k);
  });
  svg.setAttribute("aria-label", known.map(atUpdate).join("; "));
  $("checkpoint-name").textContent = atUpdate(now.checkpoint);
  $("checkpoint").setAttribute("aria-valuetext", atUpdate(now.checkpoint));
}

if (newest) {
  $("learning").hidden = false;
  $("checkpoint").max = newest;
  $("checkpoint").value = newest;
  let asked = null; // one reading for each frame, however fast the slider moves
  $("checkpoint").oninput = () => {
    asked ??= requestAnimationFrame(() => {
      asked = null;
      chooseCheckpoint(Number($("checkpoint").value));
    });
  };
  parts.push({
    text() {
      clearTimeout(measuring);
      const ids = JSON.stringify(text.map(({ id }) => id)), here = mean(text.map(({ bits }) => bits));
      const before = course[now.checkpoint];
      if (ids !== courseOf || (before !== undefined && before !== here)) course = [];
      [courseOf, course[now.checkpoint]] = [ids, here];
      drawCourse();
      measure();
    },
  });
  new ResizeObserver(drawCourse).observe($("learning"));
}
