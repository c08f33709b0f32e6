"use strict";
// Draws the charts and tables of a part when it is first opened; sorts and filters the overview.

const LIFTS = ["", "adjusted_", "anytime_"];
const TEMPLATES = JSON.parse(document.getElementById("templates").textContent);
// Of lifts: the scale of a template that shows them.
const SHARED_AXES = { forest: "x", intervals: "x", amounts: "x", over_time: "y" };
const DASHES = ["", "6 3", "2 2", "8 3 2 3", "10 4", "4 4", "1 3", "12 2 2 2"];

const missing = (value) => value === null || value === undefined;
const signed = (value, digits) => (value >= 0 ? "+" : "−") + Math.abs(value).toLocaleString("en", {
  minimumFractionDigits: digits, maximumFractionDigits: digits,
});
const amount = (value) => {
  const size = Math.abs(value);
  return value.toLocaleString("en", { maximumFractionDigits: size >= 1000 ? 0 : size >= 1 ? 2 : 4 });
};
const percent = (value) => signed(value * 100, 1) + "%";
const share = (value) => (value * 100).toFixed(value > 0 && value < 0.01 ? 2 : 1) + "%";
const FORMATS = {
  text: String,
  percent,
  share,
  amount,
  count: (value) => value.toLocaleString("en", { maximumFractionDigits: 0 }),
  signed: (value) => (value > 0 ? "+" : "") + amount(value),
  p: (value) => (value < 0.0001 ? "< 0.0001" : value.toFixed(4)),
  interval: percent,
  shares: share,
  amounts: (value) => (value > 0 ? "+" : "") + amount(value),
};

/** An element with attributes and children; texts are never read as HTML. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The rows of a compact block (report/blocks.py). */
function unpack(columns) {
  const names = Object.keys(columns);
  const plain = names.map((name) => {
    const column = columns[name];
    return Array.isArray(column) ? column : column.places.map((place) => column.texts[place]);
  });
  return (plain[0] || []).map((_, index) => Object.fromEntries(
    names.map((name, place) => [name, plain[place][index]]),
  ));
}

/** Cuts intervals that would squeeze all others, and notes where. */
function cut(rows, format) {
  const bounds = rows.flatMap((row) => [row.lower, row.upper]).filter((value) => !missing(value));
  const sizes = bounds.map(Math.abs).sort((a, b) => a - b);
  const usual = sizes.length ? sizes[Math.floor(sizes.length / 2)] : 0;
  const lifts = rows.filter((row) => !missing(row.lower)).map((row) => Math.abs(row.lift));
  const limit = Math.max(3 * usual, Math.min(1.3 * Math.max(0, ...lifts), 6 * usual)) || Infinity;
  return rows.map((row) => {
    const drawn = { ...row };
    for (const prefix of LIFTS) {
      for (const field of ["lift", "lower", "upper"]) {
        const name = prefix + field;
        if (missing(row[name])) continue;
        drawn[name] = Math.max(-limit, Math.min(limit, row[name]));
        drawn[name + "_cut"] = drawn[name] !== row[name];
        drawn[name + "_text"] = format(row[name]);
      }
    }
    return drawn;
  });
}

/** A cell of a table: a value, or two as an interval. */
function cell(row, field, format) {
  const values = field.split(" ").map((name) => row[name]);
  return values.some(missing) ? "-" : values.map(FORMATS[format]).join(" .. ");
}

function table(rows, columns, label) {
  const head = make("tr");
  for (const [title, , format] of columns) {
    head.append(make("th", { scope: "col", class: format === "text" ? "" : "number" }, title));
  }
  const body = make("tbody");
  for (const row of rows) {
    const line = make("tr");
    columns.forEach(([, field, format], place) => {
      const text = cell(row, field, format);
      line.append(place === 0
        ? make("th", { scope: "row" }, text)
        : make("td", { class: format === "text" ? "" : "number" }, text));
    });
    body.append(line);
  }
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    make("table", {}, make("thead", {}, head), body));
}

/** A line of the legend: the mark as it is drawn, and its name. */
function mark(name, attributes, shape) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 34 12");
  picture.setAttribute("aria-hidden", "true");
  const draw = (tag, settings) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(settings)) element.setAttribute(key, value);
    picture.append(element);
  };
  if (attributes.band) draw("rect", { x: 0, y: 0, width: 34, height: 12, fill: attributes.stroke, opacity: attributes.band });
  draw("line", { x1: 1, x2: 33, y1: 6, y2: 6, ...attributes });
  if (shape) draw("path", { d: shape, fill: attributes.stroke });
  return make("li", {}, picture, name);
}

const CIRCLE = "M17 2a4 4 0 1 0 .01 0z";
const DIAMOND = "M17 0l5 6-5 6-5-6z";
const LEGENDS = {
  ordinary: () => [mark("lift and ordinary interval", { stroke: "var(--ordinary)", "stroke-width": 4 }, CIRCLE)],
  intervals: () => [
    mark("ordinary interval: at the end", { stroke: "var(--ordinary)", "stroke-width": 4 }, CIRCLE),
    mark("CUPED: adjusted for the past", { stroke: "var(--adjusted)", "stroke-width": 3 }, DIAMOND),
    mark("sequential: at any time", { stroke: "var(--anytime)", "stroke-width": 2 }),
  ],
  bands: () => [
    mark("lift and ordinary interval", { stroke: "var(--ordinary)", "stroke-width": 2.5, band: 0.3 }),
    mark("sequential interval", { stroke: "var(--anytime)", "stroke-width": 1, "stroke-dasharray": "3 3", band: 0.18 }),
  ],
};

function legend(block) {
  const lines = Array.isArray(block.legend)
    ? block.legend.map((name, place) => {
      const slot = place < 8 ? place : 1 + (place - 1) % 7;
      return mark(name + (place === 0 && name !== "control" ? " (control)" : ""), {
        stroke: `var(--slot-${slot})`, "stroke-width": 3, "stroke-dasharray": DASHES[slot],
      });
    })
    : LEGENDS[block.legend]();
  return make("ul", { class: "legend", "aria-label": "Legend" }, ...lines);
}

/** What a chart shows, for those who do not see it. */
function alternative(block, rows, name) {
  const lines = rows.slice(0, 12).map((row) => {
    const [title] = block.columns;
    const numbers = block.columns.filter(([, , format]) => ["percent", "interval", "share", "signed"].includes(format));
    return cell(row, title[1] === undefined ? "" : title[1], "text")
      + ": " + numbers.slice(0, 2).map(([head, field, format]) => `${head} ${cell(row, field, format)}`).join(", ");
  });
  return `${block.caption}${name ? ` ${name}.` : ""} ${lines.join("; ")}${rows.length > 12 ? "; ..." : ""}. All numbers are in the table below.`;
}

/** The reach of an axis that the charts of all variants share. */
function reach(rows) {
  const values = rows.flatMap((row) => LIFTS.flatMap((prefix) => ["lift", "lower", "upper"].map((field) => row[prefix + field])));
  const known = values.filter((value) => !missing(value));
  return [Math.min(0, ...known), Math.max(0, ...known)];
}

function chart(block, drawn, domain, name) {
  const frame = make("div", { class: "chart" });
  const picture = make("div", { role: "img", "aria-label": alternative(block, drawn.map((row) => row.whole), name) }, frame);
  const spec = structuredClone(TEMPLATES[block.kind]);
  if (block.kind === "matrix") {
    const cells = new Set(drawn.map((row) => row.b)).size;
    frame.style.maxWidth = `${3 + 3 * cells}rem`;
  }
  if (domain) spec.scales.find((scale) => scale.name === SHARED_AXES[block.kind]).domain = domain;
  spec.data.find((source) => source.name === "rows").values = drawn;
  // A layer without rows, such as CUPED where it does not help, is worth no warning.
  const options = { actions: false, renderer: "svg", ast: true, mode: "vega", logLevel: 1 };
  return { picture, draw: () => vegaEmbed(frame, spec, options) };
}

/** Puts a block into its section: caption, choices, legend, charts, and the table of numbers. */
async function show(section, block) {
  const all = unpack(block.rows);
  const figure = make("figure", {}, make("figcaption", {}, block.caption));
  if (block.note) figure.append(make("p", { class: "note" }, block.note));
  section.append(figure);
  const choices = make("div", { class: "choices" });
  const charts = make("div");
  const numbers = make("div");
  const chosen = {};

  const offer = () => {
    choices.replaceChildren();
    let rows = all;
    for (const [title, field] of Object.entries(block.choices)) {
      const values = [...new Set(rows.map((row) => row[field]))];
      if (!values.includes(chosen[field])) chosen[field] = values[0];
      rows = rows.filter((row) => row[field] === chosen[field]);
      if (values.length < 2) continue;
      const select = make("select");
      for (const value of values) {
        const option = make("option", { value }, String(value).replaceAll("_", " "));
        option.selected = value === chosen[field];
        select.append(option);
      }
      select.addEventListener("change", async () => {
        chosen[field] = select.value;
        await redraw();
        choices.querySelector(`[data-field="${field}"]`)?.focus();
      });
      select.dataset.field = field;
      choices.append(make("label", {}, title, select));
    }
    return rows;
  };

  const redraw = async () => {
    const rows = offer();
    charts.replaceChildren();
    const format = block.kind === "amounts" ? FORMATS.amounts : percent;
    const drawn = (block.scale ? cut(rows, format) : rows).map((row, place) => ({
      ...row, whole: rows[place], bar_label: missing(row.rate) ? "" : `${share(row.rate)} ${row.variant}`,
    }));
    const domain = block.scale ? reach(drawn) : null;
    const groups = block.kind ? [...new Set(rows.map((row) => (block.split ? row[block.split] : "")))] : [];
    for (const name of groups) {
      const own = drawn.filter((row) => !block.split || row[block.split] === name);
      if (block.split) charts.append(make("p", { class: "split" }, name));
      const { picture, draw } = chart(block, own, domain, name);
      charts.append(picture);
      await draw();
    }
    const open = block.kind === "" || numbers.querySelector("details")?.open;
    const details = make("details", open ? { open: "" } : {}, make("summary", {}, "Numbers"));
    // Long tables are made when they are asked for.
    const fill = () => {
      if (details.open && details.childElementCount === 1) details.append(table(rows, block.columns, block.caption));
    };
    details.addEventListener("toggle", fill);
    fill();
    numbers.replaceChildren(details);
  };

  figure.append(choices);
  if (block.legend && block.kind) figure.append(legend(block));
  figure.append(charts, numbers);
  await redraw();
}

/** JSON from a gzip file in base64. */
async function unzip(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** Draws a part once. */
async function open(part) {
  if (part.dataset.drawn) return;
  part.dataset.drawn = "begun";
  const data = await unzip(part.querySelector("script.data").textContent);
  for (const section of part.querySelectorAll("[data-block]")) {
    const block = data[section.dataset.block];
    if (block) await show(section, block);
  }
  part.dataset.drawn = "done";
}

function follow() {
  const part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part?.tagName === "DETAILS") {
    part.open = true;
    part.scrollIntoView();
  }
}

function sortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = make("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const key = (row) => row.cells[place].dataset.sort ?? row.cells[place].textContent.trim();
      const rows = [...body.rows].sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
      body.append(...(descending ? rows.reverse() : rows));
    });
  });
}

function filterable(table) {
  const [text, status, tone] = ["text", "status", "tone"].map((name) => document.getElementById(`filter-${name}`));
  const count = document.getElementById("filter-count");
  const apply = () => {
    const words = text.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const fits = words.every((word) => row.dataset.text.toLowerCase().includes(word))
        && (!status.value || row.dataset.status === status.value)
        && (!tone.value || row.dataset.tone === tone.value);
      row.hidden = !fits;
      document.getElementById(row.dataset.part).hidden = !fits;
      shown += fits;
    }
    const all = table.tBodies[0].rows.length;
    count.textContent = `${shown} of ${all} ${all === 1 ? "experiment" : "experiments"}`;
  };
  for (const control of [text, status, tone]) control.addEventListener("input", apply);
  text.form.addEventListener("submit", (event) => event.preventDefault());
}

const overview = document.getElementById("overview-table");
sortable(overview);
filterable(overview);
for (const part of document.querySelectorAll("details.part")) {
  part.addEventListener("toggle", () => { if (part.open) open(part); });
}
// The charts over all experiments are drawn when they come near.
const together = document.getElementById("together");
new IntersectionObserver((entries, observer) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  observer.disconnect();
  open(together);
}, { rootMargin: "600px" }).observe(together);
addEventListener("hashchange", follow);
follow();
