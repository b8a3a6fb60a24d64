"""Catchments: what is reached on foot, as streets cut at the budget and as polygons."""
