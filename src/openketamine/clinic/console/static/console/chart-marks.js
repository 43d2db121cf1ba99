// The marks of the time chart: systolic as a caret that points down to its value, diastolic as one that points
// up, heart rate as a dot; filled from a device, hollow by hand; what is not believed as a small cross.

/** @typedef {import("uplot")} Plot */
/** @typedef {{plot: Plot, ratio: number, color: (name: string) => string, lanes: Record<string, number[]>}} Brush */
/** @import {Doses, Infusion, Plan, Point} from "./types.d.ts" */

/** Pixels of a fraction of the plot's height. @param {Brush} brush @param {number} fraction */
const level = ({ plot }, fraction) => plot.bbox.top + plot.bbox.height * (1 - fraction);
/** @param {Brush} brush @param {number} atMs */
const across = ({ plot }, atMs) => plot.valToPos(atMs / 1000, "x", true);

/** A fine line every 5 minutes, a bold one every 15; lines between lanes; the words at their side.
 * @param {Brush} brush */
export function drawGrid(brush) {
  const { plot, ratio, color } = brush;
  const { ctx, bbox } = plot;
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  for (let at = Math.ceil((min ?? 0) / 300) * 300; at <= (max ?? 0); at += 300) {
    const x = Math.round(plot.valToPos(at, "x", true));
    ctx.fillStyle = color(at % 900 ? "--line" : "--line-strong");
    ctx.globalAlpha = at % 900 ? 0.7 : 0.55;
    ctx.fillRect(x, bbox.top, ratio, bbox.height);
  }
  for (const [scale, values] of /** @type {[string, number[]][]} */ ([["main", [40, 80, 120, 160, 200]], ["spo2", [90, 95, 100]]])) {
    ctx.fillStyle = color("--line");
    for (const value of values) ctx.fillRect(bbox.left, Math.round(plot.valToPos(value, scale, true)), bbox.width, ratio);
  }
  ctx.globalAlpha = 1;
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.fillStyle = color("--ink-soft");
  ctx.textBaseline = "middle";
  ctx.textAlign = "end";
  for (const value of [85, 90, 95, 100]) ctx.fillText(String(value), bbox.left - 6 * ratio, plot.valToPos(value, "spo2", true));
  ctx.textAlign = "start";
  for (const [name, words] of [["spo2", "SpO2 %"], ["main", "mmHg, per min"], ["ratings", "rated"], ["doubts", "not believed"]]) {
    const lane = brush.lanes[name ?? ""] ?? [0, 0];
    const narrow = name === "doubts" || name === "ratings";
    const y = narrow ? level(brush, ((lane[0] ?? 0) + (lane[1] ?? 0)) / 2) : level(brush, lane[1] ?? 0) + 8 * ratio;
    ctx.fillText(words ?? "", bbox.left + 6 * ratio, y);
  }
}

/** Bars of the drug with the rate printed at each change. @param {Brush} brush @param {Infusion | null} infusion @param {Plan | null} plan @param {number} now */
export function drawDrug(brush, infusion, plan, now) {
  if (!infusion || !plan) return;
  const { plot, ratio, color } = brush;
  const { ctx } = plot;
  const [low = 0, high = 0] = brush.lanes.drug ?? [];
  const [top, bottom] = [level(brush, high), level(brush, low)];
  const most = Math.max(plan.rate_ul_per_h, ...infusion.segments.map((one) => one.rate_ul_per_h));
  let written = -Infinity;
  for (const one of infusion.segments) {
    const [edge, end] = [plot.bbox.left, plot.bbox.left + plot.bbox.width];
    const from = Math.max(edge, across(brush, Date.parse(one.start)));
    const to = Math.min(end, across(brush, one.end ? Date.parse(one.end) : now));
    if (to < edge || from > end) continue;
    const tall = (bottom - top) * Math.max(0.25, one.rate_ul_per_h / most);
    ctx.fillStyle = color("--drug-induction");
    ctx.fillRect(from, bottom - tall, Math.max(ratio, to - from), tall);
    ctx.strokeStyle = color("--ink");
    ctx.lineWidth = ratio;
    ctx.strokeRect(from, bottom - tall, Math.max(ratio, to - from), tall);
    ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
    const words = `${one.rate_ul_per_h / 1000}${written === -Infinity ? " mL/h" : ""}`;
    const inside = to - from > ctx.measureText(words).width + 8 * ratio;
    const x = inside ? from + 4 * ratio : Math.max(from, written);
    ctx.fillStyle = inside ? "#1a1500" : color("--ink");
    ctx.textBaseline = inside ? "middle" : "top";
    ctx.fillText(words, x, inside ? bottom - tall / 2 : bottom + 2 * ratio);
    written = x + ctx.measureText(words).width + 6 * ratio;
  }
}

/** Doses without a pump: a bar at the moment, its mass beside it. @param {Brush} brush @param {Doses | null} doses */
export function drawDoses(brush, doses) {
  const { plot, ratio, color } = brush;
  const { ctx, bbox } = plot;
  const [low = 0, high = 0] = brush.lanes.drug ?? [];
  const [top, bottom] = [level(brush, high), level(brush, low)];
  ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  for (const one of doses?.given ?? []) {
    const x = across(brush, Date.parse(one.at));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.fillStyle = color("--drug-induction");
    ctx.fillRect(x, top, 5 * ratio, bottom - top);
    ctx.strokeStyle = ctx.fillStyle = color("--ink");
    ctx.lineWidth = ratio;
    ctx.strokeRect(x, top, 5 * ratio, bottom - top);
    ctx.fillText(`${one.dose_ug / 1000} mg`, x + 8 * ratio, (top + bottom) / 2);
  }
}

/** @param {Brush} brush @param {import("./series.js").Series} series */
export function drawPoints(brush, series) {
  for (const part of series.parts("spo2")) dots(brush, part, "spo2", "--signal-spo2");
  for (const part of [...series.parts("heart_rate"), ...(series.has("heart_rate") ? [] : series.parts("pulse_rate"))]) dots(brush, part, "main", "--signal-heart-rate");
  for (const part of series.parts("mean_pressure")) bars(brush, part);
  for (const part of series.parts("systolic")) carets(brush, part, 1);
  for (const part of series.parts("diastolic")) carets(brush, part, -1);
}

/** The first point of a list in time that is not before a moment. @param {Point[]} points @param {number} atMs */
function firstFrom(points, atMs) {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.at ?? Infinity) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each point of the window at its pixel; what would lie on a pixel that is drawn already is not drawn again.
 * @param {Brush} brush @param {Point[]} points @param {string} scale @param {(x: number, y: number, point: Point) => void} draw */
function eachSeen(brush, points, scale, draw) {
  const { plot } = brush;
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  let [lastX, lastY] = [NaN, NaN];
  for (let i = firstFrom(points, (min ?? 0) * 1000); i < points.length; i++) {
    const point = points[i];
    if (!point || point.at > (max ?? 0) * 1000) break;
    const [x, y] = [Math.round(across(brush, point.at)), Math.round(plot.valToPos(point.value, scale, true))];
    if (x === lastX && y === lastY) continue;
    [lastX, lastY] = [x, y];
    draw(x, y, point);
  }
}

/** @param {Brush} brush @param {Point[]} points @param {string} scale @param {string} tone */
function dots(brush, points, scale, tone) {
  const { plot, ratio, color } = brush;
  const { ctx } = plot;
  ctx.fillStyle = ctx.strokeStyle = color(tone);
  ctx.lineWidth = 1.5 * ratio;
  const size = 1.5 * ratio;
  eachSeen(brush, points, scale, (x, y, point) => {
    // A dot of three pixels is a square to the eye, and a tenth of the work of a circle.
    if (!point.manual) return ctx.fillRect(x - size, y - size, 2 * size, 2 * size);
    ctx.beginPath();
    ctx.arc(x, y, 3.5 * ratio, 0, 2 * Math.PI);
    ctx.stroke();
  });
}

/** Whether a monitor only repeats its last cuff number: the mark beside it says the same.
 * @param {number} wide pixels @returns {(x: number, y: number) => boolean} */
function repeats(wide) {
  let [lastX, lastY] = [-Infinity, NaN];
  return (x, y) => {
    if (y === lastY && x - lastX < wide) return true;
    [lastX, lastY] = [x, y];
    return false;
  };
}

/** The mean as a short bar. @param {Brush} brush @param {Point[]} points */
function bars(brush, points) {
  const { plot, ratio, color } = brush;
  const again = repeats(9 * ratio);
  plot.ctx.fillStyle = color("--ink-soft");
  eachSeen(brush, points, "main", (x, y) => void (again(x, y) || plot.ctx.fillRect(x - 4 * ratio, y - ratio / 2, 8 * ratio, ratio)));
}

/** The tip of the caret lies on the value. @param {Brush} brush @param {Point[]} points @param {1 | -1} side */
function carets(brush, points, side) {
  const { plot, ratio, color } = brush;
  const { ctx } = plot;
  ctx.strokeStyle = ctx.fillStyle = color("--signal-pressure");
  ctx.lineWidth = 1.6 * ratio;
  const [wide, tall] = [4.5 * ratio, 7 * ratio * side];
  const again = repeats(2 * wide);
  eachSeen(brush, points, "main", (x, y, point) => {
    if (!point.manual && again(x, y)) return;
    ctx.beginPath();
    ctx.moveTo(x - wide, y - tall);
    ctx.lineTo(x, y);
    ctx.lineTo(x + wide, y - tall);
    ctx.closePath();
    if (point.manual) ctx.stroke();
    else ctx.fill();
  });
}

/** What a person rated, as a letter and its number, moved aside where two would lie on each other.
 * @type {Record<string, string>} */
export const RATED = { moaas: "S", dissociation: "D", nausea: "N", distress: "A", pain: "P" };

/** @param {Brush} brush @param {import("./series.js").Series} series */
export function drawRatings(brush, series) {
  const { plot, ratio, color } = brush;
  const { ctx, bbox } = plot;
  const [low = 0, high = 0] = brush.lanes.ratings ?? [];
  const rated = Object.entries(RATED).flatMap(([signal, letter]) => series.points(signal).map((point) => ({ at: point.at, words: `${letter}${point.value}` })));
  let free = -Infinity;
  ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  ctx.fillStyle = color("--ink");
  for (const one of rated.sort((a, b) => a.at - b.at)) {
    const at = across(brush, one.at);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    const x = Math.max(at, free);
    ctx.fillText(one.words, x, level(brush, (low + high) / 2));
    free = x + ctx.measureText(one.words).width + 3 * ratio;
  }
}

/** @param {Brush} brush @param {{at: number}[]} doubted */
export function drawDoubts(brush, doubted) {
  const { ctx } = brush.plot;
  const [low = 0, high = 0] = brush.lanes.doubts ?? [];
  const y = level(brush, (low + high) / 2);
  const { bbox } = brush.plot;
  const size = 3 * brush.ratio;
  ctx.strokeStyle = brush.color("--ink-soft");
  ctx.lineWidth = 1.4 * brush.ratio;
  let last = -Infinity;
  for (const one of doubted) {
    const x = across(brush, one.at);
    if (x - last < 1 || x < bbox.left || x > bbox.left + bbox.width) continue;
    last = x;
    ctx.beginPath();
    ctx.moveTo(x - size, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.moveTo(x + size, y - size);
    ctx.lineTo(x - size, y + size);
    ctx.stroke();
  }
}

/** Numbers over a thin line through all lanes, moved aside where two would lie on each other.
 * @param {Brush} brush @param {{at: string, mark: number}[]} events */
export function drawEvents(brush, events) {
  const { plot, ratio, color } = brush;
  const { ctx, bbox } = plot;
  const [low = 0, high = 0] = brush.lanes.events ?? [];
  const y = level(brush, (low + high) / 2);
  const radius = 8 * ratio;
  let free = -Infinity;
  ctx.font = `600 ${10.5 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const one of events) {
    const at = across(brush, Date.parse(one.at));
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    const x = Math.max(at, free);
    free = x + 2 * radius + ratio;
    ctx.fillStyle = color("--ink-soft");
    ctx.globalAlpha = 0.35;
    ctx.fillRect(at, y + radius, ratio, bbox.top + bbox.height - y - radius);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.fillStyle = color("--ink");
    ctx.fill();
    ctx.fillStyle = color("--surface");
    ctx.fillText(String(one.mark), x, y + ratio / 2);
  }
  ctx.textAlign = "start";
}
