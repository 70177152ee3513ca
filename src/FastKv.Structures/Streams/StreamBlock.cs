using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. A run of a stream's entries, packed into one heap block; entries are appended, or marked as deleted, never moved.
//
//   +----------------+-----------------------+-------+-------+-----+------+
//   | header         | schema: field names   | entry | entry | ... | free |
//   | (StreamBlock)  | of the first entry    |       |       |     |      |
//   +----------------+-----------------------+-------+-------+-----+------+
//
//   schema:  per field its length and bytes
//   entry:   | flags | ms, seq | number of fields | codes | values, or fields and values |
//            flags    1 byte, StreamEntryFlags: says which of the following there are
//            ms, seq  difference to the entry before; not if it is the next one in its millisecond
//            number   not if the fields are those of the schema
//            codes    one per value (or field and value): 2 * length, or 2 * width + 1 for the text of an integer, kept in 1, 2, 4 or 8 bytes;
//                     not if they are those of the last entry that had the schema's fields and codes of its own
//
// All numbers are LEB128. An entry like the one before takes 1 byte and its values: 17 for two values of 8 bytes. Deleted entries stay in place.
//
// Where a block ends is not our choice: Redis ends a node by the size of its listpack, and XTRIM ~ removes whole nodes. PackBytes counts what the
// same entries would take there.

/// <summary>What an entry does not spell out.</summary>
[Flags]
internal enum StreamEntryFlags : byte
{
    None = 0,
    Deleted = 1,
    SchemaFields = 2,
    SameCodes = 4,
    NextId = 8,

    /// <summary>Another millisecond, number 0.</summary>
    FirstOfMs = 16,
}

/// <summary>Header of a block of entries.</summary>
internal unsafe struct StreamBlock
{
    /// <summary>The last ID, of a deleted entry perhaps.</summary>
    public StreamId Last;

    /// <summary>Bytes in use, header included.</summary>
    public int Used;

    /// <summary>Bytes of the heap block.</summary>
    public int Capacity;

    /// <summary>Bytes in Redis's listpack, without the two counters.</summary>
    public int PackBytes;

    /// <summary>Where the codes stand that <see cref="StreamEntryFlags.SameCodes"/> refers to; 0: none yet.</summary>
    public int CodesOffset;

    /// <summary>Where the first entry starts.</summary>
    public int EntriesOffset;

    /// <summary>Entries that are not deleted.</summary>
    public int Live;

    /// <summary>Entries marked as deleted.</summary>
    public int Deleted;

    /// <summary>Number of fields in the schema.</summary>
    public int FieldCount;

    /// <summary>Entries, deleted ones included.</summary>
    public readonly int Entries => Live + Deleted;

    /// <summary>Bytes that the node would have in Redis.</summary>
    public readonly long NodeBytes => (long)PackBytes + ListpackSize.OfInteger(Live) + ListpackSize.OfInteger(Deleted);

    /// <summary>Gives unused bytes back, for a block that gets no more entries.</summary>
    public static StreamBlock* Shrink(NativeHeap heap, StreamBlock* block)
    {
        if (NativeHeap.UsableSize(block->Used) == NativeHeap.UsableSize(block->Capacity))
            return block;
        block = (StreamBlock*)heap.Reallocate((byte*)block, block->Capacity, block->Used);
        block->Capacity = block->Used;
        return block;
    }

    /// <summary>Frees the block.</summary>
    public static void Free(NativeHeap heap, StreamBlock* block) => heap.Free((byte*)block, block->Capacity);
}

/// <summary>LEB128 numbers. Data plane.</summary>
internal static unsafe class Varint
{
    public const int BytesMax = 10;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Size(ulong value)
    {
        if (value < 128)
            return 1;
        return (System.Numerics.BitOperations.Log2(value) / 7) + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Write(byte* target, ulong value)
    {
        while (value >= 128)
        {
            *target++ = (byte)(value | 128);
            value >>= 7;
        }
        *target++ = (byte)value;
        return target;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref byte* source)
    {
        ulong value = *source++;
        return value < 128 ? value : ReadLong(ref source, value & 127);
    }

    private static ulong ReadLong(ref byte* source, ulong value)
    {
        for (int shift = 7; ; shift += 7)
        {
            Debug.Assert(shift <= 63, "a number has at most ten bytes");
            ulong next = *source++;
            value |= (next & 127) << shift;
            if (next < 128)
                return value;
        }
    }
}
