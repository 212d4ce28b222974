"""A recorded run as one HTML page that needs nothing else: no network, no server, and no script to be read.

contents   what a page tells: plain values;   gather   where they come from
curves     scalars of every step, thinned so that no spike and no NaN is lost
heat       layer x time, as numbers and as a picture;   layers   the table of layers
charts     curves and marks as SVG;   ticks   where their axes are labelled
markup     words made safe, elements;   findings, sections   parts of the page;   document   all of it
assets     style and script, and what the browser may do with them
"""
