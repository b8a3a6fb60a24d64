"use strict";
/* What the overview's map shows besides centers and catchments: shaded places and the card of one, uncovered
   residents, overlap, services, joint centers. All text goes through textContent. */
(() => {
  const { element, swatch, dot, circle, symbol } = window.linli;
  const MANY = 500; // residents of a cell from which its circle is strong
  const RADIUS_PX = 0.17; // of a circle for one resident; areas grow with people
  const OVERLAP_STEPS = [2, 3, 4]; // of the ramp, for one, two, three centers
  const ROSETTE_PX = 18;
  const CLOSE_ZOOM = 14;

  const radius = (people) => Math.max(1.2, RADIUS_PX * Math.sqrt(people));
  const count = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const percent = (value) => `${(100 * value).toFixed(1)} %`;

  /** Whether a ring of [lon, lat] holds a point, by crossings of a ray to the east. */
  function holds(ring, lon, lat) {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [x1, y1] = ring[i];
      const [x2, y2] = ring[j];
      if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    }
    return inside;
  }

  const polygonsOf = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

  /** The feature whose area holds a point: outer ring in, holes out. */
  function featureAt(features, { lat, lng }) {
    return features.find((f) => polygonsOf(f.geometry).some((rings) => rings.filter((ring) => holds(ring, lng, lat)).length % 2));
  }

  /** Addresses as rosettes: one petal a service, each service always at the same hour. */
  function rosette(services, palette) {
    const petals = palette.services.length;
    const box = symbol("none", { size: ROSETTE_PX });
    box.classList.add("rosette");
    for (const number of services) {
      const turn = (2 * Math.PI * number) / petals - Math.PI / 2;
      box.append(dot.shape(6 * Math.cos(turn), 6 * Math.sin(turn), 3, palette.services[number]));
    }
    return box;
  }

  class Places {
    constructor(atlas) {
      this.atlas = atlas;
      this.popup = L.popup({ className: "atlas-card", closeButton: false, maxWidth: 280, autoPanPadding: [24, 24] });
      this.popup.on("remove", () => this.mark(null));
      atlas.map.on("click", (event) => this.open(event.latlng));
    }

    draw(shown) {
      const { atlas } = this;
      const { state, theme } = atlas;
      this.facts = new Map((atlas.geo.facts?.features || []).map((f) => [f.properties.code, f.properties]));
      atlas.replace("shade", "places", () => this.shade(), [theme, state.shaded && state.layers.facts]);
      atlas.replace("uncovered", "uncovered", () => shown.has("uncovered") && this.uncovered(), [theme]);
      atlas.replace("overlap", "overlap", () => shown.has("overlap") && this.overlap(), [theme]);
      atlas.replace("services", "services", () => shown.has("services") && this.services(), [theme]);
      atlas.replace("joint", "joint", () => shown.has("joint") && this.joint(), [theme]);
      const focus = JSON.stringify([state.focus, state.looks]);
      if (focus !== this.focus) this.look(state.focus);
      else if (this.popup.isOpen()) this.open(this.popup.getLatLng()); // its figures may have changed
      this.focus = focus;
    }

    shade() {
      if (!this.atlas.state.shaded) return null;
      const { ramp } = this.atlas.palette;
      const style = (f) => {
        const tone = this.facts.get(f.properties.code)?.tone ?? -1;
        return { stroke: false, fill: tone >= 0, fillColor: ramp[tone], fillOpacity: 1 };
      };
      return this.atlas.polygons("shade", this.atlas.geo.places, style);
    }

    uncovered() {
      const { palette, geo } = this.atlas;
      const renderer = this.atlas.canvas("uncovered");
      return L.featureGroup(geo.uncovered.features.map((f) => L.circleMarker(this.atlas.at(f), {
        renderer, pane: "uncovered", interactive: false, radius: radius(f.properties.n), stroke: false, fill: true,
        fillColor: palette.uncovered[Number(f.properties.n >= MANY)], fillOpacity: 0.7,
      })));
    }

    overlap() {
      const { palette, geo } = this.atlas;
      const renderer = this.atlas.canvas("overlap");
      const marks = geo.overlap.features.flatMap((f) => f.geometry.coordinates.map(([lon, lat]) => L.circleMarker([lat, lon], {
        renderer, pane: "overlap", interactive: false, radius: 2.4, stroke: false, fill: true,
        fillColor: palette.ramp[OVERLAP_STEPS[f.properties.n - 1]], fillOpacity: 1,
      })));
      return L.featureGroup(marks);
    }

    services() {
      return L.featureGroup(this.atlas.geo.services.features.map((f) => L.marker(this.atlas.at(f), {
        pane: "points", interactive: false, keyboard: false,
        icon: L.divIcon({ html: rosette(f.properties.services, this.atlas.palette), className: "center-icon", iconSize: [ROSETTE_PX, ROSETTE_PX] }),
      })));
    }

    joint() {
      const color = this.atlas.palette.joint;
      const style = (f) => (f.properties.kind === "line"
        ? { color, weight: 1.4, dashArray: "5 4" }
        : { color, weight: 2, fill: true, fillColor: color, fillOpacity: 0.08 });
      return this.atlas.polygons("joint", this.atlas.geo.joint, style);
    }

    // ---- the card of a place ----------------------------------------------------------------------------

    look(focus) {
      if (!focus) return;
      const latlng = L.latLng(focus[1], focus[0]);
      this.atlas.touched = true;
      this.atlas.map.setView(latlng, Math.max(this.atlas.map.getZoom(), CLOSE_ZOOM), { animate: false });
      this.open(latlng);
    }

    open(latlng) {
      const { map, geo } = this.atlas;
      const found = geo?.places && featureAt(geo.places.features, latlng);
      if (!found) {
        map.closePopup();
        return;
      }
      this.popup.setLatLng(latlng).setContent(this.card(found.properties)).openOn(map);
      this.mark(found);
    }

    card({ code, name, name_en }) {
      const { state } = this.atlas;
      const box = element("div");
      box.append(element("b", "", this.atlas.nameOf({ name, name_en })));
      const facts = this.facts.get(code);
      const list = element("dl");
      const say = (value, form) => (value === null || value === undefined ? state.text.unknown : form(value));
      const rows = facts ? [
        ["residents", say(facts.residents, count)],
        ["covered", `${say(facts.covered, count)} · ${say(facts.covered_share, percent)}`],
        ["uncovered", say(facts.uncovered, count)],
        ["elders_share", say(facts.elders_share, percent)],
        ["centers_open", say(facts.centers_open, count)],
      ] : [["residents", state.text.unknown]];
      for (const [key, value] of rows) list.append(element("dt", "", state.text.facts[key]), element("dd", "", value));
      box.append(list);
      return box;
    }

    mark(feature) {
      this.outline?.remove();
      this.outline = null;
      if (!feature) return;
      const style = { color: this.atlas.palette.identity, weight: 2, fill: false };
      this.outline = this.atlas.polygons("chosen", feature, style).addTo(this.atlas.map);
    }
  }

  /** One row's mark of a legend that the page has written. */
  function legendMark(atlas, mark, what) {
    const { palette } = atlas;
    if (mark === "minutes") return swatch(atlas.reached(Number(what)));
    if (mark === "circle") return circle(radius(Number(what)), palette.uncovered[Number(Number(what) >= MANY)]);
    if (mark === "symbol") {
      return symbol(what === "joint" || what === "away" ? "open" : what, { size: 18, joint: what === "joint", away: what === "away" });
    }
    if (mark === "flow") return window.linli.flowMark(Number(what), palette.joint);
    if (mark === "left") return element("i", "swatch left");
    const [name, number] = what.split(".");
    const color = number === undefined ? palette[name] : palette[name][Number(number)];
    return mark === "dot" ? dot(color) : swatch(color);
  }

  window.linli = { ...window.linli, Places, legendMark };
})();
