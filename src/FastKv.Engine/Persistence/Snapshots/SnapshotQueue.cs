using System.Collections.Concurrent;

namespace FastKv.Engine.Persistence.Snapshots;

// Data plane on the side of the partitions, control plane on the side of the one thread that writes. Partitions hand over chunks of whole records; only a
// large value is spread over several, and then the writer stays with its partition until the value ends.

/// <summary>What is on its way from the partitions to the file of one snapshot.</summary>
/// <param name="chunks">Where the chunks of each partition go back to.</param>
internal sealed class SnapshotQueue(SnapshotChunks[] chunks)
{
    /// <summary>A partition pauses when so many of its bytes wait: the disk is slower than it. That is some ten milliseconds of a disk.</summary>
    public const long WaitingBytesMax = 2 << 20;

    private readonly ConcurrentQueue<SnapshotChunk>[] _waiting = [.. chunks.Select(_ => new ConcurrentQueue<SnapshotChunk>())];
    private readonly long[] _waitingBytes = new long[chunks.Length];
    private readonly AutoResetEvent _posted = new(false);
    private volatile bool _isAbandoned;
    private long _keys;

    /// <summary>The partitions and the writing thread.</summary>
    private int _users = chunks.Length + 1;

    /// <summary>Nobody wants the rest: the disk has failed, or the snapshot was cancelled.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <summary>Keys handed over so far.</summary>
    public long Keys => Volatile.Read(ref _keys);

    /// <summary>Whether a partition should go on; what must be saved now may be posted in any case.</summary>
    public bool HasRoom(int partition) => Volatile.Read(ref _waitingBytes[partition]) < WaitingBytesMax;

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
        int left = chunks.Length;
        int partition = 0, idle = 0;
        bool isWithin = false;
        while (left > 0 && !_isAbandoned)
        {
            if (!_waiting[partition].TryDequeue(out var chunk))
            {
                // Inside a large value only its partition's next chunk may follow.
                if (!isWithin)
                    partition = (partition + 1) % chunks.Length;
                if (isWithin || ++idle >= chunks.Length)
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
            chunks[partition].Return(chunk);
        }
        return !_isAbandoned;
    }

    /// <summary>One of its users has done with it; the last one gives the chunks back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        for (int partition = 0; partition < chunks.Length; partition++)
        {
            while (_waiting[partition].TryDequeue(out var chunk))
                chunks[partition].Return(chunk);
        }

        // The event stays: whoever gives a snapshot up may come when it has just ended.
    }
}
