using System.Diagnostics;
using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Sharding;

// Data plane. What a loop does besides answering: expiry and lazy free in slices, client timeouts, the stall watchdog. Each item has a bound, so
// that a turn stays short.

/// <summary>The timers of one loop.</summary>
internal sealed class LoopCron(ShardLoop loop, FastKvServer server)
{
    /// <summary>Clients looked at per tick for timeouts, at least; all of them within a second.</summary>
    private const int ClientsPerTickMin = 16;

    /// <summary>How soon the slices of a partition that could not be had are tried again.</summary>
    private const long RetryUs = 1000;

    // Slices of a snapshot: while there is service, a quarter of the time that it took; else short enough that who comes meanwhile hardly notices.
    private const long SnapshotMinUs = 20;
    private const long SnapshotIdleUs = 50;
    private const long SnapshotMaxUs = 250;

    /// <summary>How soon a snapshot goes on that waits for the disk.</summary>
    private const long SnapshotRetryUs = 500;

    private readonly ShardLoop _loop = loop;
    private readonly FastKvServer _server = server;
    private long _snapshotEndedUs;
    private long _snapshotWaitUs;
    private long _nextTickUs;
    private long _nextSliceUs;
    private long _turnStartedUs;
    private int _clientCursor;

    private long TickUs => 1_000_000 / Math.Max(1, _server.Options.Hz);

    /// <summary>Runs what is due.</summary>
    /// <param name="nowUs">The turn's time.</param>
    /// <param name="hasServed">Whether the turn had anything to do for clients.</param>
    public void Run(long nowUs, bool hasServed)
    {
        if (_loop.Partition.Snapshot.IsActive)
            RunSnapshot(hasServed);
        if (nowUs >= _nextSliceUs)
        {
            // A partition that is parked or borrowed gets its slice a little later.
            if (_loop.Partition.IsHeldBy(_loop.Index))
                RunSlices(nowUs);
            else
                _nextSliceUs = nowUs + RetryUs;
        }
        if (nowUs >= _nextTickUs)
        {
            _nextTickUs = nowUs + TickUs;
            SweepClients();
            _loop.Messages.Trim();
            if (_loop.Index == 0)
                _server.Tick(_loop.NowMs);
        }
        WatchStall(nowUs);
    }

    /// <summary>Microseconds until something is due.</summary>
    public long WaitMicroseconds(long nowUs)
    {
        long wait = Math.Max(0, Math.Min(_nextTickUs, _nextSliceUs) - nowUs);
        return _loop.Partition.Snapshot.IsActive ? Math.Min(wait, _snapshotWaitUs) : wait;
    }

    /// <summary>
    /// A slice in every turn rather than a long one now and then: all requests take a little longer, none takes much longer. A loop without requests gives the
    /// snapshot all its time.
    /// </summary>
    private void RunSnapshot(bool hasServed)
    {
        var partition = _loop.Partition;
        if (!partition.IsHeldBy(_loop.Index))
        {
            _snapshotWaitUs = RetryUs;
            return;
        }
        long startNs = Stopwatch.GetTimestamp();
        long budgetUs = hasServed ? Math.Clamp((_server.Clock.MonotonicMicroseconds - _snapshotEndedUs) / 4, SnapshotMinUs, SnapshotMaxUs) : SnapshotIdleUs;
        partition.Snapshot.RunSlice(_server.Clock, budgetUs);
        _snapshotWaitUs = partition.Snapshot.WaitsForDisk ? SnapshotRetryUs : 0;
        _snapshotEndedUs = _server.Clock.MonotonicMicroseconds;
        _loop.Timeline.EndActivity(startNs, "snapshot");
    }

    private void RunSlices(long nowUs)
    {
        var partition = _loop.Partition;
        var timeline = _loop.Timeline;
        long startNs = Stopwatch.GetTimestamp();
        partition.Channels.ReadDepartures();
        bool isMore = partition.LazyFree.RunSlice(_server.Clock, partition.ActiveExpiry.SliceUs);
        startNs += timeline.EndActivity(startNs, "lazy free");
        if (partition.IsLoading)
        {
            _nextSliceUs = nowUs + TickUs;
            return;
        }
        if (!_server.Pause.IsOn(_loop.NowMs) && !_loop.IsPressed)
            isMore |= partition.ActiveExpiry.RunSlice(_server.Clock, nowUs);
        long expiryNs = timeline.EndActivity(startNs, "expiry");
        _loop.Statistics.ExpireCycleNs += expiryNs;
        _server.Latency.Add(Monitoring.LatencyMonitor.ExpireCycle, expiryNs / 1_000_000);
        isMore |= partition.Evictor.RunSlice(partition.ActiveExpiry.SliceUs);
        timeline.EndActivity(startNs + expiryNs, "eviction");

        // A slice of work, then three of service: at most a quarter of the core goes to the background, as in Redis.
        _nextSliceUs = isMore ? nowUs + 4 * partition.ActiveExpiry.SliceUs : nowUs + TickUs;
    }

    private void SweepClients()
    {
        var clients = _loop.Clients;
        int count = Math.Min(clients.Count, Math.Max(ClientsPerTickMin, clients.Count / Math.Max(1, _server.Options.Hz)));
        for (; count > 0 && clients.Count > 0; count--)
        {
            if (_clientCursor >= clients.Count)
                _clientCursor = 0;
            var client = clients[_clientCursor++];
            _loop.Statistics.Recent.Note(client.Input.Capacity + client.Arrived.Capacity, client.OutputPeakBytes, _loop.NowMs);
            client.OutputPeakBytes = client.Connection.Output.Length;
            if (_server.ClientEviction.IsOn)
                _server.ClientEviction.Update(client);
            int timeout = _server.Options.TimeoutSeconds;
            const ClientGate waiting = ClientGate.Pause | ClientGate.Blocked | ClientGate.IsMonitor;
            bool mayTimeOut = timeout > 0 && !client.InFlight && client.OutputClass == OutputClass.Normal && (client.Gate & waiting) == 0;
            if (mayTimeOut && _loop.NowMs - client.LastInteractionMs > timeout * 1000L)
            {
                _server.Log.Verbose("Closing idle client");
                _loop.Sockets.Kill(client);
            }
            else if (OutputLimits.IsExceeded(client, _server.Options, _loop.NowMs))
            {
                _loop.Sockets.Flush(client);
            }
        }
    }

    private void WatchStall(long nowUs)
    {
        long endUs = _server.Clock.MonotonicMicroseconds;
        _loop.Statistics.TurnUs += endUs - nowUs;
        int limitMs = _server.Options.StallWatchdogMs;
        if (limitMs == 0)
            return;
        if (endUs - nowUs > _loop.Statistics.LongestTurnUs && _turnStartedUs != 0)
            _loop.Statistics.LongestTurnUs = endUs - nowUs;
        string? worst = _loop.Timeline.TakeWorst(out long worstNs);
        if (endUs - nowUs > limitMs * 1000L && _turnStartedUs != 0)
        {
            _loop.Statistics.Stalls++;
            string cause = worst is null ? "no single command took long" : $"{worstNs / 1_000_000} of them in {worst}";
            _server.Log.Warning($"Shard {_loop.Index} spent {(endUs - nowUs) / 1000} ms in one turn, {cause}");
        }
        _turnStartedUs = nowUs;
    }
}
