"use strict";
/* What the map of siting shows: centers at new places with their catchments, homes that become covered or are no more;
   and the place that a hand points at. All text goes through textContent. */
(() => {
  const { element } = window.linli;
  const PLACED = "placed "; // begins the names of the layers that hold a catchment each
  const FADED = 0.4; // the symbol of a center that leaves
  const SIGN_PX = 22;
  const RADIUS_PX = 0.17; // of a circle for one resident, as the uncovered ones are drawn
  const count = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const radius = (people) => Math.max(1.6, RADIUS_PX * Math.sqrt(people));

  class Siting {
    constructor(atlas) {
      this.atlas = atlas;
      this.faded = new Set();
      atlas.map.on("click", (event) => this.point(event));
    }

    draw(shown) {
      const { atlas } = this;
      const { theme, state } = atlas;
      const placed = state.visible.filter((name) => name.startsWith(PLACED));
      for (const name of Object.keys(atlas.layers)) {
        if (name.startsWith(PLACED) && !placed.includes(name)) atlas.drop(name);
      }
      for (const name of placed) atlas.replace(name, name, () => this.placed(atlas.geo[name]), [theme]);
      atlas.replace("left", "catchments", () => this.left(), [theme, state.minutes, state.left]);
      this.fade(new Set(state.left));
      atlas.replace("homes", "homes", () => shown.has("homes") && this.homes(), [theme]);
      atlas.replace("marks", "marks", () => shown.has("marks") && this.marks(), [theme, state.text.placed]);
      atlas.map.getContainer().classList.toggle("pointing", Boolean(state.pointing));
      atlas.map.doubleClickZoom[state.pointing ? "disable" : "enable"]();
      this.waiting?.remove();
      this.waiting = null;
    }

    placed(catchment) {
      const { palette } = this.atlas;
      const style = { stroke: true, weight: 1.2, color: palette.identity, opacity: 0.9, fill: true, fillColor: palette.reached[1], fillOpacity: 0.45 };
      return this.atlas.polygons("chosen", catchment, style);
    }

    /** Catchments of centers that close or move away, as far as the map shows minutes: only their edge. */
    left() {
      const { palette, geo, state } = this.atlas;
      if (!state.left?.length) return null;
      const longest = Math.max(...state.cutoffs.filter((minutes) => minutes <= state.minutes));
      const style = { color: palette.muted, weight: 1.6, dashArray: "5 4", fill: false };
      const mine = ({ properties: { id, minutes } }) => minutes === longest && state.left.includes(id);
      return this.atlas.polygons("chosen", geo.catchments, style, mine);
    }

    /** Of the others' catchments nothing is drawn again: those of the centers that leave go, and come back. */
    fade(left) {
      const areas = this.atlas.layers.catchments?.layer;
      areas?.eachLayer((area) => {
        const gone = left.has(area.feature.properties.id);
        if (gone === Boolean(area.gone)) return;
        area.gone = gone;
        if (gone) area.setStyle({ stroke: false, fill: false });
        else areas.resetStyle(area);
      });
      for (const id of new Set([...this.faded, ...left])) {
        const marker = this.atlas.centers.get(id)?.marker;
        const opacity = left.has(id) ? FADED : 1;
        if (marker?.setOpacity) marker.setOpacity(opacity);
        else marker?.setStyle({ opacity, fillOpacity: opacity });
      }
      this.faded = left;
    }

    homes() {
      const { palette, geo } = this.atlas;
      const renderer = this.atlas.canvas("gained");
      return L.featureGroup(geo.homes.features.map((f) => L.circleMarker(this.atlas.at(f), {
        renderer, pane: "gained", interactive: false, radius: radius(f.properties.n), stroke: false,
        fill: true, fillColor: f.properties.kind ? palette.reached[0] : palette.uncovered[1], fillOpacity: 0.9,
      })));
    }

    marks() {
      return L.featureGroup(this.atlas.geo.marks.features.map((f) => {
        const { sign, kind, name, people, place } = f.properties;
        const badge = element("span", `atlas-rank placed ${kind}`, sign);
        const icon = L.divIcon({ html: badge, className: "rank-icon", iconSize: [SIGN_PX, SIGN_PX] });
        const marker = L.marker(this.atlas.at(f), { icon, pane: "ranks", riseOnHover: true, keyboard: false });
        const words = kind === "close" ? name : `${name} · ${this.atlas.state.text.placed.replace("#", count(people))}`;
        marker.bindTooltip(() => element("div", "", words), { direction: "top", offset: [0, -12], className: "atlas-tip placed-tip", opacity: 1 });
        marker.on("add", () => {
          const node = marker.getElement();
          node.setAttribute("role", "img");
          node.setAttribute("aria-label", `${sign} · ${words}`);
          node.dataset.placed = place;
        });
        return marker;
      }));
    }

    /** A click on the ground: a ring shows at once that it was heard; the server answers with the catchment. */
    point({ latlng, originalEvent }) {
      const { atlas } = this;
      if (!atlas.state?.pointing || originalEvent?.detail > 1) return;
      const ring = { pane: "chosen", interactive: false, radius: 12, color: atlas.palette.identity, weight: 2, fill: false, dashArray: "3 3" };
      this.waiting?.remove();
      this.waiting = L.circleMarker(latlng, ring).addTo(atlas.map);
      atlas.touched = true;
      atlas.clicks += 1;
      const { lat, lng } = latlng.wrap();
      window.Streamlit.setComponentValue({ spot: `${lng.toFixed(5)}_${lat.toFixed(5)}`, click: atlas.clicks });
    }
  }

  window.linli = { ...window.linli, Siting };
})();
