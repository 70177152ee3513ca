using System.Numerics;
using FastKv.Engine.Keyspace;
using FastKv.Network;

namespace FastKv.Engine.Sharding;

// Data plane. How a loop goes to sleep without missing anything, and how others wake it or do its partition's work meanwhile.
internal sealed partial class ShardLoop
{
    /// <summary>Runs what waits at a partition whose word is free: its owner sleeps, or was kept from it by an exclusive ticket. Nothing when it is held,
    /// or its owner waits for it. Work that is left all the same (a ticket that cannot run yet, a word that was taken) is found again in a later
    /// turn: its senders look for it in each, and sleep 1 ms at most.</summary>
    public void Poke(int shard)
    {
        var partition = Partitions[shard];

        // Pairs with the fence in WaitMicroseconds: the owner, going to sleep, sees the work, or this loop sees the word free.
        Interlocked.MemoryBarrier();
        for (int round = 0; round < BorrowRoundsMax; round++)
        {
            if ((partition.Inbox.IsEmpty && !partition.HasPending) || (partition.IsWantedByOwner && shard != Index) || !partition.TryAcquire(Index))
                break;
            partition.UpdateClock();
            Statistics.Borrows++;
            if (!Runner.Run(partition))
            {
                if (partition.IsHeldBy(Index))
                    GiveUp(partition);
                break;
            }
            GiveUp(partition);
            Interlocked.MemoryBarrier();
        }
        NotifyCompletions();
    }

    /// <summary>Lets the loop look at what it waits for; from any thread.</summary>
    public void Wake()
    {
        // Pairs with the fence in WaitMicroseconds: either this thread sees the loop asleep, or the loop sees what was written before.
        Interlocked.MemoryBarrier();
        WakeIfSleeping();
    }

    /// <summary>Wakes the loop if it sleeps; from any thread, after a fence that follows what it is to see.</summary>
    public void WakeIfSleeping()
    {
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            _events?.Wake();
    }

    /// <summary>Publishes nothing itself: wakes the loops that got completions and sleep.</summary>
    private void NotifyCompletions()
    {
        ulong targets = Runner.TakeCompletionTargets();
        targets &= ~(1UL << Index);
        if (targets == 0)
            return;

        // Pairs with the fence in WaitMicroseconds: either the loop sees its completions, or it is seen asleep.
        Interlocked.MemoryBarrier();
        for (; targets != 0; targets &= targets - 1)
            _server.Loops[BitOperations.TrailingZeroCount(targets)].WakeIfSleeping();
    }

    /// <summary>How long the next poll may wait; gives the partition up before a wait.</summary>
    private long WaitMicroseconds()
    {
        // What follows is mostly the kernel's work; meanwhile whoever has work for this partition may do it.
        if (!IsAlone && Partition.IsHeldBy(Index))
            GiveUp(Partition);
        if (_ready.Count > 0 || _retry.Count > 0 || _exclusive.Count > 0 || !_posted.IsEmpty || Blocked.HasPosted || Mailbox.HasPosted || Commits.IsDue
            || FileWaits.IsDue || Loading is { HasWork: true })
        {
            // A transaction that waits for another server keeps its partitions for long: it is not to be waited for by spinning.
            if (_batchCount > 0 && _server.Migrations.IsHolding)
                return RemoteSleepUs;

            // Clients that wait for another thread (one that holds the partition, or empties a ring) need that one to have a core.
            if (_batchCount > 0 || _retry.Count > 0 || Loading is not null)
                Thread.Yield();
            return 0;
        }
        long wait = Math.Min(_cron.WaitMicroseconds(NowUs), Math.Max(0, Blocked.NextDeadlineUs - NowUs));
        if (Blocked.HasDeferred || IsPressed)
            wait = Math.Min(wait, RemoteSleepUs);
        if (_server.Aof.IsOn)
            wait = Math.Min(wait, _server.Aof.Pressure.UsUntilLate(NowUs));
        if (wait == 0 || Idle.ShouldSpin(NowUs))
            return 0;
        if (_outstandingTotal > 0)
        {
            if (NowUs - _lastProgressUs < RemoteSpinUs)
            {
                if (!SpinForMessages())
                    Thread.Yield();
                return 0;
            }
            wait = Math.Min(wait, RemoteSleepUs);
        }
        Volatile.Write(ref _sleeping, 1);

        // The other half of Poke, Post, NotifyCompletions and Mailbox.Post: sleep is announced first, then the queues are looked at once more.
        Interlocked.MemoryBarrier();
        if (!_posted.IsEmpty || Blocked.HasPosted || Mailbox.HasPosted || Commits.IsDue || FileWaits.IsDue || Loading is { HasWork: true }
            || (!IsAlone && HasSharedWork()))
        {
            Volatile.Write(ref _sleeping, 0);
            return 0;
        }
        return wait;
    }

    /// <summary>Watches the rings for some microseconds: cheaper than a turn for each look, and the network's events gather meanwhile.</summary>
    private bool SpinForMessages()
    {
        for (int i = 0; i < MessageSpinRounds; i++)
        {
            if (!Partition.Inbox.IsEmpty || HasCompletions() || Mailbox.HasPosted)
                return true;
            Thread.SpinWait(MessageSpinIterations);
        }
        return false;
    }

    private bool HasSharedWork() => ((!Partition.Inbox.IsEmpty || Partition.HasPending) && !Partition.IsHeld) || HasCompletions();

    private bool HasCompletions()
    {
        for (int shard = 0; _outstandingTotal > 0 && shard < Partitions.Length; shard++)
        {
            if (!Partitions[shard].Inbox.Completions[Index].IsEmpty)
                return true;
        }
        return false;
    }

    private void Acquire()
    {
        if (!Partition.IsHeldBy(Index) && !Partition.TryAcquire(Index))
            return;
        Partition.SetClock(NowMs);
    }

    private void GiveUp(Partition partition)
    {
        if (partition.Tracked.HasBroadcasts)
            partition.Tracked.SendBroadcasts();
        partition.Release(Index);
    }
}
