using System.Collections.Concurrent;
using FastKv.Memory;

namespace FastKv.Engine.Persistence.Snapshots;

// Data plane on the side of the partitions, control plane on the side of the one thread that writes. Partitions hand over chunks of whole records; only a
// large value is spread over several, and then the writer stays with its partition until the value ends.

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
}

/// <summary>What is on its way from the partitions to the file of one snapshot.</summary>
/// <param name="partitions">How many of them.</param>
internal sealed class SnapshotQueue(int partitions)
{
    /// <summary>A chunk is handed over once it has so many bytes: some 30 µs of the writing thread, which may have to share a core with a shard.</summary>
    public const int ChunkBytes = 64 * 1024;

    /// <summary>A partition pauses when so many of its bytes wait: the disk is slower than it.</summary>
    private const long WaitingBytesMax = 8 << 20;

    private readonly ConcurrentQueue<SnapshotChunk>[] _waiting = [.. Enumerable.Range(0, partitions).Select(_ => new ConcurrentQueue<SnapshotChunk>())];
    private readonly long[] _waitingBytes = new long[partitions];
    private readonly ConcurrentBag<SnapshotChunk> _free = [];
    private readonly AutoResetEvent _posted = new(false);
    private volatile bool _isAbandoned;
    private long _keys;

    /// <summary>The partitions and the writing thread.</summary>
    private int _users = partitions + 1;

    /// <summary>Nobody wants the rest: the disk has failed, or the snapshot was cancelled.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <summary>Keys handed over so far.</summary>
    public long Keys => Volatile.Read(ref _keys);

    /// <summary>Whether a partition should go on; what must be saved now may be posted in any case.</summary>
    public bool HasRoom(int partition) => Volatile.Read(ref _waitingBytes[partition]) < WaitingBytesMax;

    /// <summary>An empty chunk.</summary>
    public SnapshotChunk Rent() => _free.TryTake(out var chunk) ? chunk : new SnapshotChunk();

    /// <summary>Hands a chunk over; on the thread that runs the partition.</summary>
    public void Post(int partition, SnapshotChunk chunk, long keys)
    {
        Interlocked.Add(ref _keys, keys);
        Interlocked.Add(ref _waitingBytes[partition], chunk.Bytes.Length);
        _waiting[partition].Enqueue(chunk);
        _posted.Set();
    }

    /// <summary>Ends the snapshot without its rest.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        _posted.Set();
    }

    /// <summary>Passes all chunks to <paramref name="write"/> until every partition has posted its last; on the writing thread.</summary>
    /// <returns>False: it was abandoned.</returns>
    public bool WriteAll(Action<ReadOnlySpan<byte>> write)
    {
        int left = partitions;
        int partition = 0, idle = 0;
        bool isWithin = false;
        while (left > 0 && !_isAbandoned)
        {
            if (!_waiting[partition].TryDequeue(out var chunk))
            {
                // Inside a large value only its partition's next chunk may follow.
                if (!isWithin)
                    partition = (partition + 1) % partitions;
                if (isWithin || ++idle >= partitions)
                {
                    _posted.WaitOne(TimeSpan.FromMilliseconds(100));
                    idle = 0;
                }
                continue;
            }
            idle = 0;
            unsafe
            {
                write(new ReadOnlySpan<byte>(chunk.Bytes.Data, checked((int)chunk.Bytes.Length)));
            }
            Interlocked.Add(ref _waitingBytes[partition], -chunk.Bytes.Length);
            isWithin = chunk.Continues;
            if (chunk.IsLast)
                left--;
            Recycle(chunk);
        }
        return !_isAbandoned;
    }

    /// <summary>One of its users has done with it; the last one frees the chunks.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        foreach (var queue in _waiting)
        {
            while (queue.TryDequeue(out var chunk))
                chunk.Bytes.Release();
        }
        while (_free.TryTake(out var chunk))
            chunk.Bytes.Release();

        // The event stays: whoever gives a snapshot up may come when it has just ended.
    }

    private void Recycle(SnapshotChunk chunk)
    {
        const long keptBytesMax = 4 * ChunkBytes;
        if (chunk.Bytes.AllocatedBytes > keptBytesMax)
            chunk.Bytes.Release();
        chunk.Bytes.Length = 0;
        chunk.Database = -1;
        chunk.Continues = chunk.IsLast = false;
        _free.Add(chunk);
    }
}
