"""Pure drawing: numbers and strings in, lines of (text, meaning) out. No app, no colour.

line       the vocabulary: a Line is text with a meaning a piece; a theme turns meanings to colours
text       names from files made safe, cut to a width in cells, wrapped
number     numbers in few cells, NaN and infinity as words
glyph      one character a state, in Unicode and in ASCII
state      what the norm of a row says at one step
scale      the fixed logarithmic axis, its band and ticks;   bar    one norm on it
history    norms of all rows thinned to columns, spikes kept; spark  one of them in a line
depth      rows of the depth axis;   drawn   which of them need drawing again;   heat   layer x time
series     one quantity thinned to columns;   axis   limits and ticks
canvas     plotext, fenced in;   curve   loss and norm charts
header, banner, findings, compare, story, detail, histogram: what their names say
"""
