namespace FastKv.Engine;

/// <summary>Counters of one partition, written under its ownership word; others read them late but never torn.</summary>
internal sealed class PartitionStatistics(int commandCount)
{
    /// <summary>Calls by command id, of commands that ran as parts of windows and tickets.</summary>
    public readonly long[] Calls = new long[commandCount];
    public long PartsRun;
    public long KeyspaceHits;
    public long KeyspaceMisses;
    public long ExpiredKeys;
    public long Dirty;

    /// <summary>Back to zero (CONFIG RESETSTAT).</summary>
    public void Reset()
    {
        Array.Clear(Calls);
        PartsRun = KeyspaceHits = KeyspaceMisses = ExpiredKeys = 0;
    }
}

/// <summary>Counters of one loop, written by its thread; others read them late but never torn.</summary>
internal sealed class LoopStatistics(int commandCount)
{
    /// <summary>Calls by command id, of commands that ran directly on the loop.</summary>
    public readonly long[] Calls = new long[commandCount];
    public long Turns;
    public long Stalls;
    public long Sleeps;
    public long PartsSent;
    public long Tickets;
    public long Borrows;
    public long Rejected;
    public long NetworkInputBytes;
    public long NetworkOutputBytes;

    /// <summary>Receives that brought input, and flushes that had output (INFO's total_reads_processed and total_writes_processed).</summary>
    public long Reads, Writes;
    public long ConnectionsReceived;
    public long ConnectionsRejected;
    public long OutputLimitDisconnections;
    public long QueryLimitDisconnections;

    /// <summary>Back to zero (CONFIG RESETSTAT).</summary>
    public void Reset()
    {
        Array.Clear(Calls);
        Turns = Stalls = Sleeps = PartsSent = Tickets = Borrows = Rejected = NetworkInputBytes = NetworkOutputBytes = 0;
        Reads = Writes = ConnectionsReceived = ConnectionsRejected = OutputLimitDisconnections = QueryLimitDisconnections = 0;
    }
}
