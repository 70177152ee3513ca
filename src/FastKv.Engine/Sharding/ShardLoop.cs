using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Network;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane. The loop half of a shard: sockets, clients, timers; only its thread touches it. One turn:
//
//   1 Poll          receive: one shard runs commands at once, several append to the client's input and mark it ready
//   2 completions   messages for its clients (Mailbox), then parts and tickets that came back; their clients become ready
//   3 inbox         what others sent to the own partition: tickets first, then parts          (PartitionRunner)
//   4 ready clients parse, execute, send windows and tickets                                  (CommandPipeline)
//   5 pokes         borrow the partitions of sleeping shards that have work from here; wake loops that got completions
//   6 background    expiry, lazy free, client timeouts: bounded slices; messages that all this has brought
//
// Everything that arrived (1, 2) was taken in before the tickets of 3 are looked at: DESIGN 6, rule 3.

/// <summary>One shard's event loop thread.</summary>
internal sealed partial class ShardLoop : IDisposable
{
    /// <summary>A turn may find this many clients ready before its lists grow.</summary>
    private const int ReadyCapacity = 1024;

    /// <summary>How long a loop that waits for other shards polls before it sleeps, and how long it then sleeps at most.</summary>
    private const long RemoteSpinUs = 100;
    private const long RemoteSleepUs = 1000;

    /// <summary>One look at the rings between two turns of a loop that waits: some 5 µs in all.</summary>
    private const int MessageSpinRounds = 16;
    private const int MessageSpinIterations = 8;

    /// <summary>A step of the system's clock is noticed within this time.</summary>
    private const long ClockSyncPeriodUs = 100_000;

    /// <summary>Batches of others that a loop runs at a stretch on a borrowed partition, so that its own clients are served as well.</summary>
    private const int BorrowRoundsMax = 4;

    [ThreadStatic]
    private static ShardLoop? t_current;

    private readonly FastKvServer _server;
    private readonly TicketCounter _tickets;
    private readonly TicketCoordinator _coordinator;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Queue<Action> _exclusive = new();
    private readonly Queue<Client> _ready = new(ReadyCapacity);
    private readonly List<Client> _retry = new(ReadyCapacity);
    private readonly int[] _outstanding;
    private readonly LoopCron _cron;
    private EventLoop? _events;

    /// <summary>The clients at the front of <see cref="_ready"/> that were ready when <see cref="_batchBound"/> was the highest ticket: they wait for
    /// the tickets up to it, and not for later ones.</summary>
    private int _batchCount;
    private long _batchBound;
    private int _sleeping;
    private int _outstandingTotal;
    private int _watchedShard;
    private long _lastProgressUs;
    private long _nextClockSyncUs;
    private long _unixOffsetUs;
    private bool _isClockStale;
    private volatile bool _stopping;

    public readonly int Index;
    public readonly Partition Partition;
    public readonly Partition[] Partitions;
    public readonly BufferPool Buffers = new();
    public readonly PartitionRunner Runner;
    public readonly CommandPipeline Pipeline;
    public readonly Admission Admission;
    public readonly PartPool Pool;
    public readonly ExclusiveRunner Exclusive;
    public readonly ClientSockets Sockets;

    /// <summary>Those of its clients that wait for a sync of the append-only file.</summary>
    public readonly Blocking.FileWaits FileWaits;

    /// <summary>Those of its clients that wait for keys on their way to another server.</summary>
    public readonly LockedClients Locked;

    /// <summary>Those of its clients whose replies wait for the disk.</summary>
    public readonly CommitGate Commits;
    public readonly IdleSpin Idle;
    public readonly LoopStatistics Statistics;

    /// <summary>Delays and disorder that tests ask for; null otherwise.</summary>
    public readonly RingFaults? Faults;

    /// <summary>The blocks of the messages that this loop's thread makes.</summary>
    public readonly Messages.MessagePool Messages = new();

    /// <summary>The places of its clients.</summary>
    public readonly Messages.ClientSlots Slots;

    /// <summary>What others send to its clients.</summary>
    public readonly Messages.Mailbox Mailbox;

    /// <summary>Where the time of this thread goes.</summary>
    public readonly Monitoring.LoopTimeline Timeline;

    /// <summary>Those of its clients that are blocked.</summary>
    public readonly Blocking.BlockedClients Blocked;

    /// <summary>The clients of this loop; its thread only.</summary>
    public readonly List<Client> Clients = new(64);

    /// <summary>What it does to load the dataset; null: it is loaded.</summary>
    public volatile Persistence.Loading.LoadSlices? Loading;

    /// <summary>Commands of its clients that write wait until the disk has caught up with the journals.</summary>
    public bool IsPressed;

    /// <summary>Monotonic time at the start of the turn, microseconds.</summary>
    public long NowUs;

    /// <summary>Unix time at the start of the turn, milliseconds.</summary>
    public long NowMs;

    public ShardLoop(FastKvServer server, int index, Partition[] partitions, TicketCounter tickets)
    {
        _server = server;
        Index = index;
        Partitions = partitions;
        Partition = partitions[index];
        Statistics = new LoopStatistics(server.Options, CommandTable.All.Length);
        Faults = RingFaults.Create(server.Options, index);
        Timeline = new Monitoring.LoopTimeline(server.Watch);
        Runner = new PartitionRunner(index, tickets, partitions, Statistics.Errors, Faults);
        _tickets = tickets;
        _coordinator = new TicketCoordinator(this, tickets);
        Pool = new PartPool(this, partitions.Length);
        Admission = new Admission(this);
        Exclusive = new ExclusiveRunner(this);
        Slots = new Messages.ClientSlots(index);
        Mailbox = new Messages.Mailbox(this);
        Sockets = new ClientSockets(this, server);
        Commits = new CommitGate(this);
        Locked = new LockedClients(this);
        FileWaits = new Blocking.FileWaits(this);
        Pipeline = new CommandPipeline(this, server.ProtocolLimits, _coordinator);
        _outstanding = new int[partitions.Length];
        Blocked = new Blocking.BlockedClients(this);
        Idle = new IdleSpin(server.Options);
        _cron = new LoopCron(this, server);
        UpdateClock();
    }

    public FastKvServer Server => _server;

    /// <summary>The loop whose thread this is; null: another thread.</summary>
    public static ShardLoop? Current => t_current;

    public bool StrictOrder => _server.Options.PipelineStrictOrder;

    /// <summary>Whether there is no other shard.</summary>
    public bool IsAlone => Partitions.Length == 1;

    /// <summary>The event loop's name (io_uring or epoll), once started.</summary>
    public string EngineName => _events?.EngineName ?? "";

    /// <summary>Bytes sent so far.</summary>
    public long SentBytes => _events?.SentBytes ?? 0;

    /// <summary>Creates the event loop; on the loop's own thread, which io_uring's single-issuer rings require.</summary>
    public EventLoop Open(Network.IoEngine engine)
    {
        _events = Sockets.Open(engine);
        Acquire();
        return _events;
    }

    /// <summary>Runs turns until <see cref="Stop"/>.</summary>
    public void Run()
    {
        t_current = this;
        FastKv.Engine.Messages.MessagePool.OfThread = Messages;
        Timeline.Enter();
        while (!_stopping)
            RunTurn(WaitMicroseconds());
    }

    /// <summary>Ends <see cref="Run"/> after the current turn; from any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        _events?.Wake();
    }

    /// <summary>Runs an action on the loop's thread; from any thread. Control plane.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);

        // Pairs with the fence in WaitMicroseconds: either this thread sees the loop asleep, or the loop sees the action.
        Interlocked.MemoryBarrier();
        WakeIfSleeping();
    }

    /// <summary>
    /// Runs an action that may touch all partitions, at one instant for all of them; on the loop's thread, in this turn or a later one. Control plane.
    /// </summary>
    public void RunExclusive(Action action) => _exclusive.Enqueue(action);

    /// <summary>One turn, waiting at most <paramref name="waitUs"/> (−1: without bound) for the network.</summary>
    public void RunTurn(long waitUs)
    {
        if (waitUs == 0)
            UpdateClock();
        if (_server.Aof.IsOn | IsPressed)
            WatchJournals();
        _isClockStale = waitUs != 0;
        int events = _events!.Poll(waitUs);
        if (waitUs != 0)
        {
            Volatile.Write(ref _sleeping, 0);
            Statistics.Sleeps++;
        }
        RefreshClock();
        Statistics.Turns++;
        Idle.OnPolled(events, waitUs != 0, NowUs);
        if (!_posted.IsEmpty)
            RunPosted();
        DeliverMail();

        if (_exclusive.Count > 0)
            BeginExclusive();
        if (!IsAlone)
        {
            RunShared();
        }
        else
        {
            RunBlocked();
            if (_ready.Count > 0)
                RunReady(_ready.Count);
        }
        if (Commits.IsDue)
            Commits.Run();
        if (FileWaits.IsDue)
            FileWaits.Run();
        _cron.Run(NowUs, hasServed: events > 0);
        if (Loading is { } loading && Partition.IsHeldBy(Index))
            Load(loading);
        if (Partition.IsHeldBy(Index) && Partition.Tracked.HasBroadcasts)
            Partition.Tracked.SendBroadcasts();
        DeliverMail();
    }

    /// <summary>Appends what was posted to the outputs of the clients; where no reply is half written.</summary>
    public void DeliverMail()
    {
        if (!Mailbox.HasPosted)
            return;
        Mailbox.Deliver();
        Timeline.Restart();
    }

    private void Load(Persistence.Loading.LoadSlices loading)
    {
        long start = Stopwatch.GetTimestamp();
        loading.Run();
        Partition.SetClock(NowMs);
        Timeline.EndActivity(start, "loading");
    }

    private void BeginExclusive()
    {
        while (_exclusive.TryPeek(out var action))
        {
            if (IsAlone)
                action();
            else if (!_coordinator.Begin(action))
                break;
            _exclusive.Dequeue();
        }
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out var action))
            action();
        Timeline.Restart();
    }

    /// <summary>Whether one more part or ticket may be sent to <paramref name="shard"/>.</summary>
    public bool CanSend(int shard) => _outstanding[shard] < PartitionInbox.OutstandingMax;

    public void SendPart(Part part)
    {
        Partitions[part.Shard].Inbox.Parts[Index].TryEnqueue(part);
        CountSent(part.Shard);
        Statistics.PartsSent++;
    }

    /// <summary>Tickets are visible at once: a coordinator withdraws its announcement right after.</summary>
    public void SendTicket(Part part)
    {
        var ring = Partitions[part.Shard].Inbox.Tickets[Index];
        ring.TryEnqueue(part);
        ring.Publish();
        CountSent(part.Shard);
    }

    /// <summary>Sends a waiter back that was served, or must be tried under a ticket; from any thread.</summary>
    public void PostWaiter(Blocking.Waiter waiter)
    {
        Blocked.Post(waiter);

        // Pairs with the fence in WaitMicroseconds: either this thread sees the loop asleep, or the loop sees the waiter.
        Interlocked.MemoryBarrier();
        WakeIfSleeping();
    }

    /// <summary>Takes a ticket to try a blocked command again; false: not now.</summary>
    public bool TryRetry(Blocking.Waiter waiter)
    {
        if (!IsAlone)
            return _coordinator.BeginRetry(waiter);
        Exclusive.RunRetry(waiter, shards: 1, ticketNumber: 0);
        return true;
    }

    /// <summary>A client whose wait is over goes on with what it has sent meanwhile.</summary>
    public void Continue(Client client)
    {
        if (client.IsClosed)
        {
            ForgetIfIdle(client);
            return;
        }
        if ((client.Gate & ClientGate.Committing) != 0)
            client.IsHeldAgain = true;
        if (client.Batch is not null || client.Arrived.Length > 0 || client.Input.Length > client.InputCursor)
            MarkReady(client);
        Sockets.Flush(client);
    }

    /// <summary>Marks a client as having input to run.</summary>
    public void MarkReady(Client client)
    {
        if (client.IsReady || client.IsClosed)
            return;
        client.IsReady = true;
        _ready.Enqueue(client);
    }

    /// <summary>Whether CLIENT PAUSE, or the disk, keeps the command from running now; the client is then resumed when that ends.</summary>
    public bool Hold(Client client, CommandDescriptor? command)
    {
        client.IsHeld = _server.Pause.Holds(client, command, NowMs) || (IsPressed && command is not null && ClientPause.MayReplicate(client, command));
        return client.IsHeld;
    }

    /// <summary>Frees everything; after the threads of all loops have ended. Commands in flight stay unanswered.</summary>
    public void Dispose()
    {
        foreach (var client in Clients)
            client.IsClosed = true;
        foreach (var client in Clients.Concat(_ready).Concat(_retry).Concat(Pool.TakeClientsInFlight()).Concat(Locked.Clients).Concat(Blocked.Clients()).Distinct().ToArray())
            Forget(client);
        _events?.Dispose();
        Pipeline.Dispose();
        Pool.Dispose();
        Blocked.Dispose();
        Statistics.Dispose();
        Buffers.Dispose();
    }

    /// <summary>Looks at the own partition's journal and another one's, and holds commands that write while the disk does not keep up.</summary>
    private void WatchJournals()
    {
        _watchedShard = _watchedShard + 1 < Partitions.Length ? _watchedShard + 1 : 0;
        bool isPressed = _server.Aof.Pressure.Look(NowUs, Index, _watchedShard);
        if (isPressed == IsPressed)
            return;
        IsPressed = isPressed;
        _server.SetPause(this);

        // Whoever sleeps would run what comes next before he looks.
        foreach (var loop in _server.Loops)
            loop.Wake();
    }

    private void RunBlocked()
    {
        if (Blocked.HasPosted || Blocked.HasDeferred || Blocked.NextDeadlineUs <= NowUs)
            Blocked.Run(NowUs);
    }

    /// <summary>Steps 2 to 5 of the turn.</summary>
    private void RunShared()
    {
        TakeCompletions();

        // What a part has published stands behind its reply, and before the replies to whatever its client has sent after it.
        DeliverMail();
        RunBlocked();
        Faults?.Pause();
        RunOwn();
        NotifyCompletions();
        for (int shard = 0; shard < _outstanding.Length; shard++)
        {
            if (_outstanding[shard] == 0)
                continue;
            Partitions[shard].Inbox.Parts[Index].Publish();
            if (!Partitions[shard].IsHeld)
                Poke(shard);
        }
    }

    /// <summary>Steps 3 and 4: the own partition, if it is to be had, and the clients that are ready.</summary>
    private void RunOwn()
    {
        foreach (var client in _retry)
            _ready.Enqueue(client);
        _retry.Clear();

        // Clients that a ticket has held up in an earlier turn run as soon as the tickets of their time are done, and before the partition's later
        // tickets: else a steady stream of exclusive tickets, each of which parks the partition, would keep them waiting for ever.
        bool isHeldUp = _batchCount > 0;
        if (!isHeldUp)
            BeginBatch();
        Acquire();
        if (!Partition.IsHeldBy(Index))
        {
            Partition.IsWantedByOwner = _batchCount > 0;
            return;
        }
        Partition.IsWantedByOwner = false;
        if (isHeldUp)
        {
            if (!RunBatch())
                return;
            BeginBatch();
        }
        if (Faults is { TicketsLast: true })
        {
            RunReady(_batchCount);
            _batchCount = 0;
        }
        if (Runner.Run(Partition))
            RunBatch();
    }

    /// <summary>The clients that are ready now have been read before, so no ticket that they can know of is later than the bound.</summary>
    private void BeginBatch()
    {
        _batchCount = _ready.Count;
        _batchBound = _tickets.Issued;
    }

    /// <summary>Runs the batch after its tickets; false: one of them has to wait or has parked the partition.</summary>
    private bool RunBatch()
    {
        if (_batchCount == 0)
            return true;
        if (!Runner.RunTickets(Partition, _batchBound))
            return false;
        RunReady(_batchCount);
        _batchCount = 0;
        return true;
    }

    private void RunReady(int count)
    {
        bool isHeldBack = !IsAlone && _server.HasOverfullMailbox;
        for (; count > 0; count--)
        {
            var client = _ready.Dequeue();
            client.IsReady = false;
            if (client.IsClosed)
            {
                ForgetIfIdle(client);
                continue;
            }
            if ((isHeldBack || !Pipeline.Run(client)) && !client.IsReady)
            {
                // Still ready: it must neither be closed as one that has nothing left to do, nor its object be reused. (One that has called CLIENT UNPAUSE
                // is in the queue again already.)
                client.IsReady = true;
                _retry.Add(client);
            }
            DeliverMail();
            Sockets.ResumeReceive(client);
            Sockets.Flush(client);
        }
    }

    /// <summary>Takes parts and tickets back from all partitions. Their clients run on in step 4, after the tickets of step 3.</summary>
    private void TakeCompletions()
    {
        if (_outstandingTotal == 0)
            return;
        for (int shard = 0; shard < Partitions.Length; shard++)
        {
            if (_outstanding[shard] == 0)
                continue;
            var ring = Partitions[shard].Inbox.Completions[Index];
            while (ring.TryDequeue(out var part))
            {
                _outstanding[shard]--;
                _outstandingTotal--;
                _lastProgressUs = NowUs;
                var client = part.Client;
                bool isDone = part.Ticket is null ? Pipeline.CompletePart(part) : _coordinator.CompletePart(part);
                if (isDone)
                    Release(client);
            }
        }
    }

    /// <summary>What a client had in flight is done: it goes on in this turn or the next, or is forgotten.</summary>
    public void Release(Client client)
    {
        if (client.IsClosed)
        {
            ForgetIfIdle(client);
            return;
        }
        if (client.HeldBytes > 0)
            Mailbox.DeliverHeld(client);
        MarkReady(client);
    }

    private void CountSent(int shard)
    {
        _outstanding[shard]++;
        _outstandingTotal++;
        _lastProgressUs = NowUs;
    }

    /// <summary>Gives a closed client's object back, once neither a part refers to it nor a list of this loop.</summary>
    public void ForgetIfIdle(Client client)
    {
        if (!client.InFlight && !client.IsReady && (client.Gate & ClientGate.Halted) == 0)
            Forget(client);
    }

    private void Forget(Client client)
    {
        _server.Trackers.Remove(client);
        Pipeline.Abandon(client);
        FastKv.Engine.Messages.Mailbox.DropHeld(client);
        PubSub.Subscriptions.Leave(client, Partitions);
        client.Transaction.Release(Partitions);
        _server.Clients.Remove(client);
    }

    /// <summary>A command has kept the loop for long: what comes next reads the clock.</summary>
    public void NoteWait() => _isClockStale = true;

    /// <summary>Commands run inside Poll: the first event after a wait reads the clock, or they would see the time from before it.</summary>
    public void RefreshClock()
    {
        if (_isClockStale)
            UpdateClock();
    }

    private void UpdateClock()
    {
        _isClockStale = false;

        // One clock read per turn: wall time is monotonic time plus an offset, which is looked up again ten times a second.
        NowUs = _server.Clock.MonotonicMicroseconds;
        if (NowUs >= _nextClockSyncUs)
        {
            _nextClockSyncUs = NowUs + ClockSyncPeriodUs;
            _unixOffsetUs = _server.Clock.UnixMicroseconds - NowUs;
        }
        NowMs = (NowUs + _unixOffsetUs) / 1000;
        Timeline.Restart(NowUs * 1000);
        if (IsAlone)
            Partition.SetClock(NowMs);
    }
}
