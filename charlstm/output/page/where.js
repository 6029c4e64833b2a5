// Where else: other places of the text where the unit in view, or those of the marked span, are on.
const AROUND = 12, PLACES = 40, ENOUGH = 5; // characters around a place, places listed, places to look for

// How many units {layer, unit, sign} are on at each character; one without a sign is on with either.
function countsOn(list) {
  const threshold = Number($("threshold").value);
  return text.map((_, t) => list.filter(({ layer, unit, sign }) => {
    const v = value("memory", t, unit, layer);
    return (sign ? sign * v : Math.abs(v)) > threshold;
  }).length);
}
// Stretches {from, to, most} where at least so many are on, outside of [a, b].
function stretches(counts, least, [a, b]) {
  const stretches = [];
  counts.forEach((count, t) => {
    const last = stretches.at(-1);
    if (count < least) return;
    if (last?.to === t - 1) [last.to, last.most] = [t, Math.max(last.most, count)];
    else stretches.push({ from: t, to: t, most: count });
  });
  return stretches.filter(({ from, to }) => to < a || from > b);
}
// Places where all are on, or as many as it takes to find enough places; half at least.
function elsewhere(counts, size, ends) {
  let best = { least: size, places: [] };
  for (let least = size; least >= size / 2 && best.places.length < ENOUGH; least--) {
    const places = stretches(counts, least, ends);
    if (places.length > best.places.length) best = { least, places };
  }
  return best;
}

function showWhere() {
  if (!$("where-else").open || isWriting() || !text.length) return;
  const { layer, unit, here } = now, v = value("memory", here), isOn = Math.abs(v) > Number($("threshold").value);
  const ofSpan = now.from !== null && spanUnits.length > 0, shown = shownText();
  const list = ofSpan ? spanUnits : [{ layer, unit, sign: isOn ? Math.sign(v) : 0 }];
  const ends = ofSpan ? [now.from, now.to].sort((a, b) => a - b) : [here, here];
  const { least, places: others } = elsewhere(countsOn(list), list.length, ends);
  const total = others.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const are = ofSpan
    ? `${least === list.length ? "All" : `At least ${least}`} of the ${list.length} units of the marked span are on`
    : `Unit ${layer}:${unit} is on${isOn ? `, as here with ${v < 0 ? "−" : "+"},` : ""}`;
  $("where-count").textContent = `${are} at ${others.length} other place${others.length === 1 ? "" : "s"}` +
    `, ${total} of ${text.length} characters${others.length > PLACES ? `; the first ${PLACES}:` : "."}`;
  $("where-places").replaceChildren(...others.slice(0, PLACES).map(({ from, to, most }) => {
    const item = element("li"), part = (a, b) => shown.slice(Math.max(0, a), b).join("");
    const line = element("span", "mono", part(from - AROUND, from)), end = Math.min(to + 1, from + 4 * AROUND);
    line.append(element("mark", "", part(from, end)), part(end, end + AROUND));
    item.append(buttonOf(from === to ? from : `${from}–${to}`, () => {
      look(from);
      text[from].box.scrollIntoView({ block: "nearest" });
    }, `go to character ${from}`), " ", line, ofSpan ? ` ${most} of ${list.length} units` : "");
    return item;
  }));
}

$("where-else").ontoggle = showWhere;
parts.push({ place: showWhere, span: showWhere });
