// What page.html is without a script it stays; this draws the charts anew when they are zoomed, and reads
// out what is under the pointer. Places are those of charts.py.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  document.body.classList.add("scripted");
  if (!data) return;
  const { UNITS, reading, stepLabel, roundStep, axisOf, yOf, ticks } = Axes;
  const LOST_TICK = 80, LABEL = 28;
  const NO_GRADIENT = 65535, LOST = 65534, INFINITE = 65533, ZERO = 65532;
  const whole = [0, Math.max(data.last, 1)];
  let shown = whole, at = null, row = null;

  const figures = [...document.querySelectorAll("figure.chart")].map((figure) => ({
    title: figure.querySelector("h3").textContent,
    plot: figure.querySelector(".plot"),
    lines: figure.querySelector(".lines"),
    signs: figure.querySelector(".signs"),
    ys: figure.querySelector(".ys"),
    xs: figure.querySelector(".xs"),
    readout: figure.querySelector(".readout"),
    caption: figure.querySelector("figcaption"),
    chart: data.charts[figure.dataset.chart],
  }));

  const part = (step) => (step - shown[0]) / (shown[1] - shown[0]);
  const xOf = (step) => Math.round(UNITS * part(step) * 10) / 10;

  // Drawing

  const SVG = "http://www.w3.org/2000/svg";
  function text(parent, words, attributes) {
    const node = document.createElementNS(SVG, "text");
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.textContent = words;
    parent.append(node);
  }
  const percent = (value) => `${(100 * value).toFixed(2)}%`;
  const inside = (step) => step >= shown[0] && step <= shown[1];

  /* The points that are on the chart, and one on each side. */
  function visible(curve) {
    let first = curve.steps.findIndex((step) => step >= shown[0]);
    if (first < 0) first = curve.steps.length;
    let end = curve.steps.findIndex((step) => step > shown[1]);
    if (end < 0) end = curve.steps.length;
    return [Math.max(first - 1, 0), Math.min(end + 1, curve.steps.length), first, end];
  }

  function pathOf(curve, axis) {
    const odd = curve.lost.filter((one) => !one[2]).map((one) => one[0]);
    const [begin, end] = visible(curve);
    let out = "", pen = "M", next = 0;
    for (let i = begin; i < end; i++) {
      while (next < odd.length && odd[next] < curve.steps[i]) { next++; pen = "M"; }
      out += `${pen}${xOf(curve.steps[i])} ${yOf(axis, curve.values[i])}${pen === "M" ? "h0" : ""}`;
      pen = "L";
    }
    return out;
  }

  function drawMarks(figure) {
    figure.signs.replaceChildren();
    figure.lines.querySelectorAll(".mark").forEach((node, i) => {
      const [step] = data.marks[i];
      node.setAttribute("d", inside(step) ? `M${xOf(step)} 0V${UNITS}` : "");
    });
    const taken = {};
    for (const [step, label] of data.marks) {
      if (!inside(step)) continue;
      const near = Math.round(part(step) * 40), dx = 4 + 16 * (taken[near] || 0), end = part(step) > 0.9;
      taken[near] = (taken[near] || 0) + 1;
      text(figure.signs, label, { x: percent(part(step)), y: LABEL, dx: end ? -dx : dx, class: end ? "mark end" : "mark" });
    }
  }

  function drawSteps(figure) {
    figure.xs.replaceChildren();
    const stride = Math.max(Math.round(roundStep((shown[1] - shown[0]) / 8)), 1);
    for (let step = Math.ceil(shown[0] / stride) * stride; step <= shown[1]; step += stride) {
      const where = part(step);
      text(figure.xs, stepLabel(step), {
        x: percent(where), y: 14, class: where < 0.03 ? "start" : where > 0.97 ? "end" : "middle",
      });
    }
  }

  function drawCurves(figure) {
    const { chart, lines } = figure;
    const values = chart.curves.flatMap((curve) => {
      const [begin, end, first, last] = visible(curve);
      return first < last ? curve.values.slice(first, last) : curve.values.slice(begin, end);
    });
    const axis = axisOf(values, chart.log), labels = ticks(axis);
    figure.axis = axis;
    lines.querySelector(".grid").setAttribute("d", labels.map(([w]) => `M0 ${Math.round(UNITS * (1 - w))}H${UNITS}`).join(""));
    lines.querySelectorAll(".curve").forEach((node, i) => node.setAttribute("d", pathOf(chart.curves[i], axis)));
    for (const [name, skipped] of [["lost", false], ["skipped", true]]) {
      const steps = chart.curves.flatMap((c) => c.lost.filter((one) => one[2] === skipped && inside(one[0])).map((one) => one[0]));
      lines.querySelector(`path.${name}`).setAttribute("d", steps.map((step) => `M${xOf(step)} 0V${LOST_TICK}`).join(""));
    }
    figure.ys.replaceChildren();
    for (const [where, label] of labels) text(figure.ys, label, { x: "100%", y: percent(1 - where) });
  }

  const heat = data.heat;
  const levels = (() => {
    const bytes = Uint8Array.from(atob(heat.levels), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i, true));
  })();

  function drawHeat(figure) {
    const picture = figure.lines.querySelector(".map");
    picture.setAttribute("x", xOf(heat.first));
    picture.setAttribute("width", Math.max(xOf(heat.first + heat.columns * heat.stride) - xOf(heat.first), 1));
    const rows = data.layers.length, each = Math.max(Math.ceil(rows / 40), 1);
    for (let r = 0; r < rows; r += each) {
      for (let c = 0; c < heat.columns; c++) {
        const step = heat.first + (c + 0.5) * heat.stride, level = levels[r * heat.columns + c];
        if ((level === LOST || level === INFINITE) && inside(step)) {
          text(figure.signs, "✗", { x: percent(part(step)), y: percent((r + 0.5) / rows), class: "lost" });
          break;
        }
      }
    }
  }

  function draw() {
    for (const figure of figures) {
      drawMarks(figure);
      drawSteps(figure);
      if (figure.chart) drawCurves(figure); else drawHeat(figure);
    }
    point();
  }

  // Values under the pointer

  function nearest(curve, step) {
    let low = 0, high = curve.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (curve.steps[middle] <= step) low = middle + 1; else high = middle;
    }
    const before = curve.steps[low - 1], after = curve.steps[low];
    if (before === undefined && after === undefined) return -1;
    return after === undefined || (before !== undefined && step - before <= after - step) ? low - 1 : low;
  }

  function curveWords(curve, step, alone) {
    const wide = (shown[1] - shown[0]) / 400;
    const odd = curve.lost.find((one) => Math.abs(one[0] - step) <= wide);
    const i = nearest(curve, step);
    const said = odd ? `✗ ${odd[1]} at ${odd[0].toLocaleString("en")}` : i < 0 ? "-" : reading(curve.values[i]);
    return alone ? said : `${curve.name} ${said}`;
  }

  function heatWords(step) {
    if (row === null) return "";
    const column = Math.floor((step - heat.first) / heat.stride);
    if (column < 0 || column >= heat.columns) return data.layers[row];
    const level = levels[row * heat.columns + column];
    const said = { [NO_GRADIENT]: "no gradient", [LOST]: "✗ NaN", [INFINITE]: "✗ inf", [ZERO]: "0" }[level];
    return `${data.layers[row]} ${said || reading(10 ** (level / 100 - 320))}`;
  }

  function point() {
    for (const figure of figures) {
      if (!figure.hair) {
        figure.hair = document.createElement("div");
        figure.hair.className = "hair";
        figure.plot.append(figure.hair);
      }
      const there = at !== null && inside(at);
      figure.hair.hidden = !there;
      if (there) figure.hair.style.left = percent(part(at));
      if (!there) figure.readout.textContent = "";
      else {
        const words = figure.chart
          ? figure.chart.curves.map((c) => curveWords(c, at, figure.chart.curves.length === 1)).join("  ")
          : heatWords(at);
        figure.readout.textContent = `step ${Math.round(at).toLocaleString("en")}  ${words}`;
      }
    }
  }

  // Pointer and keys

  function zoom(low, high) {
    const least = Math.min(4, whole[1]);
    if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
    if (low < whole[0]) [low, high] = [whole[0], Math.min(high + whole[0] - low, whole[1])];
    if (high > whole[1]) [low, high] = [Math.max(low - high + whole[1], whole[0]), whole[1]];
    shown = [low, high];
    draw();
  }

  for (const figure of figures) {
    const { plot } = figure;
    let from = null, box = null;
    const stepAt = (event) => {
      const frame = plot.getBoundingClientRect();
      const where = Math.min(Math.max((event.clientX - frame.left) / frame.width, 0), 1);
      if (!figure.chart) {
        const down = Math.min(Math.max((event.clientY - frame.top) / frame.height, 0), 0.999999);
        row = Math.floor(down * data.layers.length);
      }
      return shown[0] + where * (shown[1] - shown[0]);
    };
    const letGo = () => { if (box) box.remove(); from = box = null; };
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `${figure.title}: arrows go along, plus and minus zoom, 0 for the whole run`);
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      from = stepAt(event);
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      at = Math.round(stepAt(event));
      if (from !== null) {
        if (!box) { box = document.createElement("div"); box.className = "chosen"; plot.append(box); }
        const [a, b] = [from, stepAt(event)].sort((x, y) => x - y).map(part);
        box.style.left = percent(a);
        box.style.width = percent(b - a);
      }
      point();
    });
    plot.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const [a, b] = [from, stepAt(event)].sort((x, y) => x - y);
      letGo();
      if (part(b) - part(a) > 0.01) zoom(a, b);
    });
    plot.addEventListener("pointercancel", letGo);
    plot.addEventListener("pointerleave", () => { if (from === null) { at = null; point(); } });
    plot.addEventListener("dblclick", () => zoom(...whole));
    plot.addEventListener("keydown", (event) => {
      const wide = shown[1] - shown[0], here = at === null ? (shown[0] + shown[1]) / 2 : at;
      const steps = Math.max(Math.round(wide / 100), 1) * (event.shiftKey ? 10 : 1);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        at = Math.min(Math.max(Math.round(here) + (event.key === "ArrowLeft" ? -steps : steps), whole[0]), whole[1]);
        if (!inside(at)) zoom(at - wide / 2, at + wide / 2); else point();
      } else if (!figure.chart && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        row = Math.min(Math.max((row === null ? 0 : row) + (event.key === "ArrowUp" ? -1 : 1), 0), data.layers.length - 1);
        if (at === null) at = Math.round(here);
        point();
      } else if (event.key === "+" || event.key === "=") zoom(here - wide / 4, here + wide / 4);
      else if (event.key === "-") zoom(here - wide, here + wide);
      else if (event.key === "0" || event.key === "Escape") zoom(...whole);
      else return;
      event.preventDefault();
    });
    if (figure.chart && figure.chart.curves.every((c) => c.values.every((v) => v > 0))) {
      const button = document.createElement("button");
      const label = () => {
        button.textContent = figure.chart.log ? "linear" : "logarithmic";
        button.setAttribute("aria-label", `${figure.title}: show on a ${button.textContent} axis`);
      };
      button.addEventListener("click", () => { figure.chart.log = !figure.chart.log; label(); draw(); });
      label();
      figure.caption.insertBefore(button, figure.readout);
    }
  }
  draw();
})();
