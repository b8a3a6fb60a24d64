"""The map: geometry on its way to the browser, the one component that draws it, and its picture on paper."""
