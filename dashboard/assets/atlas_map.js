"use strict";
/* The atlas: one Leaflet map that is told, at each rerun, what to show. It fetches geometry by address (the
   address holds the content's hash, so an unchanged layer costs nothing) and keeps its place and zoom. */
(() => {
  const { element, followFrame, followTheme, legendMark, Centers, Flows, FullScreen, Labels, Legend, Notes, Places, Siting, StreetTiles } = window.linli;
  const PANES = {
    land: 210, shade: 220, catchments: 300, divided: 310, chosen: 320, streets: 350, borders: 360, joint: 365, overlap: 370, uncovered: 375,
    gaps: 380, gained: 385, flows: 430, ranks: 470,
    points: 440, centers: 460, labels: 480,
  };
  const BORDERS = [{ weight: 2 }, { weight: 1.2, dashArray: "6 4" }, { weight: 0.8, dashArray: "2 4" }];
  const PLACES = [null, { kind: "town", size: 14, minZoom: 11 }, { kind: "village", size: 11, minZoom: 13 }];

  const KEPT = 64; // geometries in memory
  const STATUSES = ["planned", "building", "open", "suspended"];

  const at = (feature) => L.latLng(feature.geometry.coordinates[1], feature.geometry.coordinates[0]);

  /** A message is base64 of ASCII JSON: no character of it can end a string or open a template. */
  const read = (message) => JSON.parse(atob(message));

  /** Geometry that came with a message: gzip in base64. */
  function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  class Atlas {
    constructor(map, options) {
      Object.assign(map.options, { zoomSnap: 0.25, maxZoom: 18, minZoom: 6 });
      this.map = map;
      this.options = options;
      this.fetched = new Map();
      this.layers = {};
      this.centers = new Centers(this);
      this.pending = 0;
      this.turn = 0;
      this.clicks = 0;
      this.touched = false;
      for (const [name, z] of Object.entries(PANES)) {
        map.createPane(name).style.zIndex = z;
        if (name !== "centers" && name !== "ranks") map.getPane(name).style.pointerEvents = "none";
      }
      this.zoomControl = L.control.zoom({ position: "topright" }).addTo(map);
      this.notes = new Notes().addTo(map);
      L.control.scale({ imperial: false, maxWidth: 120, position: "bottomleft" }).addTo(map);
      this.fullScreen = new FullScreen().addTo(map);
      this.legend = new Legend().addTo(map);
      this.labels = new Labels(map, "labels");
      this.status = map.getContainer().appendChild(element("div", "atlas-status"));
      this.status.setAttribute("role", "status");
      this.at = at;
      this.places = new Places(this);
      this.flows = new Flows(this);
      this.siting = new Siting(this);
      followFrame(options.height);
      followTheme((name) => this.wear(name));
      this.followHand();
      map.on("resize", () => this.fit());
      map.on("zoomend", () => { if (this.state) this.centers.draw(); });
    }

    /** Notices a resized frame, and the first touch of the reader's hand. */
    followHand() {
      const container = this.map.getContainer();
      new ResizeObserver(() => this.map.invalidateSize()).observe(container); // keeps the middle, as Leaflet does for a window
      for (const kind of ["pointerdown", "wheel", "keydown"]) {
        container.addEventListener(kind, () => { this.touched = true; }, { once: true, passive: true });
      }
    }

    wear(name) {
      this.theme = name;
      this.palette = this.options.palettes[name];
      document.documentElement.dataset.theme = name;
      for (const [key, color] of Object.entries(this.palette)) {
        if (typeof color === "string") document.documentElement.style.setProperty(`--${key.replaceAll("_", "-")}`, color);
      }
      if (this.state) this.draw();
      if (this.layers.streets) this.layers.streets.redraw();
    }

    // ---- what to show -----------------------------------------------------------------------------------

    /** message: what to show; fresh: address → geometry that has come with it. */
    async show(message, fresh) {
      const state = read(message);
      const turn = ++this.turn;
      try {
        const names = Object.keys(state.layers);
        const found = await Promise.all(names.map((name) => this.geometry(state.layers[name], fresh)));
        if (turn !== this.turn) return; // a newer rerun has overtaken this one
        const before = this.state;
        this.state = state;
        this.geo = Object.fromEntries(names.map((name, i) => [name, found[i]]));
        document.documentElement.lang = state.lang;
        if (before?.workspace !== state.workspace) {
          this.home = state.bounds;
          this.touched = false;
          this.fit();
        }
        this.draw();
        if (before?.workspace !== state.workspace) this.seatLegend();
        if (before) this.follow(before.selected);
        this.problem("");
        this.announce();
      } catch (error) {
        console.warn(error);
        this.problem(state.text.unavailable);
      }
    }

    /** What an address holds: kept since an earlier message, come with this one, or fetched. */
    geometry(address, fresh = {}) {
      if (!address) return Promise.resolve({ type: "FeatureCollection", features: [] });
      let answer = this.fetched.get(address);
      this.fetched.delete(address); // and back, as the one used last
      if (!answer) {
        const here = fresh[address] && window.DecompressionStream;
        answer = this.tracked(here ? unpacked(fresh[address]) : this.download(address));
        answer.catch(() => this.fetched.delete(address));
      }
      this.fetched.set(address, answer);
      if (this.fetched.size > KEPT) this.fetched.delete(this.fetched.keys().next().value);
      return answer;
    }

    async download(address) {
      const response = await fetch(this.options.root + address);
      if (!response.ok) throw new Error(`${address}: ${response.status}`);
      return response.json();
    }

    tracked(promise) {
      this.pending += 1;
      this.announce();
      const settled = () => { this.pending -= 1; this.announce(); };
      promise.then(settled, settled);
      return promise;
    }

    announce() {
      const ready = this.pending === 0 && Boolean(this.state);
      document.documentElement.dataset.atlas = ready ? "ready" : "loading";
      if (this.state) document.documentElement.dataset.key = this.state.key;
    }

    problem(text) {
      this.status.textContent = text;
    }

    // ---- drawing ----------------------------------------------------------------------------------------

    draw() {
      const { state, palette } = this;
      const shown = new Set(state.visible);
      this.map.getContainer().style.background = this.geo.jurisdictions.features.length ? palette.outside : palette.land;
      this.replace("land", "jurisdictions", () => this.land(), this.theme);
      this.replace("borders", "jurisdictions", () => this.borders(), this.theme);
      this.replace("catchments", "catchments", () => this.areas(shown.has("catchments")), [this.theme, state.minutes, shown.has("catchments"), state.layers.centers]);
      this.replace("chosen", "catchments", () => this.chosen(), [this.theme, state.minutes, state.selected]);
      this.map.getPane("catchments").style.opacity = state.selected || state.shaded ? 0.28 : 0.78;
      this.drawStreets(shown.has("streets"));
      this.centers.draw();
      this.replace("points", "points", () => this.points(), [this.theme, state.selected]);
      this.places.draw(shown);
      this.flows.draw(shown);
      this.siting.draw(shown);
      this.drawLabels(shown.has("names"));
      this.dress();
    }

    /** Rebuild a layer only when its geometry or what it depends on has changed. */
    replace(name, source, build, ...depends) {
      const key = JSON.stringify([this.state.layers[source], depends]);
      if (this.layers[name]?.key === key) return;
      this.layers[name]?.layer?.remove();
      const layer = build() || null;
      layer?.addTo(this.map);
      this.layers[name] = { key, layer };
    }

    drop(name) {
      this.layers[name].layer?.remove();
      delete this.layers[name];
    }

    canvas(pane) {
      this.renderers = this.renderers || {};
      return (this.renderers[pane] ||= L.canvas({ pane, padding: 0.4 }));
    }

    polygons(pane, collection, style, filter) {
      return L.geoJSON(collection, { pane, renderer: this.canvas(pane), interactive: false, style, filter, smoothFactor: 0.6 });
    }

    land() {
      const style = { fill: true, fillColor: this.palette.land, fillOpacity: 1, stroke: false };
      return this.polygons("land", this.geo.jurisdictions, style, (f) => f.properties.kind === "land");
    }

    borders() {
      const style = (f) => ({ fill: false, color: this.palette.borders[f.properties.level], opacity: 1, ...BORDERS[f.properties.level] });
      return this.polygons("borders", this.geo.jurisdictions, style, (f) => f.properties.kind === "border");
    }

    reached(minutes) {
      return this.state.shades[this.theme][this.state.cutoffs.indexOf(minutes)];
    }

    /** Catchments of the open centers: what a planned one would reach is shown when it is chosen. */
    areas(visible) {
      if (!visible) return null;
      const open = new Set(this.geo.centers.features.filter((f) => f.properties.status === "open").map((f) => f.properties.id));
      const style = (f) => {
        const color = this.reached(f.properties.minutes);
        return { stroke: true, weight: 1, color, fill: true, fillOpacity: 1, fillColor: color };
      };
      const shown = (f) => f.properties.minutes <= this.state.minutes && open.has(f.properties.id);
      return this.polygons("catchments", this.geo.catchments, style, shown);
    }

    /** The chosen center's own catchment, with its outer edge in red; holes keep their quiet edge. */
    chosen() {
      const { selected, minutes } = this.state;
      if (!selected) return null;
      const mine = this.geo.catchments.features.filter((f) => f.properties.id === selected && f.properties.minutes <= minutes);
      const style = (f) => ({ fill: true, fillColor: this.reached(f.properties.minutes), fillOpacity: 0.8, stroke: true, weight: 0.8, color: this.palette.land });
      const outer = mine.filter((f) => f.properties.minutes === minutes).flatMap(({ geometry }) => {
        const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
        return parts.map((rings) => L.GeoJSON.coordsToLatLngs(rings[0]));
      });
      const edge = { pane: "chosen", renderer: this.canvas("chosen"), interactive: false, color: this.palette.identity, weight: 2 };
      return L.featureGroup([this.polygons("chosen", { type: "FeatureCollection", features: mine }, style), L.polyline(outer, edge)]);
    }

    drawStreets(visible) {
      const address = this.state.streets;
      if (this.layers.streets && (!visible || this.streetAddress !== address)) {
        this.layers.streets.remove();
        delete this.layers.streets;
      }
      if (!visible || !address || this.layers.streets) return;
      this.streetAddress = address;
      this.layers.streets = new StreetTiles({
        pane: "streets",
        url: (z, x, y) => `${this.options.root}${address}/${z}/${x}/${y}.geojson`,
        palette: () => this.palette,
        tracked: (promise) => this.tracked(promise),
      }).addTo(this.map);
      this.layers.streets.on("tileerror", () => this.problem(this.state.text.unavailable));
    }

    points() {
      const id = this.state.selected;
      if (!id) return null;
      const mine = this.geo.points.features.filter((f) => f.properties.center === id);
      const group = L.featureGroup();
      const home = this.centers.get(id)?.latlng;
      for (const f of mine) {
        const common = { pane: "points", renderer: this.canvas("points"), interactive: false };
        if (home) group.addLayer(L.polyline([home, at(f)], { ...common, color: this.palette.identity, weight: 1, dashArray: "3 3" }));
        group.addLayer(L.circleMarker(at(f), { ...common, radius: 3.5, color: this.palette.paper, weight: 1.5, fill: true, fillColor: this.palette.identity, fillOpacity: 1 }));
      }
      return group;
    }

    // ---- centers ----------------------------------------------------------------------------------------

    nameOf(facts) {
      return this.state.lang === "en" && facts.name_en ? facts.name_en : facts.name;
    }

    pick(id) {
      if (id === this.state.selected) {
        this.lookAt(id); // a second click comes closer
        return;
      }
      this.touched = true;
      this.picked = id;
      this.clicks += 1;
      window.Streamlit.setComponentValue({ site: id, click: this.clicks });
    }

    // ---- words and place --------------------------------------------------------------------------------

    drawLabels(visible) {
      const key = JSON.stringify([this.centers.key, this.state.layers.jurisdictions, this.state.selected, visible]);
      if (this.labelKey === key) return;
      this.labelKey = key;
      const items = [];
      const byChoice = [...this.centers.values()].sort((a, b) => Number(b.selected) - Number(a.selected));
      for (const { latlng } of byChoice) items.push({ latlng, text: "", kind: "", size: 15, minZoom: 0, dy: 0 });
      for (const { latlng, facts, selected } of byChoice) {
        items.push({ latlng, text: this.nameOf(facts), kind: selected ? "center chosen" : "center", size: selected ? 13 : 12, minZoom: selected ? 0 : 12, dy: selected ? 25 : 20 });
      }
      if (visible) items.push(...this.placeNames());
      this.labels.show(items);
    }

    placeNames() {
      return this.geo.jurisdictions.features
        .filter((f) => f.properties.kind === "name" && PLACES[f.properties.level])
        .sort((a, b) => a.properties.level - b.properties.level)
        .map((f) => ({ latlng: at(f), text: this.nameOf(f.properties), dy: 0, ...PLACES[f.properties.level] }));
    }

    dress() {
      const { state } = this;
      const statuses = [...new Set([...this.centers.values()].map((c) => c.facts.status))];
      const order = STATUSES.filter((status) => statuses.includes(status));
      const joint = [...this.centers.values()].some((c) => c.facts.joint);
      if (state.legend?.length) this.legend.write(state.text.legend, state.legend, (mark, what) => legendMark(this, mark, what));
      else this.legend.fill(state.text, state.cutoffs.filter((m) => m <= state.minutes).map((m) => [this.reached(m), state.text.minutes[m]]), order, joint);
      this.notes.fill(state.notes);
      this.fullScreen.fill(state.text.full_screen);
      const [more, less] = this.zoomControl.getContainer().querySelectorAll("a");
      for (const [node, text] of [[more, state.text.zoom_in], [less, state.text.zoom_out]]) {
        node.title = text;
        node.setAttribute("aria-label", text);
      }
    }

    /** A center chosen elsewhere is looked at; one chosen on the map is there already: place and zoom stay. */
    follow(before) {
      const id = this.state.selected;
      if (id && id !== before && id !== this.picked) this.lookAt(id);
      this.picked = null;
    }

    /** Off what is looked at: the chosen catchment, or else the centers. */
    seatLegend() {
      const latlngs = [];
      this.layers.chosen.layer?.eachLayer((edge) => { if (edge instanceof L.Polyline) latlngs.push(...edge.getLatLngs().flat()); });
      if (!latlngs.length) latlngs.push(...[...this.centers.values()].map((center) => center.latlng));
      this.legend.seat(this.map, latlngs);
    }

    lookAt(id) {
      const outlines = this.geo.catchments.features.filter((f) => f.properties.id === id);
      const bounds = outlines.length ? L.geoJSON(outlines).getBounds() : this.centers.get(id).latlng.toBounds(1500);
      this.touched = true;
      this.map.once("moveend", () => this.seatLegend());
      this.map.fitBounds(bounds, { animate: !matchMedia("(prefers-reduced-motion: reduce)").matches, duration: 0.3, padding: [18, 18] });
    }

    /** Until a hand touches the map it keeps to the first bounds, whatever size the frame takes. */
    fit() {
      if (this.home && !this.touched) this.map.fitBounds(this.home, { animate: false, padding: [18, 18] });
    }
  }

  window.linliAtlas = (map, options) => new Atlas(map, options);
})();
