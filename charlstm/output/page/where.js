// Where else: other places of the text where the unit in view, or those of the marked span, are on.
const AROUND = 12, PLACES = 40; // characters around a place, and places listed

// Stretches of the text where at least half of some units are on: {from, to, most}, of which `most`
// are on at once. A unit {layer, unit, sign} without a sign is on with either.
function stretches(list) {
  const threshold = Number($("threshold").value), found = [];
  text.forEach((_, t) => {
    const on = list.filter(({ layer, unit, sign }) => {
      const v = value("memory", t, unit, layer);
      return (sign ? sign * v : Math.abs(v)) > threshold;
    }).length;
    const last = found.at(-1);
    if (!on || on < list.length / 2) return;
    if (last?.to === t - 1) [last.to, last.most] = [t, Math.max(last.most, on)];
    else found.push({ from: t, to: t, most: on });
  });
  return found;
}

function showWhere() {
  if (!$("where-else").open || isWriting() || !text.length) return;
  const { layer, unit, here } = now, v = value("memory", here), isOn = Math.abs(v) > Number($("threshold").value);
  const ofSpan = now.from !== null && spanUnits.length > 0, shown = shownText();
  const list = ofSpan ? spanUnits : [{ layer, unit, sign: isOn ? Math.sign(v) : 0 }];
  const ends = ofSpan ? [now.from, now.to] : [here, here];
  const others = stretches(list).filter(({ from, to }) => to < Math.min(...ends) || from > Math.max(...ends));
  const total = others.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const are = ofSpan
    ? `At least half of the ${list.length} units of the marked span are on`
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
