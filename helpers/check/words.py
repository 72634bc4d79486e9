"""What every check may say; what only one exercise says stands beside its answers, in ``lesson1.py`` and so on.

An edition in another language translates this file and the strings of the lesson files. Words in `backticks` are
shown as code, words in *asterisks* stand out; lines that begin with two spaces are shown as they are.
"""

# How a verdict begins.
RIGHT, NOT_YET, NOT_ATTEMPTED = "Right", "Not yet", "Not attempted yet"
LOOK = "Look at lesson {lesson}, slide “{slide}”."
LOOK_LESSON = "Look at lesson {lesson}."

PASSED = "{count} cases agree: {groups}."
STUB = "`{name}` still returns `...`: write your code in its place, run that cell, then this one."
STUB_VALUE = "Write your answer in the place of `...`, run that cell, then this one."
STUB_WITHIN = "Somewhere in it a function or a value is still `...`."

# What came in place of an answer.
NOT_A_FUNCTION = "Pass the function itself, without calling it: `check.{name}({name})`. What came is {got}."
NOT_A_CLASS = "Pass the class itself, without calling it: `check.{name}({name})`. What came is {got}."
NOT_A_MODULE = "`{name}` has to be a subclass of `nn.Module`: that is what makes `.to()` and `.eval()` work."
WRONG_PARAMETERS = "`{name}` is called with ({expected}), and yours takes ({got})."
RETURNED_NOTHING = "`{name}` returned None. Did you forget `return`?"
WRONG_TYPE = "`{name}` returned {got}, where {expected} is expected."
WRONG_SHAPE = "The shape is not right: {expected} is expected, and {got} came."
EXTRA_DIMENSION = "The numbers are right, but the shape has a dimension of size 1 too many or too few."
WRONG_DTYPE = "The values are right, but their dtype is {got}, and {expected} is expected."
LOW_PRECISION = "The values are right to about three digits: {got} holds no more. Compute in float32 or float64."
NAN = "There is a NaN (not a number) in the result: somewhere 0 was divided by 0, or infinity met infinity."
INFINITE = "There is an infinity in the result: somewhere a number was divided by 0, or grew beyond all bounds."
RAISED = "It stopped with an error, {error}."
RAISED_AT = "It stopped with an error in line {number} of its cell, {error}."
TOO_SLOW = "It was stopped after {seconds} seconds. Is there a loop that never ends?"
TOO_SLOW_AT = "It was stopped after {seconds} seconds, in line {number} of its cell. Is there a loop that never ends?"
INPUT_CHANGED = (
    "The result is right, but the call has changed the caller's `{parameter}`. Whoever uses it afterwards computes "
    "with other numbers. Methods that end in an underscore, `+=` and assignments to `{parameter}[...]` do that."
)
WRONG_VALUES = "The shape is right, the values are not, and this is no mistake that the check knows by name."
WRONG_VALUE = "The value is not right, and this is no mistake that the check knows by name."

# What a value is.
TYPE, TENSOR, SINGLE_NUMBER = "a value of type {name}", "a tensor of shape {shape}", "a single number"

# What strikes the eye about wrong values.
FACTOR = "Each of yours is {factor} times what is expected."
SHIFTED = "Each of yours is what is expected plus {shift}."
TRANSPOSED = "Your rows are the expected columns: the last two dimensions have changed places."
REVERSED = "Your numbers are the expected ones in reverse order, along dimension {dimension}."
ROWS_SUM = "Each row of weights has to sum to 1, or to 0 where no key is real; one of yours sums to {sum}."

# The smallest case that fails, line by line.
CASE = "Smallest case that fails: {label}."
GIVEN, CAME, EXPECTED, PRINTED = "{name}", "came", "expected", "printed"
WITH_SHAPE = "shape {shape}: {values}"
ONLY_SHAPE = "shape {shape}"
FIRST_DIFFERENCE = "at {index}: {value} ({count} of {size} numbers differ)"
NOTHING = "nothing"

NOT_A_TENSOR = "Your values are right. They came in {got}; a model needs a torch.Tensor, through which gradients flow."

YOURS = "yours"  # above a picture; beside it stands EXPECTED

# Questions.
A_NUMBER = "Give a number, such as `answer = 12`, without quotation marks."
A_LETTER = 'Give one of the letters {letters}, in quotation marks, such as `answer = "{first}"`.'
SOME_NUMBERS = "Give {count} numbers in brackets, such as `answer = ({example})`."
