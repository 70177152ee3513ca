using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastKv.Structures;

// Data plane: one bucket of a table = one cache line.
//
//   0         1          2      3   4                                    53  54               63
//   +---------+----------+----------+------------------------------------+-------------------+
//   | version | overflow | expiry   | 10 references of 5 bytes           | 10 tags           |
//   | (u8)    | (u8)     | hint u16 | (AddressSpace.Compress)            | (0 = slot free)   |
//   +---------+----------+----------+------------------------------------+-------------------+
//
//   version    snapshot epoch; reserved, 0 for now
//   overflow   low nibble: entries at home here that sit in the next bucket (0 to 10, exact)
//              high nibble: entries at home here that sit in the segment's stash (15 = 15 or more, until the next rebuild)
//   expiry     coarse time before which no entry that physically sits here expires (ExpiryHint); 0 = none ever does
//
// The ten tags are compared at once: a 16-byte load at offset 48 sees the tags in its upper ten lanes.
internal static unsafe class Bucket
{
    internal const int SizeBytes = 64;
    internal const int SizeShift = 6;
    internal const int Slots = 10;
    internal const uint AllSlots = (1u << Slots) - 1;
    internal const int StashCountMax = 15;

    private const int OverflowOffset = 1;
    private const int HintOffset = 2;
    private const int ReferencesOffset = 4;
    private const int ReferenceBytes = 5;
    private const int TagsOffset = 54;
    private const int TagsLoadOffset = 48;
    private const int TagsLane = TagsOffset - TagsLoadOffset;
    private const ulong ReferenceMask = (1UL << 40) - 1;

    /// <summary>Tag of a hash: its low byte, which neither directory nor bucket index use. Never 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte TagOf(ulong hash)
    {
        byte tag = (byte)hash;
        return tag == 0 ? (byte)1 : tag;
    }

    /// <summary>Slots whose tag is <paramref name="tag"/>, one bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Match(byte* bucket, byte tag) =>
        Vector128.Equals(Vector128.Load(bucket + TagsLoadOffset), Vector128.Create(tag)).ExtractMostSignificantBits() >> TagsLane;

    /// <summary>Free slots, one bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Free(byte* bucket) => Match(bucket, 0);

    /// <summary>Taken slots, one bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Taken(byte* bucket) => Free(bucket) ^ AllSlots;

    // The last reference is read at 49..56: three bytes of tags come along and are masked off.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Reference(byte* bucket, int slot) =>
        Unsafe.ReadUnaligned<ulong>(bucket + ReferencesOffset + slot * ReferenceBytes) & ReferenceMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetReference(byte* bucket, int slot, ulong reference)
    {
        byte* at = bucket + ReferencesOffset + slot * ReferenceBytes;
        Unsafe.WriteUnaligned(at, (uint)reference);
        at[4] = (byte)(reference >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetTag(byte* bucket, int slot, byte tag) => bucket[TagsOffset + slot] = tag;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte Overflow(byte* bucket) => bucket[OverflowOffset];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int NextCount(byte* bucket) => bucket[OverflowOffset] & 15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int StashCount(byte* bucket) => bucket[OverflowOffset] >> 4;

    internal static void AddNext(byte* bucket, int change) => bucket[OverflowOffset] = (byte)(bucket[OverflowOffset] + change);

    internal static void AddStash(byte* bucket, int change)
    {
        // A count that has reached its maximum is no longer exact, and stays.
        if (StashCount(bucket) != StashCountMax)
            bucket[OverflowOffset] = (byte)(bucket[OverflowOffset] + (change << 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort Hint(byte* bucket) => Unsafe.ReadUnaligned<ushort>(bucket + HintOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetHint(byte* bucket, ushort hint) => Unsafe.WriteUnaligned(bucket + HintOffset, hint);
}

/// <summary>Cache hints; nothing where the processor has none that .NET exposes.</summary>
internal static unsafe class Prefetch
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Line(byte* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }
}
