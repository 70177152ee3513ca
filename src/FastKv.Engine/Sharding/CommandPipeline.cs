using System.Numerics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Monitoring;
using FastKv.Engine.Tracking;
using FastKv.Engine.Transactions;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Sharding;

// Data plane. From bytes of input to executed commands: parse and resolve a batch, hash its keys and prefetch, execute.
//
//   one shard:      received bytes ──► RunDirect ──► replies in the connection's output        (no copy, no queue)
//   several shards: received bytes ──► client.Input ──► Run ──► local: at once
//                                                          ├──► single-key, other shards: a window of parts through the rings
//                                                          └──► spanning: a ticket

/// <summary>Parses, routes and executes the commands of one loop's clients.</summary>
internal sealed unsafe partial class CommandPipeline : IDisposable
{
    /// <summary>A batch that moves no more takes some microseconds for that: the clock need not be read at its end.</summary>
    private const long QuietBytesMax = 16 * 1024;

    private readonly ShardLoop _loop;
    private readonly Partition _partition;
    private readonly Partition[] _partitions;
    private readonly Routing _routing;
    private readonly ProtocolLimits _limits;
    private readonly TicketCoordinator _tickets;
    private readonly Admission _admission;
    private readonly RenamedCommands? _renamed;
    private readonly CommandStatistics _statistics;
    private readonly ErrorCounts _errors;
    private readonly CommandBatch _direct;
    private readonly PartPool _pool;
    private readonly BufferChain _discard;
    private readonly LoopTimeline _timeline;

    public CommandPipeline(ShardLoop loop, ProtocolLimits limits, TicketCoordinator tickets)
    {
        _loop = loop;
        _statistics = loop.Statistics.Commands;
        _errors = loop.Statistics.Errors;
        _partition = loop.Partition;
        _partitions = loop.Partitions;
        _routing = loop.Partition.Routing;
        _limits = limits;
        _renamed = loop.Server.RenamedCommands;
        _tickets = tickets;
        _admission = loop.Admission;
        _pool = loop.Pool;
        _timeline = loop.Timeline;
        _direct = new CommandBatch(_partitions.Length);
        _discard = new BufferChain(loop.Buffers);
    }

    /// <summary>Runs what [cursor, end) holds, on the only shard.</summary>
    /// <returns>The first byte that is still needed (an incomplete command's, or of a command that must wait); the parse position is
    /// <paramref name="position"/>.</returns>
    public byte* RunDirect(Client client, byte* cursor, byte* end, out byte* position)
    {
        var batch = _direct;
        while (true)
        {
            batch.Reset();
            if ((client.Gate & ClientGate.Halted) != 0)
            {
                _timeline.EndExtended();
                return position = cursor;
            }
            byte* start = cursor;
            var status = Parse(client, ref cursor, end, batch, CommandBatch.PrefetchDepth);
            Resolve(batch, client);
            int done = Execute(client, batch, 0, batch.Count, isLast: cursor == end || status != ParseStatus.Command);
            if (done < batch.Count)
            {
                // Closing, held or blocked: what follows is not run now; it is parsed again when the client goes on. What comes behind the end of a session
                // is forgotten. (That the first command is held happens behind a batch that ended in CLIENT PAUSE, or because of a locked key.)
                client.Parser.Reset();
                return position = done > 0 ? batch.Slots[done - 1].End : (client.Gate & ClientGate.Closing) != 0 ? end : start;
            }
            if (status == ParseStatus.Error)
            {
                _loop.Sockets.FailProtocol(client);
                position = end;
                return end;
            }
            if (status == ParseStatus.Incomplete)
            {
                position = cursor;
                return client.Parser.IsMidCommand ? client.Parser.RetainFrom : cursor;
            }
        }
    }

    /// <summary>Gives the batch of a client that is going away back to the pool.</summary>
    public void Abandon(Client client)
    {
        if (client.Batch is { } batch)
        {
            client.Batch = null;
            _pool.Return(batch);
        }
    }

    public void Dispose()
    {
        _direct.Dispose();
    }

    private static ParseStatus Parse(Client client, ref byte* cursor, byte* end, CommandBatch batch, int max, ProtocolLimits limits)
    {
        while (batch.Count < max)
        {
            var status = client.Parser.Next(ref cursor, end, batch.Arguments, limits, out int first, out int count);
            if (status != ParseStatus.Command)
                return status;
            ref var slot = ref batch.Slots[batch.Count++];
            slot.First = first;
            slot.Count = count;
            slot.End = cursor;
        }
        return ParseStatus.Command;
    }

    private ParseStatus Parse(Client client, ref byte* cursor, byte* end, CommandBatch batch, int max) =>
        Parse(client, ref cursor, end, batch, max, _limits);

    /// <summary>Finds each slot's command, hashes its first key, decides where it runs, and prefetches the table for local ones.</summary>
    private void Resolve(CommandBatch batch, Client client)
    {
        var database = _partition.Databases[client.Database];
        for (int i = 0; i < batch.Count; i++)
        {
            ref var slot = ref batch.Slots[i];
            var arguments = batch.Arguments.Items + slot.First;
            var command = _renamed is null ? CommandTable.Find(arguments->Pointer, arguments->Length) : _renamed.Find(arguments->Pointer, arguments->Length);
            if (command is not null && (command.Arity != slot.Count || command.Subcommands.Length != 0))
                command = CommandRules.Refine(command, arguments, slot.Count);
            slot.Command = command;
            slot.Hash = 0;
            slot.IsAdmitted = false;
            slot.Refusal = Refusal.None;
            slot.Shard = CommandBatch.Inline;
            if (command is null || command.Route == CommandRoute.Connection)
                continue;
            if (command.Route == CommandRoute.Transaction)
            {
                slot.Shard = CommandBatch.Transaction;
                continue;
            }
            if (command.FirstKey > 0)
                slot.Hash = _routing.Hash(arguments[command.FirstKey].Pointer, arguments[command.FirstKey].Length);
            slot.Shard = _partitions.Length == 1 ? 0 : CommandRules.ShardOf(command, arguments, slot.Count, _routing);
            if (slot.Shard == _partition.Index && slot.Hash != 0)
                database.PrefetchBucket(slot.Hash);
        }

        // Of a single command what comes next is as near as another pass.
        if (batch.Count == 1)
            return;
        ulong displaced = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            if (batch.Slots[i].Shard == _partition.Index && batch.Slots[i].Hash != 0 && database.PrefetchEntry(batch.Slots[i].Hash))
                displaced |= 1UL << i;
        }
        for (; displaced != 0; displaced &= displaced - 1)
            database.PrefetchDisplaced(batch.Slots[BitOperations.TrailingZeroCount(displaced)].Hash);
    }

    /// <summary>A transaction that has ended, perhaps on another thread, opens its client's gate.</summary>
    private static void CloseGate(Client client)
    {
        if ((client.Gate & ClientGate.Multi) != 0 && !client.Transaction.IsOpen)
            client.Gate &= ~ClientGate.Multi;
    }

    /// <summary>A command has run: unless it is CLIENT itself, or queued, what CLIENT CACHING has said is done with.</summary>
    private static void EndCaching(Client client, CommandDescriptor? command)
    {
        if ((client.Gate & (ClientGate.Caching | ClientGate.Multi)) != ClientGate.Caching
            || command?.Name.StartsWith("client", StringComparison.Ordinal) == true)
            return;
        client.Gate &= ~ClientGate.Caching;
        client.Tracker!.IsCachingGiven = false;
    }

    /// <summary>A context for a command of the client, without the command.</summary>
    public CommandContext NewContext(Client client)
    {
        CommandContext context = default;
        context.Partition = _partition;
        context.Partitions = _partitions;
        context.Client = client;
        context.Reply = new ReplyWriter(client.Connection.Output, client.Resp, _errors);
        return context;
    }

    /// <summary>Executes slots [from, to) here; returns the first one not executed (less than <paramref name="to"/>: the client is closing or held).</summary>
    private int Execute(Client client, CommandBatch batch, int from, int to, bool isLast = true)
    {
        if (from == to)
        {
            _timeline.EndExtended();
            return to;
        }
        CommandContext context = NewContext(client);
        var output = context.Reply.Output;
        long before = output.Length;
        _timeline.BeginBatch();
        int done = from;
        bool hasLocks = _partition.Locks.Any;
        for (; done < to; done++)
        {
            if (hasLocks && HoldIfLocked(client, batch, done))
                break;
            if (!ExecuteSlot(client, batch, done, ref context))
                break;
            batch.Slots[done].ReplyEnd = output.Length;
        }
        long movedBytes = MovedBytes(batch, from, to, output.Length - before);
        bool isQuiet = done == to && movedBytes <= QuietBytesMax;
        if (isQuiet && !isLast)
        {
            _timeline.ExtendBatch();
        }
        else if (!(isQuiet && batch.Count == 1 && batch.Slots[from].Command is { IsConstantTime: true } && _timeline.TryJoin()))
        {
            long unexplained = _timeline.EndBatch();
            if (unexplained >= _timeline.Watch.UnexplainedNs)
                Blame(client, batch, from, done, before, unexplained);
        }
        if (movedBytes >= _timeline.Watch.LargeBytes)
            NoteSizes(client, batch, from, done, before);
        if (done == to)
            client.LastCommand = batch.Slots[to - 1].Command ?? client.LastCommand;
        return done;
    }

    /// <summary>Halts the client if its command names a key of this partition that is on its way to another server.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool HoldIfLocked(Client client, CommandBatch batch, int index)
    {
        ref var slot = ref batch.Slots[index];
        if (slot.Command is not { } command || ((client.Gate & ClientGate.Multi) != 0 && Queueing.IsQueued(command)))
            return false;
        if (!LockCheck.IsHeld(command, batch.Arguments.Items + slot.First, slot.Count, client.Database, client, _partitions, 1UL << _partition.Index))
            return false;
        _loop.Locked.Hold(client);
        return true;
    }

    /// <summary>The bytes that slots [from, to) had to read, or to write, whichever is more.</summary>
    private static long MovedBytes(CommandBatch batch, int from, int to, long replyBytes) =>
        Math.Max(batch.Slots[to - 1].End - batch.Arguments.Items[batch.Slots[from].First].Pointer, replyBytes);

    /// <summary>Slots [from, to) took long together, and none of them is known to have.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Blame(Client client, CommandBatch batch, int from, int to, long replyStart, long nanoseconds)
    {
        Suspect suspect = default;
        for (int i = from; i < to; i++)
        {
            ref var slot = ref batch.Slots[i];
            suspect.Consider(_timeline, slot.Command, batch.Arguments.Items + slot.First, slot.Count, slot.ReplyEnd - replyStart);
            replyStart = slot.ReplyEnd;
        }
        suspect.Note(_timeline, client, nanoseconds);
    }

    /// <summary>Notes those of slots [from, to) that were large, or have large replies.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteSizes(Client client, CommandBatch batch, int from, int to, long replyStart)
    {
        // Whoever has not said who he is fills no log.
        if ((client.Gate & ClientGate.Unauthenticated) != 0)
            return;
        for (int i = from; i < to; i++)
        {
            ref var slot = ref batch.Slots[i];
            if (slot.Command is { } command)
                _timeline.Watch.NoteSize(client, command, batch.Arguments.Items + slot.First, slot.Count, isReceived: true, slot.ReplyEnd - replyStart);
            replyStart = slot.ReplyEnd;
        }
    }

    private bool ExecuteSlot(Client client, CommandBatch batch, int index, ref CommandContext context)
    {
        ref var slot = ref batch.Slots[index];
        context.Arguments = batch.Arguments.Items + slot.First;
        context.Count = slot.Count;
        var command = slot.Command;
        if (command is null || (client.Gate != ClientGate.Open && !PassesAtOnce(client, command, ref slot, context.Arguments)))
            return ExecuteGated(client, ref slot, ref context);
        context.Command = command;
        context.DatabaseIndex = client.Database;
        context.FirstKeyHash = slot.Hash;
        _statistics.Run(command, ref context);
        if (_partition.HasReadyKeys)
            _loop.Runner.ServeWaiters(_partition);
        return true;
    }

    /// <summary>
    /// Nothing concerns the client but the permissions of its user, which permit the command, and the memory limit, which the server is below. Whoever does
    /// not pass here is asked for everything, in Redis's order.
    /// </summary>
    private bool PassesAtOnce(Client client, CommandDescriptor command, ref CommandSlot slot, Argument* arguments)
    {
        var gate = client.Gate;
        if ((gate & ~(ClientGate.Restricted | ClientGate.MemoryLimit)) != 0)
            return false;
        if ((gate & ClientGate.Restricted) != 0 && !slot.IsAdmitted
            && ((command.Flags & CommandFlags.Admin) != 0 || !client.Acl.Permits(command, arguments, slot.Count)))
        {
            return false;
        }
        return (gate & ClientGate.MemoryLimit) == 0 || _partition.Evictor.Relieve() == Keyspace.Eviction.Relief.Below;
    }

    /// <summary>The rare paths before execution: rejected commands, missing authentication, suppressed replies, pause, closing.</summary>
    private bool ExecuteGated(Client client, ref CommandSlot slot, ref CommandContext context)
    {
        if ((client.Gate & ClientGate.Closing) != 0)
            return false;
        if ((client.Gate & ClientGate.Halted) != 0)
            return false;
        if ((client.Gate & ClientGate.Pause) != 0 && IsHeld(client, ref slot, context.Arguments))
            return false;

        client.BeginReplySkip();
        bool suppress = client.IsReplySuppressed;
        if (suppress)
            context.Reply.Output = _discard;
        var known = slot.Command;
        if (known is not { } command)
        {
            known = CommandRules.Reject(ref context);
            if (known is not null)
                _statistics.Reject(known);
            _errors.Pending = 0;
            client.Transaction.IsAborted |= client.Transaction.IsOpen;
            CloseGate(client);
        }
        else if (!slot.IsAdmitted && RefusalOf(client, ref slot, command, ref context) is var refusal && refusal != Refusal.None)
        {
            _admission.Refuse(refusal, command, ref context);
        }
        else if ((client.Gate & ClientGate.Multi) != 0 && Queueing.IsQueued(command))
        {
            Queueing.Add(client, command, ref context);
        }
        else
        {
            context.Command = command;
            context.DatabaseIndex = client.Database;
            context.FirstKeyHash = slot.Hash;
            _partition.IsTouchOff = client.NoTouch;
            _partition.Tracked.Actor = client.Tracker;
            _partition.IsFrozen = (client.Gate & ClientGate.Pause) != 0 && !ClientPause.Writes(client, command);
            _statistics.Run(command, ref context);
            _partition.IsTouchOff = false;
            _partition.IsFrozen = false;
            if ((client.Gate & ClientGate.Tracking) != 0)
                TrackedKeys.NoteRead(ref context);
            if ((client.Gate & ClientGate.Monitored) != 0)
                _loop.Server.Monitors.Feed(client, ref context, isWithinExec: false);
            CloseGate(client);
            if (_partition.HasReadyKeys)
                _loop.Runner.ServeWaiters(_partition);
            _partition.Tracked.Actor = null;
        }
        EndCaching(client, known);

        if (suppress)
        {
            _discard.Clear();
            context.Reply.Output = client.Connection.Output;
        }
        if ((client.Gate & ClientGate.Listening) != 0)
            _loop.DeliverMail();
        client.EndReplySkip();
        return true;
    }

    /// <summary>Whether the client may run the command of a slot; one that cannot be resolved has its reply in any case.</summary>
    private bool Admit(Client client, CommandBatch batch, int index)
    {
        ref var slot = ref batch.Slots[index];
        if (slot.IsAdmitted || slot.Command is not { } command)
            return slot.IsAdmitted;
        var refusal = _admission.Check(client, command, batch.Arguments.Items + slot.First, slot.Count);
        slot.IsAdmitted = refusal == Refusal.None;

        // The next to be run: its reply is written at once. One after it is asked for again, for what comes before it may change the answer.
        if (index == batch.Next)
            slot.Refusal = refusal;
        return slot.IsAdmitted;
    }

    /// <summary>Whether CLIENT PAUSE holds a command; one that is refused is not held, but refused at once.</summary>
    private bool IsHeld(Client client, ref CommandSlot slot, Argument* arguments) => _loop.Hold(client, slot.Command)
        && (client.IsHeld = slot.IsAdmitted || _admission.Check(client, slot.Command!, arguments, slot.Count) == Refusal.None);

    /// <summary>What forbids a command: as it was decided when its turn came, for memory may be free by now, and the command would run where it does not
    /// belong.</summary>
    private Refusal RefusalOf(Client client, ref CommandSlot slot, CommandDescriptor command, ref CommandContext context) =>
        slot.Refusal != Refusal.None ? slot.Refusal : _admission.Check(client, command, context.Arguments, context.Count);

    /// <summary>Shows those who monitor a command that is about to be sent.</summary>
    private void Show(Client client, CommandBatch batch, int index)
    {
        ref var slot = ref batch.Slots[index];
        CommandContext context = NewContext(client);
        context.Command = slot.Command!;
        context.Arguments = batch.Arguments.Items + slot.First;
        context.Count = slot.Count;
        context.DatabaseIndex = client.Database;
        _loop.Server.Monitors.Feed(client, ref context, isWithinExec: false);
    }
}
