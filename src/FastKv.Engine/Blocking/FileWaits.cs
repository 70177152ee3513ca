using FastKv.Engine.Commands.Generic;
using FastKv.Engine.Persistence.Aof;
using FastKv.Engine.Sharding;
using FastKv.Protocol;

namespace FastKv.Engine.Blocking;

// Data plane. Clients that wait until what was written is on the disk (WAITAOF 1). Each has a mark, which the writer of the append-only file moves past when
// all that was published before it is synced: by its own rule (appendfsync), for nobody is made to sync more often by being waited for. Marks of one loop
// ascend, so its clients stand in a queue. A wait that ends otherwise (timeout, CLIENT UNBLOCK) leaves its place behind.

/// <summary>The clients of one loop that wait for a sync. Its thread only, but for <see cref="IsWaiting"/>.</summary>
internal sealed class FileWaits(ShardLoop loop)
{
    private const int SweepMin = 64;

    private readonly ShardLoop _loop = loop;
    private readonly Queue<(Waiter Waiter, long Number)> _waits = new();
    private int _sweepAt = SweepMin;

    /// <summary>Some clients may wait; any thread.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>The first of them need not wait any longer.</summary>
    public bool IsDue => IsWaiting && (!Log.IsOn || Log.Writer.Synced >= _waits.Peek().Waiter.Mark || IsOver(_waits.Peek()));

    private AppendOnlyLog Log => _loop.Server.Aof;

    /// <summary>Adds a waiter that has its mark.</summary>
    public void Add(Waiter waiter)
    {
        if (_waits.Count >= _sweepAt)
            Sweep();
        _waits.Enqueue((waiter, waiter.Number));
        IsWaiting = true;
    }

    /// <summary>Serves those whose mark has been passed; without a file, all.</summary>
    public void Run()
    {
        while (_waits.TryPeek(out var wait))
        {
            bool isOff = !Log.IsOn;
            if (!isOff && !IsOver(wait) && Log.Writer.Synced < wait.Waiter.Mark)
                break;
            _waits.Dequeue();
            if (wait.Waiter.TryClaim(wait.Number))
                Serve(wait.Waiter, isOff);
        }
        IsWaiting = _waits.Count > 0;
    }

    private static bool IsOver((Waiter Waiter, long Number) wait) => wait.Waiter.Number != wait.Number || !wait.Waiter.IsWaiting;

    private void Serve(Waiter waiter, bool isOff)
    {
        var reply = new ReplyWriter(waiter.Replies, waiter.Resp, _loop.Statistics.Errors);
        if (isOff)
        {
            reply.Error(Errors.WaitWithoutFile);
            _loop.Statistics.Errors.Pending = 0;
            _loop.Statistics.Commands.CountFailure(waiter.Command);
        }
        else
        {
            Waiting.ReplyCount(reply, waiter.Command, local: 1);
        }
        waiter.Finish();
        _loop.Blocked.Post(waiter);
    }

    /// <summary>Drops the places of waits that are over. O(places), each time they have doubled: O(1) amortised.</summary>
    private void Sweep()
    {
        for (int i = _waits.Count; i > 0; i--)
        {
            var wait = _waits.Dequeue();
            if (!IsOver(wait))
                _waits.Enqueue(wait);
        }
        _sweepAt = Math.Max(SweepMin, 2 * _waits.Count);
    }
}
