using System.Runtime.InteropServices;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence;
using FastKv.Engine.Persistence.Aof;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Loading;
using FastKv.Engine.Sharding;
using FastKv.Memory;
using FastKv.Network;
using FastKv.Protocol;

namespace FastKv.Engine;

// Control plane. A server: its partitions and loops, one thread each, the listeners (all on the first loop), start and end.

/// <summary>A running FastKv server.</summary>
public sealed partial class FastKvServer : IDisposable
{
    private readonly ServerConfig _config;
    private readonly TaskCompletionSource<int> _shutdown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Thread> _threads = [];
    private readonly Partition[] _partitions;
    private int _overfullMailboxes;

    /// <summary>Clients that wait in a blocking command and are not being served; changed where that begins and ends, on any thread.</summary>
    internal long BlockedClients;

    /// <summary>Prepares a server; nothing listens before <see cref="Start"/>.</summary>
    /// <param name="config">The configuration, which CONFIG SET changes later on.</param>
    /// <param name="log">Where the server logs.</param>
    /// <param name="clock">Time; the system's when null.</param>
    /// <param name="entropy">Randomness for seeds; the system's when null.</param>
    public FastKvServer(ServerConfig config, ServerLog log, IClock? clock = null, IEntropy? entropy = null)
        : this(config, log, clock, entropy, Persistence.Files.SystemFiles.Instance)
    {
    }

    /// <summary>The same on another file system.</summary>
    internal FastKvServer(ServerConfig config, ServerLog log, IClock? clock, IEntropy? entropy, Persistence.Files.IFileSystem files)
    {
        _config = config;
        Log = log;
        Clock = clock ?? SystemClock.Instance;
        Options = config.Options;
        Loading = new LoadingProgress(Options);
        StartedMs = Clock.UnixMicroseconds / 1000;
        var random = entropy ?? SystemEntropy.Instance;
        RunId = Hexadecimal(random, 20);
        ReplicationId = Hexadecimal(random, 20);
        Monitors = new Monitoring.Monitors(this);
        Slowlog = new Monitoring.CommandLog(Options, Clock, Monitoring.CommandLogType.Slow);
        LargeRequests = new Monitoring.CommandLog(Options, Clock, Monitoring.CommandLogType.LargeRequest);
        LargeReplies = new Monitoring.CommandLog(Options, Clock, Monitoring.CommandLogType.LargeReply);
        Latency = new Monitoring.LatencyMonitor(Options, Clock);
        Watch = new Monitoring.CommandWatch(Options, Slowlog, LargeRequests, LargeReplies, Latency);
        Acl = new Acl.AclUsers(this);
        Clients = new ClientRegistry(this);
        ClientEviction = new ClientEviction(this);
        RenamedCommands = RenamedCommands.Create(Options.RenamedCommands);
        ProtocolLimits.BulkBytesMax = Options.ProtoMaxBulkLen;

        int shards = Math.Clamp(Options.Shards, 1, ShardsMax);
        var routing = new Routing(shards, NextSeed(random));
        var tickets = new TicketCounter(shards);
        _partitions = new Partition[shards];
        for (int i = 0; i < shards; i++)
            _partitions[i] = new Partition(i, routing, Options, Clock, NextSeed(random));
        Trackers = new Tracking.Trackers(_partitions);
        MemoryLimit = new Keyspace.Eviction.MemoryLimit(this);
        Loops = new ShardLoop[shards];
        for (int i = 0; i < shards; i++)
            Loops[i] = new ShardLoop(this, i, _partitions, tickets);
        var mailboxes = Loops.Select(loop => loop.Mailbox).ToArray();
        foreach (var partition in _partitions)
            partition.Channels.Mailboxes = mailboxes;
        Files = files;
        Aof = new AppendOnlyLog(this, Files);
        Statistics = new ServerStatistics(this);
        Listeners = new ServerListeners(this);
        Saving = new Persistence.Snapshots.Saving(this) { Files = files };
        Dataset = new Persistence.Dataset(this, files);
        ConfigurationEffects.Register(this);
        MemoryLimit.Apply();
        ClientEviction.Apply();
    }

    /// <summary>Sets of shards are 64-bit masks.</summary>
    internal const int ShardsMax = 64;

    internal ServerLog Log { get; }

    internal IClock Clock { get; }

    internal ServerConfig Config => _config;

    internal ServerOptions Options { get; }

    internal ClientRegistry Clients { get; }

    internal Acl.AclUsers Acl { get; }

    internal ClientPause Pause { get; } = new();

    internal Keyspace.Eviction.MemoryLimit MemoryLimit { get; }

    /// <summary>Gives what is not needed back to the kernel.</summary>
    internal MemoryUpkeep Upkeep { get; } = new();

    internal ClientEviction ClientEviction { get; }

    internal Monitoring.Monitors Monitors { get; }

    internal Monitoring.CommandLog Slowlog { get; }

    internal Monitoring.CommandLog LargeRequests { get; }

    internal Monitoring.CommandLog LargeReplies { get; }

    internal Monitoring.LatencyMonitor Latency { get; }

    /// <summary>Who is told of commands that take long.</summary>
    internal Monitoring.CommandWatch Watch { get; }

    /// <summary>The clients with CLIENT TRACKING.</summary>
    internal Tracking.Trackers Trackers { get; }

    /// <summary>The gates that hold for every client, present and future.</summary>
    internal ClientGate CommonGate { get; private set; }

    /// <summary>The disk.</summary>
    internal IFileSystem Files { get; }

    /// <summary>The append-only file.</summary>
    internal AppendOnlyLog Aof { get; }

    /// <summary>The keys that are on their way to other servers.</summary>
    internal Migration.Migrations Migrations { get; } = new();

    internal LoadingProgress Loading { get; }

    internal ProtocolLimits ProtocolLimits { get; } = new();

    /// <summary>The names that rename-command lines make; null: there are none.</summary>
    internal RenamedCommands? RenamedCommands { get; }

    internal ShardLoop[] Loops { get; }

    internal Partition[] Partitions => _partitions;

    internal ServerStatistics Statistics { get; }

    internal ServerListeners Listeners { get; }

    /// <summary>When the dataset is saved.</summary>
    internal Persistence.Snapshots.Saving Saving { get; }

    internal long StartedMs { get; }

    /// <summary>Loading it.</summary>
    internal Persistence.Dataset Dataset { get; }

    /// <summary>The end has been decided: what partitions hold stays as it is.</summary>
    internal bool IsEnding { get; private set; }

    /// <summary>40 hexadecimal digits that identify this run (INFO's run_id).</summary>
    internal string RunId { get; }

    /// <summary>INFO's master_replid; DEBUG CHANGE-REPL-ID draws a new one.</summary>
    internal string ReplicationId { get; private set; }

    /// <summary>Whether there is a command of that name (any case): what <c>rename-command</c> may rename.</summary>
    public static bool HasCommand(string name) => CommandTable.Find(System.Text.Encoding.Latin1.GetBytes(name)) is not null;

    /// <summary>Binds the listeners and starts the shards. Throws <see cref="NetworkException"/> when an address cannot be bound.</summary>
    public void Start()
    {
        Upkeep.Start();
        using var started = new CountdownEvent(Loops.Length);
        Exception? failure = null;
        for (int i = 0; i < Loops.Length; i++)
        {
            var loop = Loops[i];
            var thread = new Thread(() => RunShard(loop, started, exception => failure ??= exception), maxStackSize: 1 << 20)
            {
                Name = $"shard-{i}",
                IsBackground = true,
            };
            _threads.Add(thread);
            thread.Start();
        }
        started.Wait();
        if (failure is not null)
        {
            StopLoops();
            throw failure;
        }
    }

    /// <summary>Waits until the server has been asked to end; returns the exit code.</summary>
    public int WaitForShutdown() => _shutdown.Task.GetAwaiter().GetResult();

    /// <summary>Asks for a graceful end; <paramref name="reason"/> is a signal's name, or empty for SHUTDOWN.</summary>
    public void RequestShutdown(string reason)
    {
        if (TryEndLoading())
            return;
        Migrations.Interrupt();
        var flags = reason == "SIGINT" ? Options.ShutdownOnSigint : Options.ShutdownOnSigterm;
        if (!SavesAtEnd(flags) && !Aof.IsStarting)
        {
            Log.Warning("User requested shutdown...");
            _shutdown.TrySetResult(0);
            return;
        }
        RunExclusively(() =>
        {
            if (!TryEnd(flags))
                Log.Warning($"{reason} received but errors trying to shut down the server, check the logs for more information");
        });
    }

    /// <summary>Saves if that is wanted, and asks for the end; the caller has all partitions to itself, and nobody gets them any more.</summary>
    /// <returns>False: saving has failed, and the server goes on.</returns>
    internal bool TryEnd(ShutdownFlags flags)
    {
        if (TryEndLoading())
            return true;
        Log.Warning("User requested shutdown...");
        if (Aof.IsStarting)
        {
            // The file that is named on the disk is older than what clients were told.
            bool isForced = (flags & ShutdownFlags.Force) != 0;
            Log.Warning(isForced ? "Writing initial AOF. Exit anyway." : "Writing initial AOF, can't exit.");
            if (!isForced)
                return false;
        }
        Aof.EndRewrite();
        if (SavesAtEnd(flags))
        {
            Log.Notice("Saving the final RDB snapshot before exiting.");
            if (!Saving.SaveAtEnd() && (flags & ShutdownFlags.Force) == 0)
            {
                Log.Warning("Error trying to save the DB, can't exit.");
                return false;
            }
        }

        // What is written from now on would be acknowledged and lost.
        IsEnding = true;
        Pause.Begin(long.MaxValue, writesOnly: false, Clock.UnixMicroseconds / 1000);
        SetCommonGate(ClientGate.Pause, isOn: true);
        _shutdown.TrySetResult(0);
        return true;
    }

    /// <summary>Runs an action on the first loop's thread while all partitions stand still under a ticket; from any thread.</summary>
    internal void RunExclusively(Action action) => Loops[0].Post(() => Loops[0].RunExclusive(action));

    private bool SavesAtEnd(ShutdownFlags flags) =>
        (flags & ShutdownFlags.Save) != 0 || (Options.SavePoints.Length > 0 && (flags & ShutdownFlags.NoSave) == 0);

    /// <summary>Ends loops and closes everything; throws when a guarded heap finds leaked blocks.</summary>
    public void Dispose()
    {
        _shutdown.TrySetResult(0);
        Migrations.EndHolding();
        StopLoops();
        Migrations.Dispose();
        Saving.GiveUp();
        Aof.Dispose();
        foreach (var loop in Loops)
            loop.Mailbox.Clear();
        foreach (var loop in Loops)
            loop.Dispose();
        if (Options.UnixSocket is { Length: > 0 } path)
            File.Delete(path);
        foreach (var partition in _partitions)
            partition.Dispose();
        foreach (var loop in Loops)
            loop.Messages.Dispose();
        Upkeep.Dispose();
        MemoryLimit.Dispose();
        if (Options.DebugHeap)
            ThrowIfBuffersLeaked();
    }

    /// <summary>Whether some loop is behind with the messages for its clients: no commands are run until it has caught up.</summary>
    internal bool HasOverfullMailbox => Volatile.Read(ref _overfullMailboxes) != 0;

    /// <summary>A mailbox has become overfull (+1), or is so no longer (−1); from any thread.</summary>
    internal void CountOverfullMailbox(int change) => Interlocked.Add(ref _overfullMailboxes, change);

    /// <summary>Draws a new replication id.</summary>
    internal void ChangeReplicationId() => ReplicationId = Hexadecimal(SystemEntropy.Instance, 20);

    /// <summary>What the first loop does <c>hz</c> times a second for the whole server.</summary>
    internal void Tick(long nowMs)
    {
        Statistics.Sample(nowMs);
        if (!Loading.IsOn)
        {
            Aof.Tick();
            Saving.Tick(nowMs);
        }
        MemoryLimit.Tick();
        Migrations.Tick();
        Upkeep.Tick(nowMs);
        if (Pause.UntilMs != 0 && !Pause.IsOn(nowMs))
            EndPause();
    }

    /// <summary>Ends CLIENT PAUSE, by command or because its time is over.</summary>
    internal void EndPause()
    {
        Pause.End();
        ApplyPause();
    }

    /// <summary>Applies the state of CLIENT PAUSE to all clients: at once to those of the calling loop, in their next turn to others.</summary>
    internal void ApplyPause() => OnEachLoop(SetPause);

    /// <summary>Sets or lifts a gate for all clients: at once for those of the calling loop, in their next turn for others.</summary>
    internal void SetCommonGate(ClientGate gate, bool isOn)
    {
        lock (_threads)
            CommonGate = isOn ? CommonGate | gate : CommonGate & ~gate;
        OnEachLoop(loop => SetGate(loop, gate));
    }

    /// <summary>Runs an action on the thread of each loop: at once for the calling one, in the next turn for others.</summary>
    internal void OnEachLoop(Action<ShardLoop> action)
    {
        // Before the server has loops there are no clients.
        foreach (var loop in Loops ?? [])
        {
            if (loop == ShardLoop.Current)
                action(loop);
            else
                loop.Post(() => action(loop));
        }
    }

    /// <summary>Holds the clients of a loop, or lets them go on, as CLIENT PAUSE and the disk want it; on its thread.</summary>
    internal void SetPause(ShardLoop loop)
    {
        // What is in force by now counts, not what was when the action was posted: a later change, made by this loop itself, may have come before it.
        bool isPaused = Pause.UntilMs != 0;
        bool isGated = isPaused || loop.IsPressed;
        foreach (var client in loop.Clients)
        {
            client.Gate = isGated ? client.Gate | ClientGate.Pause : client.Gate & ~ClientGate.Pause;

            // With the pause over, and the disk still to be waited for, reads go on.
            if (isPaused || (isGated && !client.IsHeld))
                continue;
            client.IsHeld = false;
            loop.MarkReady(client);
        }
    }

    private void SetGate(ShardLoop loop, ClientGate gate)
    {
        bool isOn = (CommonGate & gate) != 0;
        foreach (var client in loop.Clients)
            client.Gate = isOn ? client.Gate | gate : client.Gate & ~gate;
    }

    private static ulong NextSeed(IEntropy entropy)
    {
        Span<byte> bytes = stackalloc byte[8];
        entropy.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes);
    }

    private static string Hexadecimal(IEntropy entropy, int bytes)
    {
        var buffer = new byte[bytes];
        entropy.Fill(buffer);
        return Convert.ToHexStringLower(buffer);
    }

    /// <summary>Buffers are counted per process, so this holds in a process with one server: the debug heap is for tests that start one.</summary>
    private static void ThrowIfBuffersLeaked()
    {
        if (NativeBlock.OutstandingBlocks != 0)
            throw new HeapLeakException($"{NativeBlock.OutstandingBlocks} native buffers ({NativeBlock.OutstandingBytes} bytes) are still allocated.");
    }

    private void RunShard(ShardLoop loop, CountdownEvent started, Action<Exception> fail)
    {
        try
        {
            if (Options.PinShards)
                Affinity.PinThread(loop.Index);
            var events = loop.Open((Network.IoEngine)(int)Options.IoEngine);
            events.Warning += Log.Warning;
            if (loop.Index == 0)
                Listeners.Open(events);
        }
        catch (Exception exception) when (exception is NetworkException or InvalidOperationException or IOException)
        {
            fail(exception);
            started.Signal();
            return;
        }
        started.Signal();
        loop.Run();
    }

    private void StopLoops()
    {
        foreach (var loop in Loops)
            loop.Stop();
        foreach (var thread in _threads)
            thread.Join();
        _threads.Clear();
    }
}
