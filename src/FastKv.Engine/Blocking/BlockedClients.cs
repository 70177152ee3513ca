using System.Collections.Concurrent;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Sharding;
using FastKv.Protocol;

namespace FastKv.Engine.Blocking;

// Data plane. The blocked clients of one loop: their waiters, the times at which their waits end, and what comes back from those who served them.

/// <summary>The waits of one loop's clients. Its thread only, but for <see cref="Post"/>.</summary>
internal sealed unsafe class BlockedClients(ShardLoop loop) : IDisposable
{
    /// <summary>A look is never planned further ahead; what lies behind is planned anew then.</summary>
    private const long LookDelayMsMax = 1L << 40;

    private readonly ShardLoop _loop = loop;
    private readonly DeadlineHeap _deadlines = new();
    private readonly Stack<Waiter> _pool = new();

    /// <summary>Every waiter ever made, for the end.</summary>
    private readonly List<Waiter> _all = [];

    /// <summary>Waiters that others have served, or want to be tried again under a ticket.</summary>
    private readonly ConcurrentQueue<Waiter> _posted = new();

    /// <summary>
    /// Taken from <see cref="_posted"/> and not to be dealt with yet: the part that blocked the client is still on its way back, or a ring is full.
    /// </summary>
    private readonly List<Waiter> _deferred = [];

    /// <summary>Loop time at which the next wait ends.</summary>
    public long NextDeadlineUs => _deadlines.NextUs;

    /// <summary>Whether something is to be tried again in a later turn.</summary>
    public bool HasDeferred => _deferred.Count > 0;

    /// <summary>Whether something waits to be taken by <see cref="Run"/>; readable by its thread before it sleeps.</summary>
    public bool HasPosted => !_posted.IsEmpty;

    /// <summary>A waiter for a command that may block.</summary>
    public Waiter Rent()
    {
        if (_pool.TryPop(out var waiter))
            return waiter;
        waiter = new Waiter(_loop);
        _all.Add(waiter);
        return waiter;
    }

    /// <summary>Gives a waiter back whose command has not blocked.</summary>
    public void Return(Waiter waiter)
    {
        waiter.Clear();
        _pool.Push(waiter);
    }

    /// <summary>The client's command has blocked: nothing more of it is run until the wait ends.</summary>
    public void Enter(Client client, Waiter waiter)
    {
        client.Waiter = waiter;
        client.Gate |= ClientGate.Blocked;
        if (waiter.TimeoutMs > 0)
            waiter.DeadlineUs = waiter.TimeoutMs < long.MaxValue / 2000 ? _loop.NowUs + waiter.TimeoutMs * 1000 : long.MaxValue;
        if (waiter.TimeoutMs > 0 || waiter.LookMs != long.MaxValue)
            Schedule(waiter);
    }

    /// <summary>Sends a waiter to this loop; from any thread. The caller wakes the loop.</summary>
    public void Post(Waiter waiter) => _posted.Enqueue(waiter);

    /// <summary>Deals with what came back and with the waits whose time is up.</summary>
    public void Run(long nowUs)
    {
        if (_deferred.Count > 0)
            RunDeferred();
        while (_posted.TryDequeue(out var waiter))
        {
            if (!TryTake(waiter))
                _deferred.Add(waiter);
        }
        while (_deadlines.NextUs <= nowUs)
            Wake(_deadlines.First);
    }

    /// <summary>A blocked client has gone. True: nobody is serving it, it may be forgotten.</summary>
    public bool TryAbandon(Client client)
    {
        var waiter = client.Waiter!;
        if (!waiter.TryCancel(waiter.Number))
        {
            waiter.Migration?.Cancel();
            return false;
        }
        Leave(client, waiter);
        return true;
    }

    /// <summary>A try under a ticket has come to its end.</summary>
    /// <param name="waiter">The waiter.</param>
    /// <param name="isOver">Its reply has been written, or nobody wants it any more.</param>
    public void CompleteRetry(Waiter waiter, bool isOver)
    {
        var client = waiter.Client;
        if (isOver)
        {
            waiter.Finish();
            TakeOver(client, waiter);
        }
        else if (waiter.Migration is null)
        {
            if (waiter.NextLookMs != long.MaxValue)
            {
                waiter.LookMs = waiter.NextLookMs;
                Schedule(waiter);
            }
            if (!waiter.TryResume())
                _deferred.Add(waiter);
        }
    }

    /// <summary>Ends a client's wait as by its timeout, or with an error (CLIENT UNBLOCK); from any thread.</summary>
    /// <returns>The command that was waiting; null: none was.</returns>
    public static CommandDescriptor? TryUnblock(Client client, bool withError)
    {
        var waiter = client.Waiter;
        if (waiter is null)
            return null;

        // The number before the rest: a waiter that has been reused since does not pass both.
        long number = waiter.Number;
        var command = waiter.Command;
        if (waiter.Client != client || !waiter.TryCancel(number))
            return null;
        waiter.IsUnblockedWithError = withError;
        waiter.Origin.PostWaiter(waiter);
        return command;
    }

    /// <summary>The clients whose commands are not over, closed ones among them.</summary>
    public IEnumerable<Client> Clients() => _all.Where(static waiter => waiter.Client is not null).Select(static waiter => waiter.Client);

    public void Dispose()
    {
        foreach (var waiter in _all)
            waiter.Dispose();
    }

    private void RunDeferred()
    {
        for (int i = _deferred.Count - 1; i >= 0; i--)
        {
            if (TryTake(_deferred[i]))
                _deferred.RemoveAt(i);
        }
    }

    /// <summary>Takes a waiter back that others have dealt with; false: not yet.</summary>
    private bool TryTake(Waiter waiter)
    {
        var client = waiter.Client;
        if ((client.Gate & ClientGate.Blocked) == 0)
            return false;
        if (!waiter.IsIdle)
            return !client.InFlight && _loop.TryRetry(waiter);
        TakeOver(client, waiter);
        return true;
    }

    /// <summary>The wait is over: its reply goes out, and the client goes on.</summary>
    private void TakeOver(Client client, Waiter waiter)
    {
        if (!client.IsClosed)
        {
            if (waiter.Replies.Length == 0)
                ReplyUnserved(waiter);
            if (!client.IsReplySuppressed)
                waiter.Replies.MoveTo(client.Connection.Output, waiter.Replies.Length);
        }
        Leave(client, waiter);
        client.EndReplySkip();
        _loop.Continue(client);
    }

    private static void ReplyUnserved(Waiter waiter)
    {
        // The error has been counted by who asked for it.
        var reply = new ReplyWriter(waiter.Replies, waiter.Resp);
        if (waiter.IsUnblockedWithError)
            reply.Error(Errors.Unblocked);
        else if (waiter.KeyCount == 0)
            Commands.Generic.Waiting.ReplyCount(reply, waiter);
        else
            reply.NullArray();
    }

    // The clocks of the loop and of commands are read at different moments: a look comes a millisecond late rather than again and again.
    private void Schedule(Waiter waiter)
    {
        long wakeUs = waiter.DeadlineUs == 0 ? long.MaxValue : waiter.DeadlineUs;
        if (waiter.LookMs != long.MaxValue)
        {
            long delayMs = Math.Clamp(waiter.LookMs - _loop.NowMs, 0, LookDelayMsMax) + 1;
            wakeUs = Math.Min(wakeUs, _loop.NowUs + delayMs * 1000);
        }
        _deadlines.Remove(waiter);
        waiter.WakeUs = wakeUs;
        _deadlines.Add(waiter);
    }

    private void Wake(Waiter waiter)
    {
        _deadlines.Remove(waiter);
        bool isOver = waiter.DeadlineUs != 0 && waiter.DeadlineUs <= _loop.NowUs;
        if (isOver && waiter.TryCancel(waiter.Number))
            TakeOver(waiter.Client, waiter);
        else if (!isOver && waiter.TryClaim(waiter.Number))
            Look(waiter);
        else if (!waiter.IsIdle)
            Delay(waiter);
    }

    // Under a ticket, which sees the keys of all shards.
    private void Look(Waiter waiter)
    {
        waiter.IsLook = true;
        if (!TryTake(waiter))
            _deferred.Add(waiter);
    }

    // Someone is serving it just now: it is either served or tried again in a moment, and then the time is still up.
    private void Delay(Waiter waiter)
    {
        waiter.WakeUs = _loop.NowUs + 1000;
        _deadlines.Add(waiter);
    }

    private void Leave(Client client, Waiter waiter)
    {
        _deadlines.Remove(waiter);
        client.Gate &= ~ClientGate.Blocked;
        client.Waiter = null;
        for (ulong shards = waiter.Shards; shards != 0; shards &= shards - 1)
            _loop.Partitions[System.Numerics.BitOperations.TrailingZeroCount(shards)].Blocked.NoteAbandoned();
        Return(waiter);
    }
}
