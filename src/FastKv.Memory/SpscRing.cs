using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

/// <summary>
/// A bounded queue from one thread to one other, wait-free. Items become visible in batches: the producer enqueues any number and then
/// publishes once.
/// </summary>
/// <remarks>
/// Data plane. Each side's private state and each shared index has its own cache lines (128 bytes: the prefetcher fetches pairs), and
/// each side works with a copy of the other's index until it must look again: in a batch of n, the lines move n times less often.
/// <code>
///   slots   | . . x x x x x o o . . |       x published, o enqueued but not published
///               ▲ head      ▲ published ▲ tail (producer only)
/// </code>
/// Source of the layout: LMAX Disruptor; Lee, Bu and Chandranmenon, "A lock-free, cache-efficient shared ring buffer", 2009.
/// </remarks>
public sealed class SpscRing<T>
{
    private readonly T[] _slots;
    private readonly int _offset; // unused slots before the first, and after the last: neighbours on the heap share no line with them
    private readonly int _mask;
    private RingIndices _indices;

    /// <summary>An empty ring.</summary>
    /// <param name="capacity">Items that fit; rounded up to a power of two, at least 2.</param>
    public SpscRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 30);
        Capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 2));
        _mask = Capacity - 1;
        _offset = (RingIndices.LineBytes + Unsafe.SizeOf<T>() - 1) / Unsafe.SizeOf<T>();
        _slots = new T[Capacity + (2 * _offset)];
    }

    /// <summary>Items that fit.</summary>
    public int Capacity { get; }

    /// <summary>Whether nothing is published that was not dequeued. Any thread; to others than the consumer a snapshot.</summary>
    /// <remarks>Acquire reads: pair with the releases in <see cref="Publish"/> and <see cref="TryDequeue"/>.</remarks>
    public bool IsEmpty => Volatile.Read(ref _indices.Head) == Volatile.Read(ref _indices.Published);

    /// <summary>Published items. Exact for the consumer but for what arrives meanwhile; to others a snapshot.</summary>
    public int Count
    {
        get
        {
            // The head first: it cannot pass what is published, so the difference is never negative.
            long head = Volatile.Read(ref _indices.Head);
            return (int)Math.Min(Volatile.Read(ref _indices.Published) - head, Capacity);
        }
    }

    /// <summary>Producer: items that can be enqueued now; the consumer only makes it more.</summary>
    public int FreeCount
    {
        get
        {
            // Acquire: pairs with the release of Head in TryDequeue.
            _indices.ProducerHead = Volatile.Read(ref _indices.Head);
            return Capacity - (int)(_indices.Tail - _indices.ProducerHead);
        }
    }

    /// <summary>Producer: whether an enqueue would fail.</summary>
    public bool IsFull
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _indices.Tail - _indices.ProducerHead == Capacity && FreeCount == 0;
    }

    /// <summary>Producer: whether items wait for <see cref="Publish"/>.</summary>
    public bool HasUnpublished => _indices.Tail != _indices.Published;

    /// <summary>Producer: puts an item into the ring, unseen by the consumer until <see cref="Publish"/>.</summary>
    /// <returns>False when the ring is full.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnqueue(T item)
    {
        long tail = _indices.Tail;
        if (tail - _indices.ProducerHead == Capacity && FreeCount == 0)
            return false;
        Debug.Assert(tail - _indices.ProducerHead < Capacity, "the slot was dequeued");
        Slot(tail) = item;
        _indices.Tail = tail + 1;
        return true;
    }

    /// <summary>Producer: makes all enqueued items visible to the consumer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish()
    {
        // Release: pairs with the acquire of Published in TryPeek; the slots written before are visible with it.
        Volatile.Write(ref _indices.Published, _indices.Tail);
    }

    /// <summary>Consumer: the oldest item, which stays.</summary>
    /// <returns>False when there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPeek(out T item)
    {
        long head = _indices.Head;
        if (head == _indices.ConsumerPublished && !LookForMore(head))
        {
            item = default!;
            return false;
        }

        item = Slot(head);
        return true;
    }

    /// <summary>Consumer: takes the oldest item.</summary>
    /// <returns>False when there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryDequeue(out T item)
    {
        long head = _indices.Head;
        if (head == _indices.ConsumerPublished && !LookForMore(head))
        {
            item = default!;
            return false;
        }

        ref T slot = ref Slot(head);
        item = slot;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            slot = default!;

        // Release: pairs with the acquire of Head in FreeCount; the producer overwrites the slot only after we have read it.
        Volatile.Write(ref _indices.Head, head + 1);
        return true;
    }

    private bool LookForMore(long head)
    {
        // Acquire: pairs with the release in Publish.
        long published = Volatile.Read(ref _indices.Published);
        _indices.ConsumerPublished = published;
        Debug.Assert(published - head >= 0 && published - head <= Capacity, "the indices bound the ring");
        return published != head;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T Slot(long index) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), _offset + (int)(index & _mask));
}

/// <summary>The indices of a ring; they count all items ever, and are never reduced to slots.</summary>
[StructLayout(LayoutKind.Explicit, Size = 6 * LineBytes)]
internal struct RingIndices
{
    internal const int LineBytes = 128;

    /// <summary>Written by the producer, read by the consumer.</summary>
    [FieldOffset(1 * LineBytes)]
    internal long Published;

    /// <summary>Producer only: the next slot to fill.</summary>
    [FieldOffset(2 * LineBytes)]
    internal long Tail;

    /// <summary>Producer only: the head when it last looked.</summary>
    [FieldOffset((2 * LineBytes) + 8)]
    internal long ProducerHead;

    /// <summary>Written by the consumer, read by the producer.</summary>
    [FieldOffset(3 * LineBytes)]
    internal long Head;

    /// <summary>Consumer only: what was published when it last looked.</summary>
    [FieldOffset(4 * LineBytes)]
    internal long ConsumerPublished;
}
