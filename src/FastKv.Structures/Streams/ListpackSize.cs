using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. What a stream's entry would take in Redis's listpack: never stored, only counted, because Redis ends a node of a stream by that size, and
// XTRIM ~ removes whole nodes.

/// <summary>Sizes in bytes of elements of Redis's listpack encoding, length at the end included.</summary>
internal static class ListpackSize
{
    /// <summary>An empty listpack: total bytes, number of elements, end mark.</summary>
    public const int Empty = 7;

    /// <summary>An integer, or a string that is the canonical text of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int OfInteger(long value)
    {
        if ((ulong)value < 128)
            return 2;
        if (value is >= -4096 and <= 4095)
            return 3;
        if (value is >= short.MinValue and <= short.MaxValue)
            return 4;
        if (value is >= -(1 << 23) and < 1 << 23)
            return 5;
        return value is >= int.MinValue and <= int.MaxValue ? 6 : 10;
    }

    /// <summary>Any other string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long OfString(int length)
    {
        long encoded = length + (length < 64 ? 1L : length < 4096 ? 2L : 5L);
        return encoded + BacklengthBytes(encoded);
    }

    private static int BacklengthBytes(long encoded) => encoded switch
    {
        <= 127 => 1,
        < 16383 => 2,
        < 2097151 => 3,
        < 268435455 => 4,
        _ => 5,
    };
}
