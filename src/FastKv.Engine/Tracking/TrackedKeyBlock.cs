using System.Runtime.InteropServices;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Tracking;

/// <summary>A key that some clients may hold in their caches: one block of the partition's heap. Data plane.</summary>
/// <remarks>
/// <code>
///   | key length | clients | capacity | – | slots: capacity × 4 | sessions: capacity × 4 | key |
/// </code>
/// A client is a slot of <see cref="Trackers"/> and its session there. Looking for one compares slots, 8 at a time or more. A place of a client that has gone
/// is taken over by the next user of its slot, so there are never more places than clients that track at a time.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal unsafe struct TrackedKeyBlock
{
    private const int CapacityMin = 1;

    public int KeyLength;
    public int Count;
    public int Capacity;

    /// <summary>The key; valid as long as the block.</summary>
    public static ReadOnlySpan<byte> KeyOf(TrackedKeyBlock* block) => new(KeyBytes(block), block->KeyLength);

    public static Span<uint> Slots(TrackedKeyBlock* block) => new(block + 1, block->Count);

    public static Span<uint> Sessions(TrackedKeyBlock* block) => new((uint*)(block + 1) + block->Capacity, block->Count);

    /// <summary>A block for a key that nobody holds yet.</summary>
    public static TrackedKeyBlock* Create(NativeHeap heap, ReadOnlySpan<byte> key) => Create(heap, key, CapacityMin);

    /// <summary>Adds a client, which is not there; returns the block, which may have moved.</summary>
    public static TrackedKeyBlock* Add(NativeHeap heap, TrackedKeyBlock* block, Tracker tracker)
    {
        if (block->Count == block->Capacity)
        {
            var larger = Create(heap, KeyOf(block), block->Capacity * 2);
            larger->Count = block->Count;
            Slots(block).CopyTo(Slots(larger));
            Sessions(block).CopyTo(Sessions(larger));
            Free(heap, block);
            block = larger;
        }
        int last = block->Count++;
        Slots(block)[last] = (uint)tracker.Slot;
        Sessions(block)[last] = tracker.Session;
        return block;
    }

    public static void Free(NativeHeap heap, TrackedKeyBlock* block) => heap.Free((byte*)block, BytesOf(block->KeyLength, block->Capacity));

    private static TrackedKeyBlock* Create(NativeHeap heap, ReadOnlySpan<byte> key, int capacity)
    {
        var block = (TrackedKeyBlock*)heap.Allocate(BytesOf(key.Length, capacity));
        block->KeyLength = key.Length;
        block->Count = 0;
        block->Capacity = capacity;
        key.CopyTo(new Span<byte>(KeyBytes(block), key.Length));
        return block;
    }

    private static byte* KeyBytes(TrackedKeyBlock* block) => (byte*)(block + 1) + (2L * sizeof(uint) * block->Capacity);

    private static long BytesOf(int keyLength, int capacity) => sizeof(TrackedKeyBlock) + (2L * sizeof(uint) * capacity) + keyLength;
}

/// <summary>How a table reads these blocks.</summary>
internal readonly unsafe struct TrackedKeyLayout : IEntryLayout
{
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => TrackedKeyBlock.KeyOf((TrackedKeyBlock*)entry);

    public static long ExpiryOf(byte* entry) => 0;
}
