using FastKv.Engine.Configuration;
using FastKv.Protocol;

namespace FastKv.Engine;

/// <summary>Counters of one partition, written under its ownership word; others read them late but never torn.</summary>
internal sealed class PartitionStatistics(ServerOptions options, int commandCount) : IDisposable
{
    /// <summary>Commands that ran as parts of windows.</summary>
    public readonly CommandStatistics Commands = new(options, commandCount);
    public long PartsRun;
    public long KeyspaceHits;
    public long KeyspaceMisses;
    public long ExpiredKeys;
    public long EvictedKeys;

    /// <summary>Fields of hashes that expired while their hash stayed, or went with the last of them.</summary>
    public long ExpiredFields;
    public long Dirty;

    /// <summary>Compact encodings of RESTORE and of files that were checked element by element.</summary>
    public long CheckedPayloads;

    /// <summary>Slices of the active expiry that ended because their time was up.</summary>
    public long ExpiryTimeCaps;

    /// <summary>Percent of the keys with an expiry that had expired when the active expiry came by: a running average over its sweeps.</summary>
    public double StalePercent;

    /// <summary>Back to zero (CONFIG RESETSTAT).</summary>
    public void Reset()
    {
        Commands.Reset();
        PartsRun = KeyspaceHits = KeyspaceMisses = ExpiredKeys = EvictedKeys = ExpiredFields = ExpiryTimeCaps = CheckedPayloads = 0;
        StalePercent = 0;
    }

    public void Dispose() => Commands.Dispose();
}

/// <summary>Counters of one loop, written by its thread; others read them late but never torn.</summary>
internal sealed class LoopStatistics(ServerOptions options, int commandCount) : IDisposable
{
    /// <summary>Commands that ran directly on the loop, or over several shards for a client of it.</summary>
    public readonly CommandStatistics Commands = new(options, commandCount);

    /// <summary>Errors replied by what the loop's thread ran.</summary>
    public readonly ErrorCounts Errors = new();
    public long Turns;

    /// <summary>Time from the beginning of turns to their end, microseconds.</summary>
    public long TurnUs;
    public long ExpireCycleNs;

    /// <summary>The largest buffers of the last seconds.</summary>
    public readonly RecentBuffers Recent = new();
    public long Stalls;

    /// <summary>The longest turn, from the network's answer to the end of what is due, in microseconds.</summary>
    public long LongestTurnUs;
    public long Sleeps;
    public long PartsSent;
    public long Tickets;
    public long Borrows;
    public long NetworkInputBytes;
    public long NetworkOutputBytes;

    /// <summary>Receives that brought input, and flushes that had output (INFO's total_reads_processed and total_writes_processed).</summary>
    public long Reads, Writes;
    public long ConnectionsReceived;
    public long ConnectionsRejected;
    public long OutputLimitDisconnections;
    public long QueryLimitDisconnections;
    public long ClientsEvicted;

    /// <summary>Back to zero (CONFIG RESETSTAT).</summary>
    public void Reset()
    {
        Commands.Reset();
        Errors.Reset();
        TurnUs = ExpireCycleNs = 0;
        Turns = Stalls = LongestTurnUs = Sleeps = PartsSent = Tickets = Borrows = NetworkInputBytes = NetworkOutputBytes = 0;
        Reads = Writes = ConnectionsReceived = ConnectionsRejected = OutputLimitDisconnections = QueryLimitDisconnections = ClientsEvicted = 0;
    }

    public void Dispose() => Commands.Dispose();
}
