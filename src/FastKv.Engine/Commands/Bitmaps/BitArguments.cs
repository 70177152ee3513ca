using FastKv.Engine.Commands.Strings;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Bitmaps;

/// <summary>Bit offsets and units as arguments. Data plane.</summary>
internal static class BitArguments
{
    /// <summary>Reads a bit offset; replies the error if it is none, or lies behind the longest string that is allowed.</summary>
    public static bool TryOffset(ref CommandContext context, int index, out long offset) =>
        TryOffset(ref context, context[index], 1, out offset);

    /// <summary>The same for BITFIELD, where <c>#3</c> stands for the fourth field of <paramref name="fieldBits"/> bits.</summary>
    public static bool TryFieldOffset(ref CommandContext context, int index, int fieldBits, out long offset)
    {
        var text = context[index];
        bool isFieldNumber = text.Length > 0 && text[0] == '#';
        return TryOffset(ref context, isFieldNumber ? text[1..] : text, isFieldNumber ? fieldBits : 1, out offset);
    }

    /// <summary>Reads BYTE or BIT; replies a syntax error if it is neither.</summary>
    public static bool TryUnit(ref CommandContext context, int index, out bool isBit)
    {
        isBit = context.Is(index, "BIT"u8);
        if (isBit || context.Is(index, "BYTE"u8))
            return true;
        context.Reply.Error(Errors.Syntax);
        return false;
    }

    // The product may wrap around: then it is negative or some other offset, as in Redis.
    private static bool TryOffset(ref CommandContext context, ReadOnlySpan<byte> text, int factor, out long offset)
    {
        if (NumberText.TryParseInt64(text, out offset))
        {
            offset = unchecked(offset * factor);
            if (offset >= 0 && offset >> 3 < StringEdit.Limit(ref context))
                return true;
        }
        context.Reply.Error(Errors.InvalidBitOffset);
        return false;
    }
}
