// The marks of the time chart: systolic as a caret that points down to its value, diastolic as one that points
// up, heart rate as a dot; filled from a device, hollow by hand; what is not believed as a small cross.

/** @typedef {import("uplot")} Plot */
/** @typedef {{plot: Plot, ratio: number, color: (name: string) => string, lanes: Record<string, number[]>}} Brush */
/** @import {Infusion, Plan, Point} from "./types.d.ts" */

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
  for (const [name, words] of [["spo2", "SpO2 %"], ["main", "mmHg, per min"], ["doubts", "not believed"]]) {
    const lane = brush.lanes[name ?? ""] ?? [0, 0];
    const y = name === "doubts" ? level(brush, 0.035) : level(brush, lane[1] ?? 0) + 8 * ratio;
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
    const from = across(brush, Date.parse(one.start));
    const to = across(brush, one.end ? Date.parse(one.end) : now);
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

/** @param {Brush} brush @param {import("./series.js").Series} series */
export function drawPoints(brush, series) {
  dots(brush, series.points("spo2"), "spo2", "--signal-spo2", 1.5);
  dots(brush, [...series.points("heart_rate")], "main", "--signal-heart-rate", 1.5);
  carets(brush, series.points("systolic"), 1);
  carets(brush, series.points("diastolic"), -1);
}

/** @param {Brush} brush @param {Point[]} points @param {string} scale @param {string} tone @param {number} size */
function dots(brush, points, scale, tone, size) {
  const { plot, ratio, color } = brush;
  const { ctx } = plot;
  ctx.fillStyle = ctx.strokeStyle = color(tone);
  ctx.lineWidth = 1.5 * ratio;
  for (const point of points) {
    const [x, y] = [across(brush, point.at), plot.valToPos(point.value, scale, true)];
    ctx.beginPath();
    ctx.arc(x, y, (point.manual ? 3.5 : size) * ratio, 0, 2 * Math.PI);
    if (point.manual) ctx.stroke();
    else ctx.fill();
  }
}

/** The tip of the caret lies on the value. @param {Brush} brush @param {Point[]} points @param {1 | -1} side */
function carets(brush, points, side) {
  const { plot, ratio, color } = brush;
  const { ctx } = plot;
  ctx.strokeStyle = ctx.fillStyle = color("--signal-pressure");
  ctx.lineWidth = 1.6 * ratio;
  for (const point of points) {
    const [x, y] = [across(brush, point.at), plot.valToPos(point.value, "main", true)];
    const [wide, tall] = [4.5 * ratio, 7 * ratio * side];
    ctx.beginPath();
    ctx.moveTo(x - wide, y - tall);
    ctx.lineTo(x, y);
    ctx.lineTo(x + wide, y - tall);
    if (point.manual) {
      ctx.closePath();
      ctx.stroke();
    } else {
      ctx.closePath();
      ctx.fill();
    }
  }
}

/** @param {Brush} brush @param {{at: number}[]} doubted */
export function drawDoubts(brush, doubted) {
  const { ctx } = brush.plot;
  const y = level(brush, 0.035);
  const size = 3 * brush.ratio;
  ctx.strokeStyle = brush.color("--ink-soft");
  ctx.lineWidth = 1.4 * brush.ratio;
  let last = -Infinity;
  for (const one of doubted) {
    const x = across(brush, one.at);
    if (x - last < 1) continue;
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
    if (at < bbox.left) continue;
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
