// What a value of a step means for its unit: one plain sentence.

// How much of something a gate lets through, and how strong a signal h is: from so much on.
const SHARES = [[0.9, "almost all"], [0.6, "most"], [0.4, "about half"], [0.1, "a little"], [0, "almost nothing"]];
const SIGNALS = [[0.6, "a strong signal"], [0.1, "a weak signal"], [0, "almost no signal"]];
const SAME = 0.1; // a change of the memory below this is none to speak of
const twoDigits = (v) => Number(v.toFixed(2)) + 0;
const said = (v) => twoDigits(v).toFixed(2).replace("-", "−");
const fromOn = (levels, v) => levels.find(([least]) => Math.abs(twoDigits(v)) >= least)[1];
const share = (v) => fromOn(SHARES, v);

function change(before, after) {
  const [a, b] = [before, after].map(twoDigits);
  if (twoDigits(Math.abs(a - b)) < SAME) return "stays about as it was";
  if (a * b < 0) return "changes its sign";
  return Math.abs(b) > Math.abs(a) ? "grows" : "fades";
}

// The sentence for the value of a letter. `at` are this step's values by letter, `old` the states
// before it; `whom` sees h.
function meaning(letter, at, old, whom) {
  const v = at[letter], isGRU = "z" in at;
  const moves = (state, kept) =>
    `${state} goes from ${said(old[state])} to ${said(v)}: it ${change(old[state], v)}. ` +
    `${said(kept * old[state])} is kept, ${said(v - kept * old[state])} is new.`;
  switch (letter) {
    case "f": {
      const stores = "i" in at ? "" : `, and stores ${share(1 - v)} of the candidate`;
      return `The forget gate is ${said(v)}: this unit keeps ${share(v)} of what it knew${stores}.`;
    }
    case "i": return `The input gate is ${said(v)}: this unit stores ${share(v)} of the candidate.`;
    case "o": return `The output gate is ${said(v)}: this unit shows ${share(v)} of what it knows.`;
    case "z": return `The update gate is ${said(v)}: this unit keeps ${share(v)} of what it knew, and takes ${share(1 - v)} of the candidate.`;
    case "r": return `The reset gate is ${said(v)}: ` + ("m" in at
      ? `${share(v)} of m, which comes from all units, goes into this unit's candidate.`
      : `the candidates of all units see ${share(v)} of what this unit knew.`);
    case "m": return `m is ${said(v)}: this is what all units before say to the candidate, if the reset gate lets it through.`;
    case "g": case "n": {
      const where = twoDigits(v) === 0 ? "nowhere" : v > 0 ? "up" : "down";
      return `The candidate is ${said(v)}: ` +
        (isGRU ? "this is where the unit goes as far as it forgets." : `what this unit stores of it moves its memory ${where}.`);
    }
    case "c": return moves("c", at.f);
    case "h":
      if (isGRU) return moves("h", at.z);
      if ("o" in at) return `h is ${said(v)}: ${fromOn(SIGNALS, v)} of this unit to ${whom} and to the next step.`;
      return `h goes from ${said(old.h)} to ${said(v)}: it ${change(old.h, v)}. All of it is computed anew.`;
  }
  return `${letter} is ${said(v)}.`;
}
