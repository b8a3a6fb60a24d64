"use strict";
/* The component's frame in Streamlit's page: its height follows the screen, its colors the page's theme. */
(() => {
  const PHONE_PX = 640;
  const PHONE_SHARE = 0.6;
  const LEAST_PX = 420;
  const FOOT_PX = 24;
  const HEAD_PX = [90, 420]; // what may stand above the map; more means that the page was scrolled or stacked
  const DARK_BELOW = 110;

  /** All that the screen leaves below the header on a desk, 60 % of the height on a phone. */
  function fittingHeight(otherwise) {
    try {
      const { innerHeight, innerWidth } = window.parent;
      if (innerWidth < PHONE_PX) return Math.round(innerHeight * PHONE_SHARE);
      const top = window.frameElement.getBoundingClientRect().top;
      return Math.max(LEAST_PX, Math.round(innerHeight - Math.min(Math.max(top, HEAD_PX[0]), HEAD_PX[1]) - FOOT_PX));
    } catch {
      return otherwise; // embedded in a page of another origin
    }
  }

  /** Streamlit-folium asks for its own height at every rerun; it gets this one. Measured anew only when the screen
   * changes, so that scrolling and reruns never move the page. */
  function followFrame(otherwise) {
    const ask = window.Streamlit.setFrameHeight.bind(window.Streamlit);
    let height = fittingHeight(otherwise);
    window.Streamlit.setFrameHeight = () => ask(height);
    window.Streamlit.setFrameHeight();
    const again = () => {
      height = fittingHeight(otherwise);
      ask(height);
    };
    try {
      window.parent.addEventListener("resize", again);
    } catch {
      window.addEventListener("resize", again);
    }
  }

  function themeName() {
    const ground = getComputedStyle(document.documentElement).getPropertyValue("--background-color").trim();
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(ground.slice(i, i + 2), 16));
    return 0.3 * r + 0.6 * g + 0.1 * b < DARK_BELOW ? "dark" : "light";
  }

  /** Tells the theme now and whenever the page's changes: Streamlit hands its colors to the frame with each render. */
  function followTheme(wear) {
    let worn = themeName();
    wear(worn);
    window.Streamlit.events.addEventListener("streamlit:render", () => setTimeout(() => {
      if (themeName() === worn) return;
      worn = themeName();
      wear(worn);
    }));
  }

  window.linli = { ...window.linli, followFrame, followTheme };
})();
