using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane: the 16-bit time in a bucket's header.
//
//   0            no entry of the bucket expires
//   1            unknown: look at the next sweep
//   2 to 65535   Unix time in units of 1.024 s (ms >> 10), modulo 65,534
//
// Two such times compare by their distance modulo 65,534: up to 32,767 units (9.3 h) in the past count as due. Times further ahead
// than 32,000 units (9.1 h) are cut down to that, so that the bucket is looked at again before its hint wraps around. A hint is rounded
// down: an expired entry is found at most one unit late.
internal static class ExpiryHint
{
    internal const ushort None = 0;
    internal const ushort Unknown = 1;
    internal const int UnitShift = 10;

    private const int Modulus = 65534;
    private const int First = 2;
    private const int PastUnitsMax = 32767;
    private const long HorizonUnits = 32000;

    /// <summary>Hint for an expiry, seen from <paramref name="nowMs"/>; <see cref="Unknown"/> while the time is not known (0).</summary>
    internal static ushort Encode(long expiryMs, long nowMs)
    {
        Debug.Assert(expiryMs > 0, "only for entries that expire");
        if (nowMs <= 0)
            return Unknown;
        long now = nowMs >> UnitShift;
        return OfUnits(Math.Clamp(expiryMs >> UnitShift, now, now + HorizonUnits));
    }

    /// <summary>Whether an entry may be due.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsDue(ushort hint, long nowMs) =>
        hint != None && (hint == Unknown || Rank(hint, nowMs) <= PastUnitsMax);

    /// <summary>The earlier of two hints.</summary>
    internal static ushort Earlier(ushort left, ushort right, long nowMs)
    {
        if (left == None || right == None)
            return (ushort)(left | right);
        if (left == Unknown || right == Unknown)
            return Unknown;
        return Rank(left, nowMs) <= Rank(right, nowMs) ? left : right;
    }

    /// <summary>The time of a hint: Unix milliseconds, at most 1,023 before the expiry that it was made of.</summary>
    internal static long Decode(ushort hint, long nowMs)
    {
        Debug.Assert(hint != None, "only where something expires");
        return hint == Unknown ? nowMs : ((nowMs >> UnitShift) + Rank(hint, nowMs) - PastUnitsMax) << UnitShift;
    }

    private static ushort OfUnits(long units) => (ushort)(units % Modulus + First);

    // Position on the circle that is cut open opposite to now: smaller is earlier.
    private static int Rank(ushort hint, long nowMs)
    {
        int distance = hint - OfUnits(nowMs >> UnitShift) + PastUnitsMax;
        if (distance < 0)
            return distance + Modulus;
        return distance >= Modulus ? distance - Modulus : distance;
    }
}
