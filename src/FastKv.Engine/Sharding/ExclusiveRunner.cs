using System.Numerics;
using FastKv.Engine.Blocking;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Generic;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Engine.Tracking;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Sharding;

/// <summary>
/// Runs commands on several partitions that are all parked for this loop: those of exclusive tickets, and what is meant for whole partitions within EXEC.
/// Data plane.
/// </summary>
internal sealed unsafe class ExclusiveRunner(ShardLoop loop)
{
    private readonly ShardLoop _loop = loop;
    private readonly Partition[] _partitions = loop.Partitions;
    private readonly CommandStatistics _statistics = loop.Statistics.Commands;
    private readonly ErrorCounts _errors = loop.Statistics.Errors;
    private readonly BufferChain _discard = new(loop.Buffers);

    /// <summary>Tries a blocked command again whose keys lie on partitions that are all parked for this loop.</summary>
    /// <param name="waiter">The command.</param>
    /// <param name="shards">The partitions that are parked, one bit each.</param>
    /// <param name="ticketNumber">The number of the ticket; 0: there is one shard only.</param>
    public void RunRetry(Waiter waiter, ulong shards, long ticketNumber)
    {
        CommandContext context = _loop.Pipeline.NewContext(waiter.Client);
        context.Partition = _partitions[BitOperations.TrailingZeroCount(shards)];
        context.Shards = shards;
        context.TicketNumber = ticketNumber;
        context.Waiter = waiter;
        context.IsRetry = true;
        context.Reply = new ReplyWriter(waiter.Replies, waiter.Resp, _errors);
        context.Command = waiter.Command;
        context.Arguments = waiter.Arguments;
        context.Count = waiter.Count;
        context.DatabaseIndex = waiter.DatabaseIndex;
        waiter.IsBlockedAgain = false;
        if (!waiter.Client.IsClosed || waiter.Migration is not null)
        {
            SetTouchOff(shards, waiter.NoTouch);
            _statistics.RunAgain(waiter.Command, ref context);
            SetTouchOff(shards, false);
        }

        // Those behind it in the queues have waited for this try: they are served now, or (it has found nothing) passed to without it. A look that finds
        // nothing has kept nobody from anything; or, if it has, the waiter knows that it has missed something, and is tried once more.
        bool isOver = !waiter.IsBlockedAgain;
        if (isOver || !waiter.IsLook)
            SignalKeys(context, waiter, skipTickets: !isOver);
        waiter.IsLook = false;
        _loop.Blocked.CompleteRetry(waiter, isOver);
        ServeWaiters(shards);
    }

    private static void SignalKeys(in CommandContext context, Waiter waiter, bool skipTickets)
    {
        for (int i = waiter.FirstKey; i < waiter.FirstKey + waiter.KeyCount; i++)
        {
            var key = context.Key(i);
            context.Database(key).Partition.Blocked.Signal(waiter.DatabaseIndex, key, skipTickets);
        }
    }

    private void ServeWaiters(ulong shards)
    {
        for (; shards != 0; shards &= shards - 1)
        {
            var partition = _partitions[BitOperations.TrailingZeroCount(shards)];
            if (partition.HasReadyKeys)
                _loop.Runner.ServeWaiters(partition);
        }
    }

    /// <summary>Executes the spanning command of an exclusive ticket, whose partitions are all parked for this loop.</summary>
    public void Run(Ticket ticket)
    {
        var client = ticket.Client;
        ticket.DropsReply = client.IsClosed || client.IsReplySuppressed;
        CommandContext context = ContextOf(ticket);
        Relieve(ticket.Shards);
        SetTouchOff(ticket.Shards, client.NoTouch);
        SetActor(ticket.Shards, client.Tracker);
        SetFrozen(ticket.Shards, (client.Gate & ClientGate.Pause) != 0 && !ClientPause.Writes(client, context.Command));
        var output = context.Reply.Output;
        long before = output.Length;
        if (context.Command is { Route: CommandRoute.Everywhere, Merge: not PartMerge.None })
            RunEverywhere(ref context);
        else
            _statistics.RunSpanning(context.Command, ref context);
        long requestBytes = ticket.Batch.Slots[ticket.Slot].End - context.Arguments->Pointer;
        if (Math.Max(requestBytes, output.Length - before) >= _loop.Server.Watch.LargeBytes)
            _loop.Server.Watch.NoteSize(client, context.Command, context.Arguments, context.Count, isReceived: true, output.Length - before);
        End(ticket, ref context);
    }

    /// <summary>Goes on with a ticket's EXEC, which has waited for another server.</summary>
    public void Resume(Ticket ticket)
    {
        CommandContext context = ContextOf(ticket);
        context.IsRetry = true;
        _statistics.RunAgain(context.Command, ref context);
        End(ticket, ref context);
    }

    private CommandContext ContextOf(Ticket ticket)
    {
        ref var slot = ref ticket.Batch.Slots[ticket.Slot];
        var client = ticket.Client;
        CommandContext context = _loop.Pipeline.NewContext(client);
        int first = BitOperations.TrailingZeroCount(ticket.Shards);
        context.Partition = _partitions[first];
        context.Command = slot.Command!;
        context.Arguments = ticket.Batch.Arguments.Items + slot.First;
        context.Count = slot.Count;
        context.DatabaseIndex = client.Database;
        context.FirstKeyHash = slot.Hash;
        context.Shards = ticket.Shards;
        context.TicketNumber = ticket.Number;
        if (MaySuspend(ticket))
            context.Reply.Output = ticket.Parts[first]!.Replies;
        else if (ticket.DropsReply)
            context.Reply.Output = _discard;
        return context;
    }

    /// <summary>Whether the replies are collected in a part, so that no half of them is sent, and none is lost with the connection.</summary>
    private static bool MaySuspend(Ticket ticket) => ticket.Batch.Slots[ticket.Slot].Command!.Route == CommandRoute.Transaction
        && (ticket.Client.Transaction.Flags & CommandFlags.Suspends) != 0;

    private void End(Ticket ticket, ref CommandContext context)
    {
        var client = ticket.Client;
        ticket.IsSuspended = client.Transaction.Migration is not null;
        if (ticket.IsSuspended)
            return;
        if ((client.Gate & ClientGate.Tracking) != 0)
            TrackedKeys.NoteRead(ref context);
        SetTouchOff(ticket.Shards, false);
        SetFrozen(ticket.Shards, false);
        ServeWaiters(ticket.Shards);
        SetActor(ticket.Shards, null);
        var output = context.Reply.Output;
        if (ticket.DropsReply || (client.IsClosed && output != client.Connection.Output))
        {
            output.Clear();
        }
        else if (output != client.Connection.Output)
        {
            output.MoveTo(client.Connection.Output, output.Length);
        }
    }

    /// <summary>A command that is usually scattered over all partitions (SWAPDB), and told as one for all.</summary>
    private void RunEverywhere(ref CommandContext context)
    {
        if (context.IsJournaled)
            JournalUnits.BeginTransaction(_partitions, hasFlush: true);
        RunOnPartitions(ref context);
    }

    private void SetFrozen(ulong shards, bool isFrozen)
    {
        for (; shards != 0; shards &= shards - 1)
            _partitions[BitOperations.TrailingZeroCount(shards)].IsFrozen = isFrozen;
    }

    private void Relieve(ulong shards)
    {
        for (; shards != 0; shards &= shards - 1)
        {
            var partition = _partitions[BitOperations.TrailingZeroCount(shards)];
            if (partition.Evictor.IsOn)
                partition.Evictor.Relieve();
        }
    }

    private void SetTouchOff(ulong shards, bool isOff)
    {
        for (; shards != 0; shards &= shards - 1)
            _partitions[BitOperations.TrailingZeroCount(shards)].IsTouchOff = isOff;
    }

    private void SetActor(ulong shards, Tracker? actor)
    {
        for (; shards != 0; shards &= shards - 1)
            _partitions[BitOperations.TrailingZeroCount(shards)].Tracked.Actor = actor;
    }

    /// <summary>Runs a command of a transaction that concerns whole partitions, all of which are parked for this loop.</summary>
    public void RunOnPartitions(ref CommandContext context)
    {
        var command = context.Command;
        if (command.Route == CommandRoute.Cursor)
            context.Partition = _partitions[ScanCursor.ShardOf(context[1], _partitions.Length)];
        if (command.Route == CommandRoute.Cursor || command.Merge == PartMerge.None)
        {
            _statistics.RunSpanning(command, ref context);
            return;
        }
        var ticket = new Ticket(_partitions.Length);
        var output = context.Reply.Output;

        // As of a scattered call, the error of all shares is counted once.
        var errors = context.Reply.Errors!;
        context.Reply.Errors = null;
        var start = _loop.Timeline.BeginCall(context.Arguments);
        foreach (var partition in _partitions)
        {
            var part = _loop.Pool.Rent(context.Client, null!, partition.Index);
            ticket.Parts[partition.Index] = part;
            context.Partition = partition;
            context.IsPart = true;
            context.Reply.Output = part.Replies;
            command.Handler(ref context);
        }
        context.IsPart = false;
        context.Partition = _partitions[0];
        context.Reply.Output = output;
        context.Reply.Errors = errors;
        var error = ReplyMerge.ErrorOf(ticket);
        if (error.IsEmpty)
            Flushing.NoteDone(_loop.Server, command);
        else
            errors.Note(error);
        long elapsed = _loop.Timeline.EndCall(start, context.Arguments, context.Count);
        _statistics.Count(command, elapsed, isFailure: errors.Pending != 0);
        errors.Pending = 0;
        if (elapsed >= _loop.Server.Watch.ThresholdNs)
            _loop.Server.Watch.Note(context.Client, command, context.Arguments, context.Count, elapsed);
        if (context.IsJournaled)
            JournalUnits.Note(ref context);
        ReplyMerge.Merge(ticket, command, context.Reply, _loop.Partition.Routing);
        foreach (var part in ticket.Parts)
            _loop.Pool.Return(part!);
    }
}
