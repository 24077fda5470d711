"""What a processor does in one step and Python has no word for."""
# ruff: noqa: ANN001, ANN201, ANN202, ARG001
# numba infers the types, and asks for a typing context.

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(typing_context, array, index):
    """Ask memory for one element of an array of one dimension, so that it is there when read."""

    def generate(context, builder, signature, arguments):
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(view.data, [arguments[1]])
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # For reading, to be kept in every cache, of data: as LLVM's manual lists them.
        settings = [number(0), number(3), number(1)]
        builder.call(function, [builder.bitcast(place, cgutils.voidptr_t), *settings])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def popcount(typing_context, number):
    """How many bits of a whole number are set."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return number(number), generate


@intrinsic  # type: ignore[untyped-decorator]
def bare(typing_context, value):
    """An array, or a tuple of such, whose uses are not counted: whoever called keeps it alive.

    numba counts in one step over all threads, at each view of a row, and the threads wait for
    each other to count.
    """

    def generate(context, builder, signature, arguments):
        return _uncounted(context, builder, signature.args[0], arguments[0])

    return value(value), generate


def _uncounted(context, builder, kind, value):
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for place, part in enumerate(kind):
            inner = builder.extract_value(value, place)
            value = builder.insert_value(value, _uncounted(context, builder, part, inner), place)
    return value
