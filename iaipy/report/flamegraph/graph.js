"use strict";
(() => {
  const HARDLY = 0.005, ROW = 20, NARROWEST = 0.4, NARROWEST_WITH_TEXT = 28, LETTER = 6.5;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const graph = byId("graph"), tip = byId("tip"), search = byId("search");
  const functions = data.functions.map(([within, name, file, line]) => ({
    name: within < 0 ? name : `${data.texts[within]}.${name}`,
    place: line ? `${data.texts[file]}:${line}` : data.texts[file],
  }));
  const boxes = data.boxes.map(([of, parent, own, calls, ownBefore = 0, callsBefore = 0], index) => ({
    index, ...functions[of], parent, calls, callsBefore,
    own: [own, ownBefore], total: [own, ownBefore], depth: 0, children: [],
  }));
  const root = { index: -1, name: "all", place: "", parent: null, own: [0, 0], total: [0, 0], depth: -1, children: boxes.filter((box) => box.parent < 0), calls: 0, callsBefore: 0 };
  for (let at = boxes.length - 1; at >= 0; at--) {
    const box = boxes[at], below = box.parent < 0 ? root : boxes[box.parent];
    below.total[0] += box.total[0];
    below.total[1] += box.total[1];
  }
  for (const box of boxes) {
    box.below = box.parent < 0 ? root : boxes[box.parent];
    box.depth = box.below.depth + 1;
    if (box.parent >= 0) box.below.children.push(box);
  }
  let zoomed = root, side = 0, drawn = new Map(), focused = null, wanted = "";

  const number = (value) => value.toLocaleString("en-US");
  const signed = (value) => (value > 0 ? "+" : "") + number(value);
  const part = (value) => (root.total[side] ? (100 * value / root.total[side]).toFixed(2) : "0") + " %";

  function hue(name) {
    let hash = 7;
    for (const char of name.split(".").slice(0, 2).join(".")) hash = (hash * 31 + char.codePointAt(0)) % 9973;
    return 15 + hash % 200;
  }
  function hardlyChanged(box) {
    return Math.abs(box.total[0] - box.total[1]) <= HARDLY * Math.max(box.total[0], box.total[1]);
  }
  function colour(box) {
    if (!data.difference) return `hsl(${hue(box.name)} 65% ${70 + box.depth % 3 * 3}%)`;
    const change = box.total[0] - box.total[1];
    if (hardlyChanged(box)) return "var(--same)";
    const size = Math.min(1, Math.abs(change) / Math.max(box.total[0], box.total[1]));
    return `hsl(${change > 0 ? 0 : 215} 85% ${86 - 30 * size}%)`;
  }
  function told(box) {
    const lines = [box.name];
    if (box.place) lines.push(box.place);
    lines.push(`${number(box.total[side])} instructions with callees (${part(box.total[side])})`);
    lines.push(`${number(box.own[side])} of its own (${part(box.own[side])})`);
    if (data.difference) {
      lines.push(`before ${number(box.total[1])}, now ${number(box.total[0])}: ${signed(box.total[0] - box.total[1])}`);
      lines.push(`called ${number(box.callsBefore)} → ${number(box.calls)} times`);
    } else if (box.calls) lines.push(box.calls === 1 ? "called once" : `called ${number(box.calls)} times`);
    return lines.join("\n");
  }
  function label(name, width) {
    const parts = name.split(".");
    while (parts.length > 1 && parts.join(".").length * LETTER > width) parts.shift();
    return parts.join(".") || name;
  }
  const matches = (box) => wanted !== "" && (box.name + " " + box.place).toLowerCase().includes(wanted);

  function place(box, left, width, above) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "box" + (above ? " above" : "") + (matches(box) ? " match" : "");
    button.style.left = left + "px";
    button.style.top = box.depth * ROW + "px";
    button.style.width = Math.max(width - 0.5, NARROWEST) + "px";
    button.style.background = colour(box);
    if (data.difference && hardlyChanged(box)) button.style.color = "var(--ink)";
    if (width >= NARROWEST_WITH_TEXT) button.textContent = label(box.name, width);
    else button.style.padding = "0";
    button.setAttribute("aria-label", told(box));
    button.tabIndex = -1;
    button.dataset.index = box.index;
    graph.append(button);
    drawn.set(box, button);
  }
  function draw() {
    graph.textContent = "";
    drawn = new Map();
    const width = graph.clientWidth, whole = zoomed.total[side];
    let deepest = 0;
    for (let box = zoomed.below; box && box !== root; box = box.below) place(box, 0, width, true);
    const stack = zoomed === root ? [] : [[zoomed, 0]];
    let left = 0;
    if (zoomed === root) for (const box of root.children) { stack.push([box, left]); left += width * box.total[side] / whole; }
    while (stack.length && whole > 0) {
      const [box, begin] = stack.pop(), size = width * box.total[side] / whole;
      if (size < NARROWEST) continue;
      place(box, begin, size, false);
      deepest = Math.max(deepest, box.depth);
      let at = begin;
      for (const child of box.children) { stack.push([child, at]); at += width * child.total[side] / whole; }
    }
    graph.style.height = (deepest + 1) * ROW + "px";
    const first = drawn.has(focused) ? focused : (zoomed === root ? root.children[0] : zoomed);
    if (drawn.has(first)) drawn.get(first).tabIndex = 0;
  }
  function zoom(box) {
    zoomed = box;
    focused = box === root ? focused : box;
    draw();
    if (drawn.has(focused) && document.activeElement !== search) focus(focused);
  }
  function focus(box) {
    if (!box || !drawn.has(box)) return;
    for (const button of drawn.values()) button.tabIndex = -1;
    focused = box;
    drawn.get(box).tabIndex = 0;
    drawn.get(box).focus();
  }
  function find() {
    wanted = search.value.trim().toLowerCase();
    let sum = 0, count = 0;
    const inside = new Set();
    for (const box of boxes) {
      const match = matches(box);
      if (match) count++;
      if (match && !inside.has(box.below)) sum += box.total[side];
      if (match || inside.has(box.below)) inside.add(box);
    }
    byId("found").textContent = wanted ? `${number(count)} ${count === 1 ? "frame" : "frames"}, ${part(sum)}` : "";
    for (const [box, button] of drawn) button.classList.toggle("match", matches(box));
  }
  const boxOf = (event) => { const button = event.target.closest && event.target.closest(".box"); return button ? boxes[button.dataset.index] : null; };
  function show(box, x, y) {
    tip.textContent = told(box);
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? Math.max(4, y - tip.offsetHeight - 8) : y + 18) + "px";
  }
  const beside = (box, step) => {
    const row = box.below.children.filter((each) => drawn.has(each));
    return row[row.indexOf(box) + step];
  };
  const MOVES = {
    ArrowDown: (box) => box.children.find((child) => drawn.has(child)),
    ArrowUp: (box) => (box.below === root ? null : box.below),
    ArrowRight: (box) => beside(box, 1),
    ArrowLeft: (box) => beside(box, -1),
  };
  graph.addEventListener("click", (event) => { const box = boxOf(event); if (box) zoom(box); });
  graph.addEventListener("mousemove", (event) => { const box = boxOf(event); if (box) show(box, event.clientX, event.clientY); else tip.hidden = true; });
  graph.addEventListener("mouseleave", () => { tip.hidden = true; });
  graph.addEventListener("focusin", (event) => { const box = boxOf(event); if (box) { const at = event.target.getBoundingClientRect(); focused = box; show(box, at.left, at.top); } });
  graph.addEventListener("focusout", () => { tip.hidden = true; });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { search.value = ""; find(); zoom(root); tip.hidden = true; return; }
    if (event.target === search) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); return; }
    const box = boxOf(event);
    if (box && MOVES[event.key]) { event.preventDefault(); focus(MOVES[event.key](box)); }
  });
  search.addEventListener("input", find);
  byId("reset").addEventListener("click", () => zoom(root));
  byId("theme").addEventListener("click", () => {
    const style = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = style.dataset.theme || (dark ? "dark" : "light");
    style.dataset.theme = now === "dark" ? "light" : "dark";
  });
  byId("sides").addEventListener("click", (event) => {
    side = 1 - side;
    event.target.textContent = side ? "Widths: before" : "Widths: now";
    event.target.setAttribute("aria-pressed", String(Boolean(side)));
    draw();
    find();
  });
  byId("sides").hidden = !data.difference;
  byId("tools").hidden = graph.hidden = false;
  byId("text").open = false;
  addEventListener("resize", draw);
  draw();
})();
