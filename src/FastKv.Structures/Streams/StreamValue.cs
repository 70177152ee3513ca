using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>Entries whose value is a stream: a pointer to a <see cref="StreamState"/>. Data plane.</summary>
public static unsafe class StreamValue
{
    /// <summary>A new stream without entries, which stays a key even so.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0) =>
        EntryBlock.CreatePointer(values.Heap, ValueType.Stream, ValueEncoding.Stream, key, (byte*)StreamState.Create(values.Heap), expiryMs, clock);

    /// <summary>The stream of an entry.</summary>
    public static StreamState* Of(EntryRef entry)
    {
        Debug.Assert(entry.Type == ValueType.Stream, "a stream");
        return (StreamState*)entry.Pointer;
    }

    /// <summary>Number of entries. O(1).</summary>
    public static long Count(EntryRef entry) => Of(entry)->Length;

    /// <summary>Frees some of the value. One block or pending entry costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, which is in no
    /// table.</returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget)
    {
        NativeHeap heap = values.Heap;
        StreamState* stream = Of(new EntryRef(entry));
        while (stream->Groups.Count > 0)
        {
            // It leaves the index when it is empty: what is left of it must be found again.
            var group = (StreamGroup*)stream->Groups[stream->Groups.Count - 1];
            if (!StreamGroup.FreePart(heap, group, ref budget))
                return false;
            StreamGroup.Destroy(heap, stream, group);
        }
        for (; stream->Blocks.Count > 0; budget--)
        {
            if (budget <= 0)
                return false;
            StreamBlock.Free(heap, (StreamBlock*)stream->Blocks.RemoveLast(heap));
        }
        heap.Free((byte*)stream, sizeof(StreamState));
        EntryBlock.Free(heap, entry);
        budget--;
        return true;
    }

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(groups).</summary>
    public static long FreeEffort(EntryRef entry)
    {
        StreamState* stream = Of(entry);
        long effort = 1 + stream->Blocks.Count;
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            var group = (StreamGroup*)stream->Groups[i];
            effort += 1 + group->Consumers.Count + (2 * group->Pending.Count);
        }
        return effort;
    }

    /// <summary>
    /// A copy under another key, perhaps in another shard's heap (COPY, RENAME between shards): groups included, same expiry and access clock. O(n).
    /// </summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key)
    {
        var source = new EntryRef(entry);
        StreamState* stream = Of(source);
        byte* copy = Create(to, key, source.ExpiryMs, source.AccessClock);
        StreamState* target = Of(new EntryRef(copy));
        *target = *stream;
        target->Blocks = default;
        target->Groups = default;
        target->Tail = null;
        target->Frozen = null;
        target->FrozenGroups = null;
        var blocks = stream->Blocks.First;
        for (bool more = blocks.IsValid; more; more = blocks.MoveNext())
        {
            var block = (StreamBlock*)blocks.Value;
            target->Tail = (StreamBlock*)to.Heap.Allocate(block->Used);
            Buffer.MemoryCopy(block, target->Tail, block->Used, block->Used);
            target->Tail->Capacity = block->Used;
            target->Blocks.TryInsert(to.Heap, blocks.Id, (ulong)target->Tail);
        }
        for (int i = 0; i < stream->Groups.Count; i++)
            CopyGroup(to.Heap, (StreamGroup*)stream->Groups[i], target);
        return copy;
    }

    /// <summary>Heap bytes of entry and value, estimated from <paramref name="samples"/> blocks (0: all are looked at).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples)
    {
        StreamState* stream = Of(entry);
        long bytes = NativeHeap.UsableSize(entry.BlockBytes) + NativeHeap.UsableSize(sizeof(StreamState)) + stream->Blocks.HeapBytes;
        bytes += BlockBytes(stream, samples);
        bytes += stream->Groups.HeapBytes;
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            var group = (StreamGroup*)stream->Groups[i];
            bytes += NativeHeap.UsableSize(NamedBlock.BytesOf(group)) + group->Pending.HeapBytes + group->Consumers.HeapBytes;
            bytes += group->Pending.Count * NativeHeap.UsableSize(sizeof(StreamPending));
            bytes += ConsumerBytes(group, samples);
        }
        return bytes;
    }

    private static long BlockBytes(StreamState* stream, long samples)
    {
        long count = stream->Blocks.Count;
        if (samples <= 0 || samples > count)
            samples = count;
        long sum = 0;
        var cursor = stream->Blocks.First;
        for (long i = 0; i < samples; i++, cursor.MoveNext())
            sum += NativeHeap.UsableSize(((StreamBlock*)cursor.Value)->Capacity);
        return samples == 0 ? 0 : (long)((double)sum / samples * count);
    }

    private static long ConsumerBytes(StreamGroup* group, long samples)
    {
        int count = group->Consumers.Count;
        int looked = samples <= 0 ? count : (int)Math.Min(samples, count);
        long sum = 0;
        for (int i = 0; i < looked; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            sum += NativeHeap.UsableSize(NamedBlock.BytesOf(consumer)) + consumer->Pending.HeapBytes;
        }
        return looked == 0 ? 0 : (long)((double)sum / looked * count);
    }

    private static void CopyGroup(NativeHeap heap, StreamGroup* source, StreamState* target)
    {
        StreamGroup* group = StreamGroup.Create(heap, target, StreamGroup.NameOf(source), source->LastId, source->EntriesRead);
        for (int i = 0; i < source->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)source->Consumers[i];
            StreamConsumer* copy = StreamGroup.CreateConsumer(heap, group, StreamConsumer.NameOf(consumer), consumer->SeenMs);
            var cursor = consumer->Pending.First;
            for (bool more = cursor.IsValid; more; more = cursor.MoveNext())
            {
                var pending = (StreamPending*)cursor.Value;
                StreamPending* added = StreamGroup.TryAddPending(heap, group, copy, cursor.Id, pending->DeliveryMs);
                added->DeliveryCount = pending->DeliveryCount;
            }
        }
    }
}
