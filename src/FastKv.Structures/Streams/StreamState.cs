using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. A stream: a native block that its entry points to.
//
//   entry ──► StreamState ──► Blocks: StreamIdMap, first ID → StreamBlock     the entries, some 100 per block
//                        ├──► Tail                                           the block that is appended to
//                        └──► Groups: NameIndex → StreamGroup
//                                       ├──► Pending: StreamIdMap, ID → StreamPending
//                                       └──► Consumers: NameIndex → StreamConsumer ──► Pending: StreamIdMap, ID → StreamPending
//
//   append                      O(fields) amortised
//   seek, find, delete          O(log blocks + entries of a block)
//   walk                        O(1) per entry in either direction
//   trim                        O(blocks removed), exact trims + O(entries of a block)

/// <summary>The native state of a stream.</summary>
public unsafe struct StreamState
{
    /// <summary>Entries that are not deleted.</summary>
    public long Length;

    /// <summary>Entries ever added, as the stream counts them (XSETID may say otherwise).</summary>
    public long EntriesAdded;

    /// <summary>The ID of the first entry; 0-0: there is none.</summary>
    public StreamId First;

    /// <summary>The ID generated last, which the next one must exceed.</summary>
    public StreamId Last;

    /// <summary>The ID of the last entry; 0-0: there is none.</summary>
    public StreamId LastLive;

    /// <summary>The largest ID ever deleted by XDEL.</summary>
    public StreamId MaxDeleted;

    /// <summary>The groups by name.</summary>
    public NameIndex Groups;

    /// <summary>The blocks by first ID.</summary>
    internal StreamIdMap Blocks;

    /// <summary>The block that is appended to, the last one; null: there is none.</summary>
    internal StreamBlock* Tail;

    /// <summary>Its first ID.</summary>
    internal StreamId TailFirst;

    /// <summary>Who keeps blocks as they were, or null.</summary>
    internal FrozenStream* Frozen;

    /// <summary>Who keeps pending entries as they were, or null.</summary>
    internal FrozenGroups* FrozenGroups;

    /// <summary>Number of blocks: Redis's radix tree keys.</summary>
    public readonly long BlockCount => Blocks.Count;

    /// <summary>A stream without entries.</summary>
    public static StreamState* Create(NativeHeap heap)
    {
        var stream = (StreamState*)heap.Allocate(sizeof(StreamState));
        *stream = default;
        return stream;
    }

    /// <summary>The group of that name, or null.</summary>
    public readonly StreamGroup* FindGroup(ReadOnlySpan<byte> name) => (StreamGroup*)Groups.Find(name);

    /// <summary>Walks the entries from <paramref name="start"/> to <paramref name="end"/>, both included; to be disposed of.</summary>
    /// <param name="heap">For the scratch of a walk backwards.</param>
    /// <param name="stream">The stream, which must not change meanwhile (its groups may).</param>
    /// <param name="start">Smallest ID.</param>
    /// <param name="end">Largest ID.</param>
    /// <param name="isReverse">From the largest to the smallest.</param>
    public static StreamIterator Range(NativeHeap heap, StreamState* stream, StreamId start, StreamId end, bool isReverse = false) =>
        new(heap, stream, start, end, isReverse);

    /// <summary>Whether an entry with that ID is there and not deleted. O(log blocks + entries of a block).</summary>
    public readonly bool Contains(StreamId id) => TryFind(id, out var reader, out _) && !reader.IsDeleted;

    /// <summary>The entry with that ID, deleted perhaps.</summary>
    internal readonly bool TryFind(StreamId id, out StreamBlockReader reader, out StreamId blockFirst)
    {
        reader = default;
        blockFirst = default;
        var cursor = Blocks.SeekAtMost(id);
        if (!cursor.IsValid)
            return false;
        var block = (StreamBlock*)cursor.Value;
        if (block->Last < id)
            return false;
        blockFirst = cursor.Id;
        reader = new StreamBlockReader(block, blockFirst);
        while (reader.MoveNext())
        {
            if (reader.Id >= id)
                return reader.Id == id;
        }
        return false;
    }
}
