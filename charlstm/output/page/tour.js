// A tour of the page for a first visit: one sentence at each stop, which can be skipped.
const STOPS = [
  ["#text", "The model reads the text above. Each character has the colour of one unit's memory after it was read: red −1, blue 1. Below it are the unit's gates."],
  ["#unit", "Here you choose the unit. Step through them with ← and →, or mark a part of the text to find the units that are on over it."],
  ["#here", "Point at a character, or go there with , and . : its surprise, the unit's values, and what the model expects next."],
  ["#step-view", "One step, term by term: every number from the character to the new state, in the order of the equations."],
  ["#why-view", "Why this character? The earlier ones that speak for it are blue, those that speak against it red."],
  ["#what-if", "What if? Switch a unit off or hold a gate, and the text is read anew."],
].filter(([selector]) => $(selector.slice(1)));
let stopAt = -1;
const remembered = (set) => { // a page opened from a file may have no storage
  try {
    if (set) localStorage.setItem("charlstm-tour", "seen");
    return localStorage.getItem("charlstm-tour");
  } catch { return null; }
};
function tour(to) {
  document.querySelector(".toured")?.classList.remove("toured");
  stopAt = to < STOPS.length ? to : -1;
  $("tour").hidden = stopAt < 0;
  if (stopAt < 0) return void remembered(true);
  const [selector, words] = STOPS[stopAt], place = $(selector.slice(1));
  if (place.closest("details")) place.closest("details").open = true;
  place.classList.add("toured");
  place.scrollIntoView({ block: "nearest" });
  $("tour-words").textContent = words;
  $("tour-count").textContent = `${stopAt + 1} of ${STOPS.length}`;
  $("tour-next").textContent = stopAt + 1 < STOPS.length ? "Next" : "Done";
}
$("tour-next").onclick = () => tour(stopAt + 1);
$("tour-skip").onclick = () => tour(STOPS.length);
$("tour-start").onclick = () => { tour(0); $("tour-next").focus(); };
