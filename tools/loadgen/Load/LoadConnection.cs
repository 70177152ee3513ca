// One client connection: its unanswered batches and the part of a reply that has arrived. Data plane.
using System.Diagnostics;
using FastKv.Memory;
using FastKv.Network;
using FastKv.Protocol;

namespace FastKv.LoadGen.Load;

/// <summary>State of a connection; belongs to one <see cref="LoadWorker"/>.</summary>
internal sealed class LoadConnection
{
    /// <summary>Batches that may be unanswered at a time (open loop). At 1 request a batch and 50 connections, 12,800 requests.</summary>
    private const int BatchesMax = 256;

    private readonly long[] _dueNs = new long[BatchesMax];
    private readonly int[] _awaited = new int[BatchesMax];
    private uint _head;
    private uint _tail;

    /// <summary>Start of a reply whose end has not arrived.</summary>
    public NativeBuffer Partial;

    /// <summary>How far the partial reply was scanned.</summary>
    public RespReader Reader;

    /// <summary>The network's side; null when closed.</summary>
    public Connection? Network { get; set; }

    /// <summary>Replies to AUTH, SELECT and the like that are still to come.</summary>
    public int SetupAwaited { get; set; }

    /// <summary>Requests without a reply.</summary>
    public int Outstanding { get; private set; }

    /// <summary>No further batch can be noted.</summary>
    public bool IsFull => _tail - _head == BatchesMax;

    /// <summary>Notes a batch of <paramref name="count"/> requests whose latency counts from <paramref name="dueNs"/>.</summary>
    public void Begin(long dueNs, int count)
    {
        Debug.Assert(!IsFull && count > 0, "a batch has room and requests");
        uint slot = _tail++ % BatchesMax;
        _dueNs[slot] = dueNs;
        _awaited[slot] = count;
        Outstanding += count;
    }

    /// <summary>Takes <paramref name="count"/> replies that have arrived at <paramref name="nowNs"/>.</summary>
    public void Complete(int count, long nowNs, LatencyHistogram latency)
    {
        Debug.Assert(count <= Outstanding, "no more replies than requests");
        Outstanding -= count;
        while (count > 0)
        {
            uint slot = _head % BatchesMax;
            int answered = Math.Min(count, _awaited[slot]);
            latency.Record(nowNs - _dueNs[slot], answered);
            count -= answered;
            _awaited[slot] -= answered;
            if (_awaited[slot] == 0)
                _head++;
        }
    }
}
