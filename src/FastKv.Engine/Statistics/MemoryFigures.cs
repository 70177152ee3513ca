using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;
using FastKv.Memory;

namespace FastKv.Engine;

/// <summary>
/// One look at the memory of a server, for INFO memory and MEMORY STATS and DOCTOR. Other threads' counters are read while they run on, so
/// figures of a busy server belong to slightly different moments. Control plane.
/// </summary>
internal sealed class MemoryFigures
{
    public MemoryFigures(FastKvServer server)
    {
        UsedBytes = server.Statistics.UsedBytes;
        PeakBytes = Math.Max(server.Statistics.PeakBytes, UsedBytes);
        StartupBytes = server.Statistics.StartupBytes;
        ResidentBytes = Environment.WorkingSet;
        SystemBytes = GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes;
        foreach (var partition in server.Partitions)
        {
            HeapUsedBytes += partition.Heap.UsedBytes;
            HeapCommittedBytes += partition.Heap.CommittedBytes;
            foreach (var database in partition.Databases)
            {
                TableBytes += database.TableBytes;
                Keys += database.Count;
            }
        }
        NotCountedBytes = Keyspace.Eviction.MemoryLimit.NotCountedBytes;
        AofBufferBytes = Persistence.Journal.JournalStream.AllocatedBytes;
        Clients = server.Clients.Count;
        foreach (var client in server.Clients.All)
            ClientBytes += ClientMemory.Of(client);
        OverheadBytes = Math.Min(UsedBytes, TableBytes + NativeBlock.OutstandingBytes + server.MemoryLimit.ManagedBytes);
    }

    /// <summary>Memory in use: heaps and buffers, and what the managed heap has grown by.</summary>
    public long UsedBytes { get; }

    public long PeakBytes { get; }

    public long StartupBytes { get; }

    public long ResidentBytes { get; }

    /// <summary>The machine's memory, or what the control group grants.</summary>
    public long SystemBytes { get; }

    public long HeapUsedBytes { get; }

    public long HeapCommittedBytes { get; }

    public long TableBytes { get; }

    public long Keys { get; }

    /// <summary>Used bytes that are not held against maxmemory.</summary>
    public long NotCountedBytes { get; }

    /// <summary>Buffers of what is to be written to the append-only file.</summary>
    public long AofBufferBytes { get; }

    /// <summary>Connected clients.</summary>
    public int Clients { get; }

    /// <summary>Clients: their objects and buffers.</summary>
    public long ClientBytes { get; }

    /// <summary>All that is not keys and values: tables and buffers.</summary>
    public long OverheadBytes { get; }

    public long DatasetBytes => UsedBytes - OverheadBytes;

    /// <summary>Bytes since the start: what the percentage of the dataset refers to.</summary>
    public long NetBytes => UsedBytes - StartupBytes;

    public double PeakPercent => Percent(UsedBytes, PeakBytes);

    public double DatasetPercent => Percent(DatasetBytes, NetBytes);

    /// <summary>Committed over used bytes of the heaps.</summary>
    public double FragmentationRatio => Ratio(HeapCommittedBytes, HeapUsedBytes);

    /// <summary>Resident bytes over what the heaps have committed: the rest is the runtime's.</summary>
    public double RssOverheadRatio => Ratio(ResidentBytes, HeapCommittedBytes);

    /// <summary>Resident over used bytes (mem_fragmentation_ratio).</summary>
    public double RssRatio => Ratio(ResidentBytes, UsedBytes);

    /// <summary>The policy's name in the configuration.</summary>
    public static ReadOnlySpan<byte> NameOf(MaxMemoryPolicy policy) => policy switch
    {
        MaxMemoryPolicy.VolatileLru => "volatile-lru"u8,
        MaxMemoryPolicy.VolatileLfu => "volatile-lfu"u8,
        MaxMemoryPolicy.VolatileRandom => "volatile-random"u8,
        MaxMemoryPolicy.VolatileTtl => "volatile-ttl"u8,
        MaxMemoryPolicy.AllKeysLru => "allkeys-lru"u8,
        MaxMemoryPolicy.AllKeysLfu => "allkeys-lfu"u8,
        MaxMemoryPolicy.AllKeysRandom => "allkeys-random"u8,
        _ => "noeviction"u8,
    };

    private static double Percent(long part, long whole) => whole <= 0 ? 0 : Math.Clamp(part * 100.0 / whole, 0, 100);

    private static double Ratio(long part, long whole) => whole <= 0 ? 0 : (double)part / whole;
}
