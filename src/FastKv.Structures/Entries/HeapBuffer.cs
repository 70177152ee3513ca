using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>Bytes that grow at their end, in a block of a shard's heap: scratch of whoever builds a value. All zero: empty. Data plane.</summary>
internal unsafe struct HeapBuffer
{
    private const long CapacityMin = 512;

    internal byte* Data;
    internal long Length;
    private long _capacity;

    /// <summary>Room for bytes behind the end, which <see cref="Length"/> has yet to include. O(1) amortised.</summary>
    internal byte* Reserve(NativeHeap heap, long bytes)
    {
        if (_capacity - Length < bytes)
        {
            long capacity = NativeHeap.UsableSize(Math.Max(CapacityMin, Math.Max(Length + bytes, Length * 2)));
            Data = Data == null ? heap.Allocate(capacity) : heap.Reallocate(Data, _capacity, capacity);
            _capacity = capacity;
        }

        return Data + Length;
    }

    internal void Release(NativeHeap heap)
    {
        if (Data != null)
            heap.Free(Data, _capacity);
        this = default;
    }
}
