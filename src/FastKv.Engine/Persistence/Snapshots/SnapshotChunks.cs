using FastKv.Memory;

namespace FastKv.Engine.Persistence.Snapshots;

// Data plane. Taken by whoever runs the partition, given back by the thread that writes the file.

/// <summary>A stretch of the file: whole records of one partition, or a part of one large record.</summary>
internal sealed class SnapshotChunk
{
    public NativeBuffer Bytes;

    /// <summary>The database that is selected at its end; −1: none yet.</summary>
    public int Database = -1;

    /// <summary>The record at its end goes on in the partition's next chunk.</summary>
    public bool Continues;

    /// <summary>The partition has nothing more.</summary>
    public bool IsLast;

    /// <summary>The free chunk under it.</summary>
    public SnapshotChunk? Next;
}

/// <summary>
/// The free chunks of one partition, kept from snapshot to snapshot: memory that is new to the process costs the shard a page fault for every 4 KiB, and on a
/// virtual machine that gives free memory back to its host a core may stand still for milliseconds at each. The last one given back goes out first, and is
/// still in a cache.
/// </summary>
internal sealed class SnapshotChunks : IDisposable
{
    /// <summary>A chunk is handed over once it has so many bytes: some 30 µs of the writing thread, which may have to share a core with a shard.</summary>
    public const int FullBytes = 56 * 1024;

    /// <summary>Memory of a new chunk: most last records end within it.</summary>
    private const int NewBytes = 64 * 1024;

    /// <summary>A chunk that a large record has made larger is not kept, nor one of a frozen record that has stayed small.</summary>
    private const int KeptBytesMax = 2 * NewBytes;

    /// <summary>As many as may wait for the disk (<see cref="SnapshotQueue.WaitingBytesMax"/>), those being written and read, and the one too many.</summary>
    private const int KeptMax = (int)(SnapshotQueue.WaitingBytesMax / FullBytes) + 4;

    // A stack without a lock. Only one takes at a time, so that none can come back between a look at the top and its exchange.
    private SnapshotChunk? _top;
    private int _kept;
    private bool _isDisposed;

    /// <summary>Chunks that were made because none was free.</summary>
    public long MadeTotal { get; private set; }

    /// <summary>An empty chunk; whoever runs the partition. O(1).</summary>
    public SnapshotChunk Take()
    {
        while (Volatile.Read(ref _top) is { } chunk)
        {
            if (Interlocked.CompareExchange(ref _top, chunk.Next, chunk) != chunk)
                continue;
            Interlocked.Decrement(ref _kept);
            chunk.Next = null;
            return chunk;
        }
        MadeTotal++;
        var made = new SnapshotChunk();
        made.Bytes.EnsureFree(NewBytes);
        return made;
    }

    /// <summary>Gives a chunk back, with whatever is in it; any thread. O(1).</summary>
    public void Return(SnapshotChunk chunk)
    {
        if (_isDisposed || chunk.Bytes.AllocatedBytes is < NewBytes or > KeptBytesMax || Volatile.Read(ref _kept) >= KeptMax)
        {
            chunk.Bytes.Release();
            return;
        }
        Interlocked.Increment(ref _kept);
        chunk.Bytes.Length = 0;
        chunk.Database = -1;
        chunk.Continues = chunk.IsLast = false;
        SnapshotChunk? top;
        do
        {
            // Not read again once the exchange has succeeded: the chunk may be somebody's by then.
            top = Volatile.Read(ref _top);
            chunk.Next = top;
        }
        while (Interlocked.CompareExchange(ref _top, chunk, top) != top);
    }

    /// <summary>Frees the chunks; those that are given back later go at once. Nobody else uses them by now.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        for (var chunk = _top; chunk is not null; chunk = chunk.Next)
            chunk.Bytes.Release();
        _top = null;
    }
}
