// Starts Pannellum, which the script before this one has put on the window, with the settings of this page.
const response = await fetch(`${location.pathname.split("/").pop()}.json`);
pannellum.viewer("panorama", await response.json());
document.documentElement.dataset.panorama = "ready";
