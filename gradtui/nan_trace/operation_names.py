"""What an operation of torch's is called in the source of a program: by name, or as an operator."""

import ast

OPERATORS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Div: ("div", "reciprocal", "mul"),
    ast.Mult: ("mul",),
    ast.Pow: ("pow",),
    ast.Sub: ("sub", "rsub"),
    ast.Add: ("add",),
    ast.USub: ("neg",),
    ast.MatMult: ("mm", "bmm", "mv", "dot", "addmm"),
}
CALLS: dict[str, tuple[str, ...]] = {
    "square": ("pow",),
    "mse_loss": ("mse_loss",),
    "l1_loss": ("abs", "mean"),
    "smooth_l1_loss": ("smoothl1_loss",),
    "cross_entropy": ("log_softmax", "nll_loss", "nll_loss2d"),
    "nll_loss": ("nll_loss", "nll_loss2d"),
    "kl_div": ("mul", "xlogy", "mean"),
    "gaussian_nll_loss": ("log", "div"),
    "poisson_nll_loss": ("exp", "mean"),
    "normalize": ("linalg_vector_norm", "div"),
    "cosine_similarity": ("linalg_vector_norm", "div"),
    "pairwise_distance": ("norm",),
    "norm": ("linalg_vector_norm", "norm"),
    "vector_norm": ("linalg_vector_norm",),
    "scaled_dot_product_attention": ("softmax", "safe_softmax"),
    "divide": ("div",),
    "true_divide": ("div",),
    "multiply": ("mul",),
    "subtract": ("sub",),
    "matmul": ("mm", "bmm", "mv", "dot"),
    "einsum": ("bmm", "mul"),
    "linear": ("addmm", "mm"),
    "svd": ("linalg_svd",),
    "svdvals": ("linalg_svd",),
    "pinv": ("linalg_svd",),
    "eigh": ("linalg_eigh",),
    "eigvalsh": ("linalg_eigh",),
    "inv": ("linalg_inv_ex",),
    "inverse": ("linalg_inv_ex",),
    "cholesky": ("linalg_cholesky_ex",),
    "solve": ("linalg_solve_ex",),
    "slogdet": ("linalg_slogdet",),
    "logdet": ("linalg_slogdet",),
    "entr": ("special_entr",),
    "std_mean": ("std",),
    "var_mean": ("var",),
    "logsigmoid": ("log_sigmoid",),
}
"""Name of a function or method -> the operations that it is made of, where not itself."""


def words_of(node: ast.AST) -> tuple[str, ...]:
    """The operations that one expression makes; () for what makes none."""
    if isinstance(node, ast.Call):
        return called(node)
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        plain = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _number(node.right)
        return ("div", "mul") if plain else OPERATORS.get(type(node.op), ())
    if isinstance(node, ast.UnaryOp):
        return OPERATORS.get(type(node.op), ())
    return ("index", "select", "slice") if isinstance(node, ast.Subscript) else ()


def fits(node: ast.AST, word: str) -> bool:
    """Whether it can be `word` that failed here: nothing fails when divided by a number."""
    if word not in words_of(node):
        return False
    divided = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    return not (divided and isinstance(node, ast.BinOp) and _number(node.right))


def called(node: ast.Call) -> tuple[str, ...]:
    function = node.func
    if isinstance(function, ast.Attribute):
        name = function.attr
        if name == "apply" and isinstance(function.value, ast.Name):
            return (function.value.id,)  # an autograd function of somebody's own
    else:
        name = function.id if isinstance(function, ast.Name) else ""
    name = name.rstrip("_")
    return CALLS.get(name, (name,) if name else ())


def line_of(node: ast.AST) -> int:
    """Where its name stands, which in a chain of calls over several lines is not where it begins."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.end_lineno or node.func.lineno
    return int(getattr(node, "lineno", 0))


def _number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
