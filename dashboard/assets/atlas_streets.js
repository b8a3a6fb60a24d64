"use strict";
/* Streets as tiles: small GeoJSON pieces from our own route, drawn on canvas tiles, so that pan and zoom
   cost the same on a village and on a province. Piece addresses hold the network's content hash. */
(() => {
  const DATA_ZOOMS = [13, 11, 9];
  // [first zoom, width at that zoom, width gained per zoom, rank]; ranks 2 and 3 are drawn last, with a casing
  const CLASSES = {
    trunk: [0, 1.1, 0.44, 3], primary: [0, 1.0, 0.42, 3], secondary: [0, 0.9, 0.4, 3], tertiary: [10, 0.7, 0.4, 2],
    unclassified: [11, 0.6, 0.36, 1], residential: [12, 0.6, 0.36, 1], living_street: [12, 0.6, 0.36, 1],
    road: [12, 0.6, 0.36, 1], pedestrian: [13, 0.7, 0.36, 1], service: [14, 0.5, 0.3, 0], track: [13, 0.5, 0.25, 0],
    ferry: [10, 1, 0.1, 0],
  };
  const PATH = [14, 0.5, 0.28, 0];
  const START_ZOOM = 9;
  const CASED_PX = 3; // narrower main roads are one line: a casing would only blur them
  const SHARPNESS = 1.4; // tiles are stretched between whole zooms

  function strokeWidth(kind, zoom) {
    const [first, base, gain] = CLASSES[kind] || PATH;
    return zoom < first ? 0 : base + gain * (zoom - Math.max(first, START_ZOOM));
  }

  const rank = (kind) => (CLASSES[kind] || PATH)[3];

  /** The pieces that cover tile `coords`, as [zoom, x, y]. */
  function pieces(coords) {
    const zoom = DATA_ZOOMS.find((z) => z <= coords.z) || DATA_ZOOMS[DATA_ZOOMS.length - 1];
    if (zoom <= coords.z) {
      const shift = coords.z - zoom;
      return [[zoom, coords.x >> shift, coords.y >> shift]];
    }
    const side = 1 << (zoom - coords.z);
    const out = [];
    for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) out.push([zoom, coords.x * side + i, coords.y * side + j]);
    return out;
  }

  function trace(context, lines, toPoint) {
    context.beginPath();
    for (const line of lines) {
      line.forEach((lonlat, i) => {
        const p = toPoint(lonlat);
        if (i) context.lineTo(p.x, p.y);
        else context.moveTo(p.x, p.y);
      });
    }
    context.stroke();
  }

  const StreetTiles = L.GridLayer.extend({
    /** options: url(zoom, x, y) → address of a piece; palette() → colors; tracked(promise) → promise. */
    initialize(options) {
      L.setOptions(this, { keepBuffer: 3, updateWhenZooming: false, ...options });
      this._pieces = new Map();
    },

    createTile(coords, done) {
      const canvas = document.createElement("canvas");
      const size = this.getTileSize();
      const ratio = (window.devicePixelRatio || 1) * SHARPNESS;
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.setAttribute("role", "presentation");
      Promise.all(pieces(coords).map((piece) => this._piece(piece)))
        .then((found) => {
          this._draw(canvas.getContext("2d"), coords, size, ratio, found.flat());
          done(null, canvas);
        })
        .catch((error) => done(error, canvas));
      return canvas;
    },

    _piece(piece) {
      const key = piece.join("/");
      if (!this._pieces.has(key)) {
        const fetched = this.options.tracked(fetch(this.options.url(...piece)).then((answer) => {
          if (!answer.ok) throw new Error(`streets ${key}: ${answer.status}`);
          return answer.json();
        })).then((collection) => collection.features);
        fetched.catch(() => this._pieces.delete(key));
        this._pieces.set(key, fetched);
      }
      return this._pieces.get(key);
    },

    _draw(context, coords, size, ratio, features) {
      const origin = coords.scaleBy(size);
      const crs = this._map.options.crs;
      const toPoint = ([lon, lat]) => crs.latLngToPoint(L.latLng(lat, lon), coords.z).subtract(origin);
      const palette = this.options.palette();
      context.scale(ratio, ratio);
      context.lineCap = context.lineJoin = "round";
      const drawn = features
        .filter((f) => strokeWidth(f.properties.class, coords.z) > 0)
        .sort((a, b) => rank(a.properties.class) - rank(b.properties.class));
      for (const feature of drawn) {
        const kind = feature.properties.class;
        const width = strokeWidth(kind, coords.z);
        const main = rank(kind) >= 2;
        const cased = main && width >= CASED_PX;
        context.setLineDash(kind === "ferry" ? [4, 6] : []);
        context.strokeStyle = cased ? palette.road_casing : main ? palette.road_line : palette.lane;
        context.lineWidth = cased ? width + 1.4 : width;
        trace(context, feature.geometry.coordinates, toPoint);
      }
      context.setLineDash([]);
      for (const feature of drawn.filter((f) => rank(f.properties.class) >= 2)) {
        const width = strokeWidth(feature.properties.class, coords.z);
        if (width < CASED_PX) continue;
        context.strokeStyle = palette.road;
        context.lineWidth = width;
        trace(context, feature.geometry.coordinates, toPoint);
      }
    },
  });

  window.linli = { ...window.linli, StreetTiles };
})();
