"use strict";
// Numbers, and where they stand on an axis: as in ticks.py, which has drawn what is seen at first.
const Axes = (() => {
  const UNITS = 1000, MARGIN = 0.06, SHORT = 2.5;

  function reading(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size < 1e-3 || size >= 1e4) return value.toExponential(1).replace("e+", "e").replace(/e(-?)(\d)$/, "e$10$2");
    return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4);
  }

  function stepLabel(step) {
    for (const [unit, size] of [["G", 1e9], ["M", 1e6], ["k", 1e3]]) {
      if (step >= 10 * size || (step >= size && step % (size / 100) === 0)) return String(+(step / size).toFixed(2)) + unit;
    }
    return String(step);
  }

  function roundStep(rough) {
    const size = rough > 0 ? 10 ** Math.floor(Math.log10(rough)) : 1;
    return [1, 2, 5, 10].map((times) => size * times).find((step) => step >= rough * (1 - 1e-9));
  }

  function axisOf(values, log) {
    const found = log ? values.filter((v) => v > 0).map(Math.log10) : values;
    let low = found.reduce((a, b) => Math.min(a, b), Infinity);
    let high = found.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!found.length) [low, high] = [0, 1];
    if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
      const wide = log ? 0.5 : 0.5 * Math.abs(low) || 0.5;
      [low, high] = [low - wide, high + wide];
    }
    const spare = MARGIN * (high / 2 - low / 2) * 2;
    return { low: low - spare, high: high + spare, log };
  }

  const place = (axis, value) => {
    const v = axis.log ? (value > 0 ? Math.log10(value) : axis.low) : value;
    return (v / 2 - axis.low / 2) / (axis.high / 2 - axis.low / 2);
  };
  const yOf = (axis, value) => Math.round(UNITS * (1 - Math.min(Math.max(place(axis, value), 0), 1)));

  function ticks(axis) {
    const out = [];
    if (axis.log && axis.high - axis.low >= 1) {
      const stride = Math.max(Math.ceil((axis.high - axis.low) / 5), 1);
      if (axis.high - axis.low < SHORT) {
        for (let d = Math.ceil(axis.low) - 1; d <= axis.high; d++) {
          for (const value of [10 ** d, 3 * 10 ** d]) {
            if (place(axis, value) >= 0 && place(axis, value) <= 1) out.push([place(axis, value), reading(value)]);
          }
        }
        return out;
      }
      for (let d = Math.ceil(axis.low / stride) * stride; d <= axis.high; d += stride) {
        out.push([(d - axis.low) / (axis.high - axis.low), { "-1": "0.1", 0: "1", 1: "10", 2: "100" }[d] || `1e${d}`]);
      }
      return out;
    }
    const [low, high] = axis.log ? [10 ** axis.low, 10 ** axis.high] : [axis.low, axis.high];
    const step = roundStep(high / 5 - low / 5);
    for (let i = Math.ceil(low / step); i <= Math.ceil(low / step) + 8; i++) {
      const value = Math.abs(i * step) < step / 2 ? 0 : i * step;
      const where = place(axis, value);
      if (where >= 0 && where <= 1) out.push([where, reading(value)]);
    }
    return out;
  }

  return { UNITS, reading, stepLabel, roundStep, axisOf, place, yOf, ticks };
})();
