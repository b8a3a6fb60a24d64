"use strict";
/* What the map of sharing shows: catchments cut along borders, arrows over borders, gaps and shareable sites with
   their ranks. All text goes through textContent. */
(() => {
  const { element, shape } = window.linli;
  const WIDTH_PX = [1.6, 11]; // of an arrow; in between its area grows with people
  const WIDTH_OF_ONE_PX = 0.11;
  const BEND = 0.16; // of its length that an arrow leans out, so that there and back do not cover each other
  const HEAD_PX = 7;
  const CLEAR_PX = 10; // an arrow ends before the symbol of its center
  const SHORTEST_PX = 40; // nobody walks far: from afar an arrow is drawn longer than it is, from the same side
  const STEPS = 16;
  const RANK_PX = 22;

  const width = (people) => Math.min(Math.max(WIDTH_OF_ONE_PX * Math.sqrt(people), WIDTH_PX[0]), WIDTH_PX[1]);
  const count = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });

  /** Points of a curve from a to b that leans to the left, and its direction at the end. */
  function curve(a, b) {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const middle = L.point((a.x + b.x) / 2 + BEND * dy, (a.y + b.y) / 2 - BEND * dx);
    const points = Array.from({ length: STEPS + 1 }, (_, i) => {
      const t = i / STEPS;
      const [p, q, r] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
      return L.point(p * a.x + q * middle.x + r * b.x, p * a.y + q * middle.y + r * b.y);
    });
    const length = Math.hypot(b.x - middle.x, b.y - middle.y);
    return { points, along: L.point((b.x - middle.x) / length, (b.y - middle.y) / length) };
  }

  /** The triangle at the end of an arrow. */
  function head(tip, along, thick) {
    const [size, half] = [HEAD_PX + thick, 0.45 * HEAD_PX + 0.8 * thick];
    const foot = L.point(tip.x - size * along.x, tip.y - size * along.y);
    return [tip, L.point(foot.x - half * along.y, foot.y + half * along.x), L.point(foot.x + half * along.y, foot.y - half * along.x)];
  }

  class Flows {
    constructor(atlas) {
      this.atlas = atlas;
      atlas.map.on("zoomend", () => { if (atlas.state) this.arrows(); });
    }

    draw(shown) {
      const { atlas } = this;
      const { state, theme } = atlas;
      atlas.replace("divided", "divided", () => shown.has("divided") && this.divided(), [theme]);
      atlas.map.getPane("divided").style.opacity = state.selected ? 0.25 : 0.72;
      atlas.replace("gaps", "gaps", () => shown.has("gaps") && this.gaps(), [theme]);
      atlas.replace("sites", "sites", () => shown.has("sites") && this.ranks("sites"), [theme, state.lang, state.focus]);
      atlas.replace("gap_ranks", "gaps", () => shown.has("gaps") && this.ranks("gaps"), [theme, state.lang, state.focus]);
      this.shown = shown.has("flows");
      this.arrows();
    }

    divided() {
      const { palette, geo } = this.atlas;
      const style = (f) => {
        const color = f.properties.across ? palette.joint : palette.reached[1];
        return { stroke: true, weight: 0.8, color, fill: true, fillColor: color, fillOpacity: f.properties.across ? 0.62 : 0.5 };
      };
      return this.atlas.polygons("divided", geo.divided, style);
    }

    gaps() {
      const { palette, geo } = this.atlas;
      const style = (f) => {
        const color = palette.uncovered[f.properties.tone];
        return { stroke: true, weight: 2, color, opacity: 0.85, fill: true, fillColor: color, fillOpacity: 0.85 };
      };
      return this.atlas.polygons("gaps", geo.gaps, style, (f) => f.geometry.type !== "Point");
    }

    /** Numbered marks that lead to their line in the list; the one looked at wears red. */
    ranks(kind) {
      const features = this.atlas.geo[kind].features.filter((f) => f.geometry.type === "Point");
      const { focus } = this.atlas.state;
      return L.featureGroup(features.map((f) => {
        const { rank, people, name, name_en, place } = f.properties;
        const chosen = focus && place === `${focus[0].toFixed(5)}_${focus[1].toFixed(5)}`;
        const badge = element("span", `atlas-rank ${kind}${chosen ? " chosen" : ""}`, String(rank));
        if (kind === "gaps" && !chosen) badge.style.background = this.atlas.palette.uncovered[1];
        const icon = L.divIcon({ html: badge, className: "rank-icon", iconSize: [RANK_PX, RANK_PX] });
        const marker = L.marker(this.atlas.at(f), { icon, pane: "ranks", riseOnHover: true, zIndexOffset: chosen ? 1000 : -rank });
        const words = `${this.atlas.nameOf({ name, name_en })} · ${count(people)}`;
        marker.bindTooltip(() => element("div", "", words), { direction: "top", offset: [0, -10], className: "atlas-tip", opacity: 1 });
        marker.on("add", () => {
          const node = marker.getElement();
          node.setAttribute("role", "button");
          node.setAttribute("aria-label", `${rank} · ${words}`);
          node.dataset.place = place;
        });
        const pick = () => this.pick(place);
        marker.on("click", pick);
        marker.on("keypress", (event) => { if (event.originalEvent.key === "Enter") pick(); });
        return marker;
      }));
    }

    pick(place) {
      const { atlas } = this;
      atlas.touched = true;
      atlas.clicks += 1;
      window.Streamlit.setComponentValue({ place, click: atlas.clicks });
    }

    // ---- arrows -----------------------------------------------------------------------------------------

    arrows() {
      this.atlas.replace("flows", "flows", () => this.shown && this.drawn(), [this.atlas.theme, this.shown, this.shown && this.atlas.map.getZoom()]);
    }

    drawn() {
      this.renderer ||= L.svg({ pane: "flows", padding: 0.4 });
      const group = L.featureGroup();
      for (const f of this.atlas.geo.flows.features) this.arrow(f).forEach((part) => group.addLayer(part));
      return group;
    }

    arrow({ geometry, properties }) {
      const { map, palette } = this.atlas;
      const [from, b] = geometry.coordinates.map(([lon, lat]) => map.latLngToLayerPoint([lat, lon], false));
      const length = from.distanceTo(b);
      if (!(length > 0)) return [];
      const [ux, uy] = [(from.x - b.x) / length, (from.y - b.y) / length];
      const far = Math.max(length, SHORTEST_PX);
      const a = L.point(b.x + ux * far, b.y + uy * far);
      const tip = L.point(b.x + ux * CLEAR_PX, b.y + uy * CLEAR_PX);
      const thick = width(properties.people);
      const { points, along } = curve(a, tip);
      const end = head(tip, along, thick);
      const foot = L.point((end[1].x + end[2].x) / 2, (end[1].y + end[2].y) / 2);
      const stem = [...points.filter((p) => p.distanceTo(tip) > HEAD_PX + thick), foot].map((p) => map.layerPointToLatLng(p));
      const triangle = end.map((p) => map.layerPointToLatLng(p));
      const common = { renderer: this.renderer, pane: "flows", interactive: false };
      const ink = { ...common, color: palette.joint, interactive: true, className: "flow" };
      const parts = [
        L.polyline(stem, { ...common, color: palette.paper, weight: thick + 2.4, opacity: 0.8, lineCap: "butt" }),
        L.polyline(stem, { ...ink, weight: thick, opacity: 0.95, lineCap: "butt" }),
        L.polygon(triangle, { ...ink, stroke: true, weight: 1, fill: true, fillColor: palette.joint, fillOpacity: 1 }),
      ];
      for (const part of parts.slice(1)) part.bindTooltip(() => this.tip(properties), { sticky: true, className: "atlas-tip", opacity: 1 });
      return parts;
    }

    tip({ name, name_en, center, people }) {
      const { nameOf, state, centers } = this.atlas;
      const to = centers.get(center);
      const box = element("div");
      const line = `${nameOf.call(this.atlas, { name, name_en })} → ${to ? this.atlas.nameOf(to.facts) : center}`;
      box.append(element("b", "", line), element("span", "", state.text.flow.replace("#", count(people))));
      return box;
    }
  }

  /** An arrow of so many people, for the legend. */
  function flowMark(people, color) {
    const thick = width(people);
    const svg = shape("svg", { viewBox: "0 0 26 18", width: 26, height: 18, "aria-hidden": "true" });
    const tip = head(L.point(25, 9), L.point(1, 0), Math.min(thick, 8));
    svg.append(shape("path", { d: `M0,9H${Math.max(tip[1].x, 4)}`, stroke: color, "stroke-width": thick }));
    svg.append(shape("path", { d: `M${tip.map((p) => `${p.x},${p.y}`).join("L")}Z`, fill: color }));
    return svg;
  }

  window.linli = { ...window.linli, Flows, flowMark };
})();
