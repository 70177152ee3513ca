using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Generic;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane. Commands that span partitions (DESIGN 6). Scatter: each shard runs its share when the ticket's turn comes, replies are
// merged here. Exclusive: each shard parks when the ticket's turn comes; when all have, this loop runs the command on all of them.

/// <summary>Coordinates the tickets of one loop's clients.</summary>
internal sealed unsafe class TicketCoordinator(ShardLoop loop, TicketCounter counter)
{
    private readonly ShardLoop _loop = loop;
    private readonly TicketCounter _counter = counter;
    private readonly Partition[] _partitions = loop.Partitions;
    private readonly Stack<Ticket> _pool = new();
    private readonly BufferChain _discard = new(loop.Buffers);

    /// <summary>Takes a ticket for slot <paramref name="slot"/> and enqueues it to every shard involved.</summary>
    /// <returns>False: some ring is full; nothing was done.</returns>
    public bool Begin(Client client, CommandBatch batch, int slot, Blocking.Waiter? waiter = null, ulong shards = 0)
    {
        ref var command = ref batch.Slots[slot];
        var descriptor = command.Command!;
        if (shards == 0)
            shards = CommandRules.ShardsOf(descriptor, batch.Arguments.Items + command.First, command.Count, _loop.Partition.Routing);
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            if ((shards >> shard & 1) != 0 && !_loop.CanSend(shard))
                return false;
        }

        if (!_pool.TryPop(out var ticket))
            ticket = new Ticket(_partitions.Length);
        ticket.Client = client;
        ticket.Batch = batch;
        ticket.Slot = slot;
        ticket.Waiter = waiter;
        ticket.Shards = shards;
        ticket.IsExclusive = descriptor.Merge == PartMerge.None || Flushing.IsExclusive(descriptor);
        ticket.Outstanding = System.Numerics.BitOperations.PopCount(shards);
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            if ((shards >> shard & 1) == 0)
                continue;
            var part = _loop.Pool.Rent(client, batch, shard);
            part.Ticket = ticket;
            part.FirstSlot = slot;
            part.Count = 1;
            ticket.Parts[shard] = part;
        }
        command.NextInPart = -1;
        client.LastCommand = descriptor;
        if (waiter is null && (descriptor.Flags & CommandFlags.Suspends) != 0)
            _loop.Server.Migrations.Announce();
        Send(ticket);
        return true;
    }

    private void Send(Ticket ticket)
    {
        ticket.Number = _counter.Take(_loop.Index);

        // Shares cannot wait for a locked key each by itself. Who took a later number than a migration sees here that there is one.
        if (!ticket.IsExclusive && _loop.Server.Migrations.Announced != 0)
            ticket.IsExclusive = ticket.Batch.Slots[ticket.Slot].Command is { Route: CommandRoute.Keys } or { Name: "swapdb" };
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            if (ticket.Parts[shard] is { } part)
            {
                _loop.Faults?.Pause();
                _loop.SendTicket(part);
            }
        }
        _counter.Withdraw(_loop.Index);
        _loop.Statistics.Tickets++;
    }

    /// <summary>Takes an exclusive ticket over all partitions for something of the server's own.</summary>
    /// <returns>False: some ring is full; nothing was done.</returns>
    public bool Begin(Action action)
    {
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            if (!_loop.CanSend(shard))
                return false;
        }
        if (!_pool.TryPop(out var ticket))
            ticket = new Ticket(_partitions.Length);
        ticket.Action = action;
        ticket.Shards = _partitions.Length == 64 ? ulong.MaxValue : (1UL << _partitions.Length) - 1;
        ticket.IsExclusive = true;
        ticket.Outstanding = _partitions.Length;
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            var part = ticket.Parts[shard] = _loop.Pool.Rent(shard);
            part.Ticket = ticket;
        }
        Send(ticket);
        return true;
    }

    /// <summary>Takes a ticket to try a blocked command again.</summary>
    /// <returns>False: some ring is full; nothing was done.</returns>
    public bool BeginRetry(Blocking.Waiter waiter)
    {
        var batch = _loop.Pool.RentBatch();
        batch.Arguments.EnsureFree(waiter.Count);
        for (int i = 0; i < waiter.Count; i++)
            batch.Arguments.Items[batch.Arguments.Count++] = waiter.Arguments[i];
        ref var slot = ref batch.Slots[0];
        slot = default;
        slot.Command = waiter.Command;
        slot.Count = waiter.Count;
        batch.Count = batch.Next = 1;
        if (Begin(waiter.Client, batch, 0, waiter))
        {
            waiter.Client.InFlight = true;
            return true;
        }
        _loop.Pool.Return(batch);
        return false;
    }

    /// <summary>A part of a ticket has come back: run, or parked.</summary>
    /// <returns>True: the command is complete and replied to; its client may go on.</returns>
    public bool CompletePart(Part part)
    {
        var ticket = part.Ticket!;
        if (--ticket.Outstanding > 0)
            return false;

        if (ticket.IsExclusive)
            RunExclusive(ticket);
        else
            EndScatter(ticket);
        return !ticket.IsSuspended && End(ticket);
    }

    /// <summary>A ticket's command has been run, or is to wait for keys: true: its client may go on.</summary>
    private bool End(Ticket ticket)
    {
        var client = ticket.Client;
        for (int shard = 0; shard < ticket.Parts.Length; shard++)
        {
            if (ticket.Parts[shard] is { } done)
            {
                ticket.Parts[shard] = null;
                _loop.Pool.Return(done);
            }
        }
        var (batch, isRetry) = (ticket.Batch, ticket.Waiter is not null);
        bool isLocked = ticket.IsLocked;
        ticket.IsLocked = false;
        if (!isRetry && ticket.Action is null && (batch.Slots[ticket.Slot].Command!.Flags & CommandFlags.Suspends) != 0 && client.Waiter?.Migration is null)
            _loop.Server.Migrations.Withdraw();
        if (isLocked)
            Hold(ticket);
        ticket.Client = null!;
        ticket.Batch = null!;
        ticket.Waiter = null;
        bool isOwn = ticket.Action is not null;
        ticket.Action = null;
        _pool.Push(ticket);
        if (isOwn)
            return false;
        if (isRetry)
        {
            _loop.Pool.Return(batch);
            client.InFlight = false;
        }
        else if (isLocked)
        {
            client.InFlight = false;
        }
        else
        {
            _loop.Pipeline.CompleteTicket(client);
        }
        return true;
    }

    /// <summary>A ticket whose command was not run is taken again when the keys are free.</summary>
    private void Hold(Ticket ticket)
    {
        if (ticket.Waiter is { } waiter)
        {
            _loop.Locked.Hold(waiter);
            return;
        }
        ticket.Batch.Next--;
        if (!ticket.Client.IsClosed)
            _loop.Locked.Hold(ticket.Client);
    }

    /// <summary>Whether the command of a ticket, whose partitions are all held, has to wait for locked keys.</summary>
    private bool IsLocked(Ticket ticket)
    {
        if (!LockCheck.AnyLocked(_partitions, ticket.Shards) || ticket.Waiter?.Migration is not null)
            return false;
        ref var slot = ref ticket.Batch.Slots[ticket.Slot];
        int database = ticket.Waiter?.DatabaseIndex ?? ticket.Client.Database;
        return LockCheck.IsHeld(
            slot.Command!, ticket.Batch.Arguments.Items + slot.First, slot.Count, database, ticket.Client, _partitions, ticket.Shards);
    }

    private void RunExclusive(Ticket ticket)
    {
        // Every shard involved is parked, so this thread alone touches their partitions. A client that has gone meanwhile
        // still gets its command run: it was accepted.
        long nowMs = 0;
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            if ((ticket.Shards >> shard & 1) == 0)
                continue;
            if (nowMs == 0)
            {
                _partitions[shard].UpdateClock();
                nowMs = _partitions[shard].NowMs;
            }
            _partitions[shard].SetClock(nowMs);
        }
        if (ticket.Action is { } action)
            action();
        else if (ticket.IsLocked = IsLocked(ticket))
            nowMs = 0;
        else if (ticket.Waiter is { } waiter)
            _loop.Exclusive.RunRetry(waiter, ticket.Shards, ticket.Number);
        else
            _loop.Exclusive.Run(ticket);
        if (ticket.IsSuspended)
            Suspend(ticket);
        else
            Unpark(ticket);
    }

    /// <summary>An EXEC waits for its MIGRATE. Its partitions stay parked, so that nobody sees half of it; the loops go on meanwhile.</summary>
    private void Suspend(Ticket ticket) =>
        _loop.Server.Migrations.Start(ticket.Client.Transaction.Migration!, () => _loop.Post(() => Resume(ticket)));

    /// <summary>The other server has answered, or failed to.</summary>
    private void Resume(Ticket ticket)
    {
        _loop.Exclusive.Resume(ticket);
        if (ticket.IsSuspended)
        {
            Suspend(ticket);
            return;
        }
        Unpark(ticket);
        var client = ticket.Client;
        if (End(ticket))
            _loop.Release(client);
    }

    private void Unpark(Ticket ticket)
    {
        // What was saved last must stay as it is: nobody gets the partitions any more.
        if (_loop.Server.IsEnding)
            return;
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            if ((ticket.Shards >> shard & 1) == 0)
                continue;
            if (_partitions[shard].Tracked.HasBroadcasts)
                _partitions[shard].Tracked.SendBroadcasts();
            _partitions[shard].Unpark();
        }

        // All are free before the first is poked: what runs there need not delay the others.
        for (int shard = 0; shard < _partitions.Length; shard++)
        {
            if ((ticket.Shards >> shard & 1) != 0)
                _loop.Poke(shard);
        }
    }

    /// <summary>Counts the call, before its replies are used up, and merges them for a client that is still there.</summary>
    private void EndScatter(Ticket ticket)
    {
        long elapsed = 0;
        foreach (var part in ticket.Parts)
            elapsed += part?.ElapsedNanoseconds ?? 0;
        var error = ReplyMerge.ErrorOf(ticket);
        if (!error.IsEmpty)
            _loop.Statistics.Errors.Note(error);
        _loop.Statistics.Errors.Pending = 0;
        ref var slot = ref ticket.Batch.Slots[ticket.Slot];
        _loop.Statistics.Commands.Count(slot.Command!, elapsed, isFailure: !error.IsEmpty);
        if (elapsed >= _loop.Server.Watch.ThresholdNs)
            _loop.Server.Watch.Tell(ticket.Client, slot.Command!, ticket.Batch.Arguments.Items + slot.First, slot.Count, elapsed);
        if (error.IsEmpty)
            Flushing.NoteDone(_loop.Server, slot.Command!);
        long replyBytes = ticket.Client.IsClosed ? 0 : Merge(ticket);
        long requestBytes = slot.End - ticket.Batch.Arguments.Items[slot.First].Pointer;
        if (Math.Max(requestBytes, replyBytes) >= _loop.Server.Watch.LargeBytes)
            _loop.Server.Watch.NoteSize(ticket.Client, slot.Command!, ticket.Batch.Arguments.Items + slot.First, slot.Count, isReceived: true, replyBytes);
    }

    /// <summary>Merges the replies for the client; their bytes.</summary>
    private long Merge(Ticket ticket)
    {
        var client = ticket.Client;
        bool drop = client.IsReplySuppressed;
        var output = drop ? _discard : client.Connection.Output;
        ref var slot = ref ticket.Batch.Slots[ticket.Slot];
        long before = output.Length;
        ReplyMerge.Merge(ticket, slot.Command!, new ReplyWriter(output, client.Resp), _loop.Partition.Routing);
        long bytes = output.Length - before;
        if (drop)
            _discard.Clear();
        return bytes;
    }
}
