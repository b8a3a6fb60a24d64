"use strict";
/* The centers on the map, by their ids: symbols that can be chosen by hand or keyboard, or, where there are very many,
   disks on a canvas. All text goes through textContent. */
(() => {
  const { element, symbol } = window.linli;
  const MANY = 60; // centers from which symbols are smaller, seen from afar
  const CROWD = 300; // from which they are disks: an element each costs every frame of the page 25 ms

  const at = (feature) => L.latLng(feature.geometry.coordinates[1], feature.geometry.coordinates[0]);

  /** id → { facts, latlng, marker, selected, look }. */
  class Centers extends Map {
    constructor(atlas) {
      super();
      this.atlas = atlas;
    }

    draw() {
      const { state, geo, theme } = this.atlas;
      const key = JSON.stringify([state.layers.centers, state.lang, state.toned, state.toned && theme]);
      if (this.key !== key) {
        this.key = key;
        this.forEach((center) => center.marker.remove());
        this.clear();
        for (const feature of geo.centers.features) this.set(feature.properties.id, this.made(feature));
      }
      this.forEach((center, id) => {
        const selected = id === state.selected;
        const look = `${selected}${this.symbolSize()}${this.crowded && theme}`;
        if (center.look === look) return;
        Object.assign(center, { selected, look });
        if (this.crowded) this.paint(center);
        else this.stand(center);
      });
    }

    get crowded() {
      return this.atlas.geo.centers.features.length > CROWD;
    }

    stand(center) {
      center.marker.setIcon(this.icon(center.facts, center.selected));
      center.marker.setZIndexOffset(center.selected ? 1000 : 0);
      this.name(center);
    }

    /** The symbol of `icon` as a disk: full where open, a ring elsewhere, dashed where planned. */
    paint({ facts, marker, selected }) {
      const { palette, state: { toned } } = this.atlas;
      const share = (this.symbolSize() + (selected ? 8 : 0)) / 24;
      const own = facts.joint && !toned ? palette.joint : palette.marker;
      const color = selected ? palette.identity : toned && facts.tone >= 0 ? palette[toned][facts.tone] : own;
      const full = { radius: 6.8 * share, color: palette.paper, weight: 1.6 * share, fillColor: color, dashArray: null };
      const dashArray = facts.status === "planned" ? `${2.6 * share} ${2.1 * share}` : null;
      const ring = { radius: 5.2 * share, color, weight: 2 * share, fillColor: palette.paper, dashArray };
      marker.setStyle(facts.status === "open" ? full : ring);
      if (selected) marker.bringToFront();
    }

    made(feature) {
      const facts = feature.properties;
      const latlng = at(feature);
      const disk = { pane: "centers", renderer: this.atlas.canvas("centers"), bubblingMouseEvents: false, fillOpacity: 1, opacity: facts.away ? 0.45 : 1 };
      const marker = this.crowded ? L.circleMarker(latlng, disk) : L.marker(latlng, { pane: "centers", icon: this.icon(facts, false), riseOnHover: true });
      const center = { facts, latlng, marker, selected: false };
      marker.on("click", () => this.atlas.pick(facts.id));
      marker.on("keypress", (event) => { if (event.originalEvent.key === "Enter") this.atlas.pick(facts.id); });
      marker.bindTooltip(() => this.tip(facts), { direction: "top", offset: [0, -10], className: "atlas-tip", opacity: 1 });
      marker.addTo(this.atlas.map);
      if (!this.crowded) this.name(center);
      return center;
    }

    /** Symbols grow with the map: from afar they must not hide the catchments. */
    symbolSize() {
      const zoom = this.atlas.map.getZoom();
      const size = zoom < 11 ? 13 : zoom < 12 ? 16 : zoom < 13 ? 19 : 24;
      return this.size > MANY && zoom < 14 ? Math.round(size * 0.75) : size;
    }

    icon(facts, selected) {
      const size = this.symbolSize() + (selected ? 8 : 0);
      const { state: { toned }, palette } = this.atlas;
      const color = toned && facts.tone >= 0 ? palette[toned][facts.tone] : "";
      const picture = symbol(facts.status, { joint: facts.joint && !toned, away: facts.away, color, selected, size });
      return L.divIcon({ html: picture, className: "center-icon", iconSize: [size, size] });
    }

    name({ facts, marker, selected }) {
      const node = marker.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", `${this.atlas.nameOf(facts)} · ${this.atlas.state.text.status[facts.status] || facts.status}`);
      node.setAttribute("aria-pressed", String(selected));
      node.dataset.center = facts.id;
    }

    tip(facts) {
      const box = element("div");
      box.append(element("b", "", this.atlas.nameOf(facts)), element("span", "", this.atlas.state.text.status[facts.status] || facts.status));
      if (!facts.snapped) box.append(element("em", "", this.atlas.state.text.unsnapped));
      return box;
    }
  }

  window.linli = { ...window.linli, Centers };
})();
