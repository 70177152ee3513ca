using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. Consumer groups: what has been delivered to whom and not acknowledged yet.

/// <summary>An entry that was delivered and is not acknowledged. A native block, referred to by the maps of its group and of its consumer.</summary>
public unsafe struct StreamPending
{
    /// <summary>When it was delivered last, Unix milliseconds.</summary>
    public long DeliveryMs;

    /// <summary>How often it was delivered.</summary>
    public long DeliveryCount;

    /// <summary>To whom.</summary>
    public StreamConsumer* Consumer;
}

/// <summary>A consumer of a group: a native block, its name at the end.</summary>
public unsafe struct StreamConsumer
{
    /// <summary>What <see cref="NameIndex"/> knows of it.</summary>
    public NamedBlock Header;

    /// <summary>When it was active last, Unix milliseconds.</summary>
    public long SeenMs;

    /// <summary>ID → <see cref="StreamPending"/>.</summary>
    public StreamIdMap Pending;

    /// <summary>Who keeps the IDs as they were, or null.</summary>
    internal FrozenPendings* Frozen;

    /// <summary>The name.</summary>
    public static ReadOnlySpan<byte> NameOf(StreamConsumer* consumer) => NamedBlock.NameOf(consumer);
}

/// <summary>A consumer group: a native block, its name at the end.</summary>
public unsafe struct StreamGroup
{
    /// <summary><see cref="EntriesRead"/> when it is not known.</summary>
    public const long EntriesReadUnknown = -1;

    /// <summary><see cref="OldestMs"/> when it is not known.</summary>
    public const long OldestUnknown = 0;

    /// <summary>What <see cref="NameIndex"/> knows of it.</summary>
    public NamedBlock Header;

    /// <summary>The ID delivered last.</summary>
    public StreamId LastId;

    /// <summary>How many of the stream's entries have been delivered, counted from the first ever; −1: not known.</summary>
    public long EntriesRead;

    /// <summary>ID → <see cref="StreamPending"/>.</summary>
    public StreamIdMap Pending;

    /// <summary>The consumers by name.</summary>
    public NameIndex Consumers;

    /// <summary>
    /// No pending entry that is still in the stream was delivered before, Unix milliseconds: deliveries lower it, and <see cref="IdlePendings"/>, which
    /// looks at all of them, raises it to what it finds. <see cref="OldestUnknown"/>: they have to be looked at.
    /// </summary>
    public long OldestMs;

    /// <summary>Who keeps the pending entries as they were, or null.</summary>
    internal FrozenPendings* Frozen;

    /// <summary>The name.</summary>
    public static ReadOnlySpan<byte> NameOf(StreamGroup* group) => NamedBlock.NameOf(group);

    /// <summary>A new group of a stream that has none of that name.</summary>
    public static StreamGroup* Create(NativeHeap heap, StreamState* stream, ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        var group = (StreamGroup*)NamedBlock.Create(heap, sizeof(StreamGroup), name);
        group->LastId = lastId;
        group->EntriesRead = entriesRead;
        group->OldestMs = long.MaxValue;
        stream->Groups.Add(heap, group);
        return group;
    }

    /// <summary>Removes a group with all that it keeps. O(pending), O(1) if the stream is frozen.</summary>
    public static void Destroy(NativeHeap heap, StreamState* stream, StreamGroup* group)
    {
        stream->Groups.Remove(heap, group);
        if (stream->FrozenGroups != null)
        {
            stream->FrozenGroups->Bury(heap, group);
            return;
        }
        int budget = int.MaxValue;
        Free(heap, group, ref budget);
    }

    /// <summary>The consumer of that name, or null.</summary>
    public readonly StreamConsumer* FindConsumer(ReadOnlySpan<byte> name) => (StreamConsumer*)Consumers.Find(name);

    /// <summary>A new consumer of a group that has none of that name.</summary>
    public static StreamConsumer* CreateConsumer(NativeHeap heap, StreamGroup* group, ReadOnlySpan<byte> name, long nowMs)
    {
        var consumer = (StreamConsumer*)NamedBlock.Create(heap, sizeof(StreamConsumer), name);
        consumer->SeenMs = nowMs;
        group->Consumers.Add(heap, consumer);
        return consumer;
    }

    /// <summary>Removes a consumer and its pending entries, which nobody can claim any more. O(pending log n).</summary>
    public static void DeleteConsumer(NativeHeap heap, StreamGroup* group, StreamConsumer* consumer)
    {
        while (consumer->Pending.Count > 0)
        {
            StreamId id = consumer->Pending.Last.Id;
            var pending = (StreamPending*)consumer->Pending.RemoveLast(heap);
            if (consumer->Frozen != null)
                consumer->Frozen->NoteRemoved(heap, id, pending);
            group->Pending.Remove(heap, id, out _);
            FreePending(heap, group, id, pending);
        }
        if (consumer->Frozen != null)
            consumer->Frozen->Detach();
        group->Consumers.Remove(heap, consumer);
        heap.Free((byte*)consumer, NamedBlock.BytesOf(consumer));
    }

    /// <summary>The pending entry of an ID, or null.</summary>
    public readonly StreamPending* FindPending(StreamId id) => Pending.TryGet(id, out ulong pending) ? (StreamPending*)pending : null;

    /// <summary>Adds a pending entry of a consumer, or (null) of nobody yet, with one delivery now; null: there is one with this ID.</summary>
    public static StreamPending* TryAddPending(NativeHeap heap, StreamGroup* group, StreamConsumer* consumer, StreamId id, long nowMs)
    {
        var pending = (StreamPending*)heap.Allocate(sizeof(StreamPending));
        if (!group->Pending.TryInsert(heap, id, (ulong)pending))
        {
            heap.Free((byte*)pending, sizeof(StreamPending));
            return null;
        }
        *pending = new StreamPending { DeliveryMs = nowMs, DeliveryCount = 1, Consumer = consumer };
        if (nowMs < group->OldestMs)
            group->OldestMs = nowMs;
        if (group->Frozen != null)
            group->Frozen->NoteAdded(heap, id);
        if (consumer != null)
            Give(heap, consumer, id, pending);
        return pending;
    }

    /// <summary>Time and number of deliveries of a pending entry are about to change.</summary>
    public static void BeforeChange(NativeHeap heap, StreamGroup* group, StreamId id, StreamPending* pending)
    {
        if (group->Frozen != null)
            group->Frozen->BeforeChange(heap, id, pending);
        StreamConsumer* consumer = pending->Consumer;
        if (consumer != null && consumer->Frozen != null)
            consumer->Frozen->BeforeChange(heap, id, pending);
    }

    /// <summary>A pending entry is delivered again, or is taken for having been delivered at that time; the count is the caller's to change then.</summary>
    public static void Redeliver(NativeHeap heap, StreamGroup* group, StreamId id, StreamPending* pending, long deliveryMs)
    {
        BeforeChange(heap, group, id, pending);
        pending->DeliveryMs = deliveryMs;
        if (deliveryMs < group->OldestMs)
            group->OldestMs = deliveryMs;
    }

    /// <summary>Makes a pending entry another consumer's.</summary>
    public static void MovePending(NativeHeap heap, StreamId id, StreamPending* pending, StreamConsumer* consumer)
    {
        if (pending->Consumer == consumer)
            return;
        if (pending->Consumer != null)
            TakeFrom(heap, pending->Consumer, id, pending);
        Give(heap, consumer, id, pending);
        pending->Consumer = consumer;
    }

    /// <summary>Removes a pending entry; false: there is none with that ID. O(log n).</summary>
    public static bool RemovePending(NativeHeap heap, StreamGroup* group, StreamId id)
    {
        if (!group->Pending.Remove(heap, id, out ulong value))
            return false;
        var pending = (StreamPending*)value;
        TakeFrom(heap, pending->Consumer, id, pending);
        FreePending(heap, group, id, pending);
        return true;
    }

    /// <summary>Removes an ID from the pending entries of all groups; false: it was in none. O(groups log pending).</summary>
    public static bool RemoveReferences(NativeHeap heap, StreamState* stream, StreamId id)
    {
        bool any = false;
        for (int i = 0; i < stream->Groups.Count; i++)
            any |= RemovePending(heap, (StreamGroup*)stream->Groups[i], id);
        return any;
    }

    /// <summary>Whether a group has yet to get an entry, or has not acknowledged it. O(groups log pending).</summary>
    public static bool IsReferenced(StreamState* stream, StreamId id)
    {
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            var group = (StreamGroup*)stream->Groups[i];
            if (group->LastId < id || group->Pending.TryGet(id, out _))
                return true;
        }
        return false;
    }

    /// <summary>Frees a group that is in no index; a pending entry costs one unit of the budget, which may be overdrawn.</summary>
    internal static void Free(NativeHeap heap, StreamGroup* group, ref int budget)
    {
        int all = int.MaxValue;
        while (!FreePart(heap, group, ref all))
        {
            budget -= int.MaxValue - all;
            all = int.MaxValue;
        }
        budget -= int.MaxValue - all;
        heap.Free((byte*)group, NamedBlock.BytesOf(group));
    }

    /// <summary>Frees some of what a group keeps, which is then good for nothing but to be freed; a pending entry costs one unit. True: it is empty.</summary>
    internal static bool FreePart(NativeHeap heap, StreamGroup* group, ref int budget)
    {
        while (group->Consumers.Count > 0)
        {
            var consumer = (StreamConsumer*)group->Consumers[group->Consumers.Count - 1];
            for (; consumer->Pending.Count > 0; budget--)
            {
                if (budget <= 0)
                    return false;
                consumer->Pending.RemoveLast(heap);
            }
            group->Consumers.Remove(heap, consumer);
            heap.Free((byte*)consumer, NamedBlock.BytesOf(consumer));
            budget--;
        }
        for (; group->Pending.Count > 0; budget--)
        {
            if (budget <= 0)
                return false;
            byte* pending = (byte*)group->Pending.RemoveLast(heap);

            // Null where a snapshot has noted that there was nothing (FrozenGroups).
            if (pending != null)
                heap.Free(pending, sizeof(StreamPending));
        }
        return true;
    }

    private static void Give(NativeHeap heap, StreamConsumer* consumer, StreamId id, StreamPending* pending)
    {
        consumer->Pending.TryInsert(heap, id, (ulong)pending);
        if (consumer->Frozen != null)
            consumer->Frozen->NoteAdded(heap, id);
    }

    private static void TakeFrom(NativeHeap heap, StreamConsumer* consumer, StreamId id, StreamPending* pending)
    {
        consumer->Pending.Remove(heap, id, out _);
        if (consumer->Frozen != null)
            consumer->Frozen->NoteRemoved(heap, id, pending);
    }

    // It has left the group's map.
    private static void FreePending(NativeHeap heap, StreamGroup* group, StreamId id, StreamPending* pending)
    {
        if (group->Frozen == null || !group->Frozen->TryTake(heap, id, pending))
            heap.Free((byte*)pending, sizeof(StreamPending));
    }
}
