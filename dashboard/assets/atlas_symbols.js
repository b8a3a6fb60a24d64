"use strict";
/* What stands on the map besides geometry: center symbols, labels that keep out of each other's way, the
   legend. All text goes through textContent: a name from a table is never markup. */
(() => {
  const SVG = "http://www.w3.org/2000/svg";

  const LABEL_PX = 200; // longer names break into lines
  const LABEL_LINES = 3; // and what is longer still ends in dots, as in atlas_map.css

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function shape(tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  /** Status is told by shape first (filled, ring with dot, dashed ring, crossed ring), color comes second. */
  function symbol(status, { joint = false, selected = false, away = false, color = "", size = 24 } = {}) {
    const svg = shape("svg", { viewBox: "-12 -12 24 24", width: size, height: size, "aria-hidden": "true" });
    svg.setAttribute("class", `center-symbol${joint ? " joint" : ""}${selected ? " selected" : ""}${away ? " away" : ""}`);
    if (color && !selected) svg.style.color = color;
    if (status === "none") return svg;
    if (selected) svg.append(shape("circle", { r: 10.4, class: "chosen" }));
    svg.append(shape("circle", { r: 7.6, class: "halo" }));
    if (status === "open") svg.append(shape("circle", { r: 6, class: "solid" }));
    else {
      const dash = status === "planned" ? { "stroke-dasharray": "2.6 2.1" } : {};
      svg.append(shape("circle", { r: 5.2, class: "ring", ...dash }));
      if (status === "building") svg.append(shape("circle", { r: 2.2, class: "solid" }));
      if (status === "suspended") svg.append(shape("path", { d: "M-3.4,-3.4L3.4,3.4M3.4,-3.4L-3.4,3.4", class: "ring" }));
    }
    return svg;
  }

  /** A label layer that shows, at each zoom, as many labels as fit; the first in the list win. */
  class Labels {
    constructor(map, pane) {
      this.map = map;
      this.layer = L.layerGroup().addTo(map);
      this.pane = pane;
      this.items = [];
      this.pen = document.createElement("canvas").getContext("2d");
      map.on("zoomend moveend resize", () => this.arrange());
    }

    /** items: [{latlng, text, kind, size, minZoom, dy}], the most important first. */
    show(items) {
      this.items = items;
      this.arrange();
    }

    arrange() {
      this.layer.clearLayers();
      const zoom = this.map.getZoom();
      const view = this.map.getBounds().pad(0.1);
      const corner = this.map.containerPointToLayerPoint([0, 0]);
      const frame = L.bounds(corner, corner.add(this.map.getSize()));
      const taken = [];
      for (const item of this.items) {
        if (zoom < item.minZoom || !view.contains(item.latlng)) continue;
        this.pen.font = `600 ${item.size}px sans-serif`;
        const width = this.pen.measureText(item.text).width;
        const half = Math.min(width, LABEL_PX) / 2 + 3;
        const tall = item.size * 1.3 * Math.min(Math.max(Math.ceil(width / LABEL_PX), 1), LABEL_LINES);
        const at = this.map.latLngToLayerPoint(item.latlng);
        const top = at.y + item.dy - (item.dy ? item.size * 0.65 : tall / 2);
        const box = [at.x - half, top, at.x + half, top + tall];
        if (item.text && (box[0] < frame.min.x || box[2] > frame.max.x)) continue; // a name is never cut by the frame
        if (taken.some((b) => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) continue;
        taken.push(box);
        if (item.text) this.layer.addLayer(this.marker(item));
      }
    }

    marker(item) {
      const text = element("span", `map-label ${item.kind}`, item.text);
      text.style.maxWidth = `${LABEL_PX}px`;
      if (item.dy) Object.assign(text.style, { top: `${item.dy - item.size * 0.65}px`, transform: "translateX(-50%)" });
      const icon = L.divIcon({ html: text, className: "label-anchor", iconSize: [0, 0] });
      return L.marker(item.latlng, { icon, pane: this.pane, interactive: false, keyboard: false });
    }
  }

  function swatch(color) {
    const made = element("i", "swatch");
    made.style.background = color;
    return made;
  }

  /** A small disk; `dot.shape` is the same as part of a drawing. */
  function dot(color) {
    const svg = shape("svg", { viewBox: "-9 -9 18 18", width: 18, height: 18, "aria-hidden": "true" });
    svg.append(dot.shape(0, 0, 4.5, color));
    return svg;
  }
  dot.shape = (cx, cy, r, fill) => shape("circle", { cx, cy, r, fill });

  function circle(r, fill) {
    const side = Math.max(2 * Math.ceil(r), 18);
    const svg = shape("svg", { viewBox: `${-side / 2} ${-side / 2} ${side} ${side}`, width: side, height: side, "aria-hidden": "true" });
    svg.append(dot.shape(0, 0, r, fill));
    return svg;
  }

  function row(mark, text) {
    const line = element("li");
    line.append(mark, element("span", "", text));
    return line;
  }

  /** The legend control; `fill` redraws it in the language and colors at hand. */
  const Legend = L.Control.extend({
    options: { position: "topleft" },

    onAdd() {
      if (this.box) return this.box; // it only moves to another corner
      this.box = element("details", "atlas-legend leaflet-control");
      this.box.open = window.innerWidth >= 640;
      L.DomEvent.disableClickPropagation(this.box).disableScrollPropagation(this.box);
      return this.box;
    },

    /** Stands in the corner, upper left or lower right, that hides fewer of the points; on a phone it is closed. */
    seat(map, latlngs) {
      if (!this.box.open) return;
      const size = map.getSize();
      const [wide, high] = [this.box.offsetWidth + 24, this.box.offsetHeight + 24];
      const points = latlngs.map((latlng) => map.latLngToContainerPoint(latlng));
      const upper = points.filter(({ x, y }) => x > 0 && x < wide && y > 0 && y < high).length;
      const lower = points.filter(({ x, y }) => x > size.x - wide && x < size.x && y > size.y - high && y < size.y).length;
      this.setPosition(lower < upper ? "bottomright" : "topleft");
    },

    fill(text, reached, statuses, joint) {
      const list = element("ul");
      for (const [color, label] of reached) list.append(row(swatch(color), label));
      list.append(element("li", "rule"));
      for (const status of statuses) list.append(row(symbol(status, { size: 18 }), text.status[status]));
      if (joint) list.append(row(symbol("open", { size: 18, joint: true }), text.joint));
      const title = element("summary", "", text.legend);
      this.box.replaceChildren(title, element("p", "", text.reached), list);
    },

    /** A legend that the page has written: sections of [title, rows of [mark, what, label]]. */
    write(title, sections, markOf) {
      const parts = sections.flatMap(([heading, rows]) => {
        const list = element("ul", "in-line");
        for (const [mark, what, label] of rows) list.append(row(markOf(mark, what), label));
        return [element("p", "", heading), list];
      });
      this.box.replaceChildren(element("summary", "", title), ...parts);
    },
  });

  /** Attribution and notes, lower left, as text: Leaflet's own control would render it as markup. */
  const Notes = L.Control.extend({
    options: { position: "bottomleft" },
    onAdd() {
      this.box = element("div", "atlas-notes leaflet-control");
      return this.box;
    },
    fill(lines) {
      this.box.replaceChildren(...lines.map((line) => element("span", "", line)));
    },
  });

  /** Makes the map fill the screen, and gives the screen back. */
  const FullScreen = L.Control.extend({
    options: { position: "topright" },
    onAdd(map) {
      const bar = element("div", "leaflet-bar leaflet-control");
      this.link = bar.appendChild(element("a", "full-screen", "⤢"));
      this.link.href = "#";
      this.link.setAttribute("role", "button");
      L.DomEvent.disableClickPropagation(bar);
      this.link.addEventListener("click", (event) => {
        event.preventDefault();
        if (document.fullscreenElement) document.exitFullscreen();
        else document.documentElement.requestFullscreen?.().then(() => map.invalidateSize());
      });
      return bar;
    },
    fill(text) {
      this.link.title = text;
      this.link.setAttribute("aria-label", text);
    },
  });

  window.linli = { ...window.linli, element, shape, symbol, swatch, dot, circle, Labels, Legend, Notes, FullScreen };
})();
