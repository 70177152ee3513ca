using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

/// <summary>MEMORY USAGE, STATS, DOCTOR, PURGE, MALLOC-STATS and HELP. Control plane.</summary>
[CommandContainer("MEMORY", Group = CommandGroup.Server, Since = "4.0.0", Summary = "A container for memory diagnostics commands.",
    Complexity = "Depends on subcommand.")]
internal static class MemoryCommands
{
    private const string PerAllocation = "Depends on how much memory is allocated, could be slow";

    [Command("MEMORY|USAGE", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Server, FirstKey = 2, LastKey = 2, Access = KeyAccess.RO,
        Since = "4.0.0", Summary = "Estimates the memory usage of a key.", Complexity = "O(N) where N is the number of samples.",
        Syntax = "key [SAMPLES count]")]
    internal static void Usage(ref CommandContext context)
    {
        long samples = 5;
        for (int i = 3; i < context.Count; i += 2)
        {
            if (!context.Is(i, "SAMPLES"u8) || i + 1 >= context.Count)
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }

            if (!context.TryInteger(i + 1, out samples))
                return;
            if (samples < 0)
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }
        var key = context.Key(2);
        var entry = context.Database(key).Peek(key);
        if (entry.IsNull)
            context.Reply.Null();
        else
            context.Reply.Integer(ValueFacts.MemoryOf(context.Partition.Values, entry, samples));
    }

    [Command("MEMORY|STATS", Arity = 2, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "4.0.0",
        Summary = "Returns details about memory usage.", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])]
    internal static void Stats(ref CommandContext context)
    {
        var server = context.Client.Loop.Server;
        var reply = context.Reply;
        var memory = new MemoryFigures(server);
        var map = reply.BeginMap();
        int pairs = 0;
        Add("peak.allocated", memory.PeakBytes);
        Add("total.allocated", memory.UsedBytes);
        Add("startup.allocated", memory.StartupBytes);
        Add("replication.backlog", 0);
        Add("clients.slaves", 0);
        Add("clients.normal", memory.ClientBytes);
        Add("cluster.links", 0);
        Add("aof.buffer", memory.AofBufferBytes);
        Add("lua.caches", 0);
        Add("functions.caches", 0);
        pairs += WriteDatabases(reply, server);
        Add("overhead.db.hashtable.lut", memory.TableBytes);
        Add("overhead.db.hashtable.rehashing", 0);
        Add("db.dict.rehashing.count", 0);
        Add("overhead.total", memory.OverheadBytes);
        Add("keys.count", memory.Keys);
        Add("keys.bytes-per-key", memory.Keys == 0 ? 0 : memory.NetBytes / memory.Keys);
        Add("dataset.bytes", memory.DatasetBytes);
        AddRatio("dataset.percentage", memory.DatasetPercent);
        AddRatio("peak.percentage", memory.PeakPercent);
        Add("allocator.allocated", memory.HeapUsedBytes);
        Add("allocator.active", memory.HeapCommittedBytes);
        Add("allocator.resident", memory.HeapCommittedBytes);
        Add("allocator.muzzy", 0);
        AddRatio("allocator-fragmentation.ratio", memory.FragmentationRatio);
        Add("allocator-fragmentation.bytes", memory.HeapCommittedBytes - memory.HeapUsedBytes);
        AddRatio("allocator-rss.ratio", 1);
        Add("allocator-rss.bytes", 0);
        AddRatio("rss-overhead.ratio", memory.RssOverheadRatio);
        Add("rss-overhead.bytes", memory.ResidentBytes - memory.HeapCommittedBytes);
        AddRatio("fragmentation", memory.RssRatio);
        Add("fragmentation.bytes", memory.ResidentBytes - memory.UsedBytes);
        reply.EndMap(map, pairs);

        void Add(string name, long value)
        {
            reply.Pair(name, value);
            pairs++;
        }

        void AddRatio(string name, double value)
        {
            reply.Bulk(name);
            reply.Double(value);
            pairs++;
        }
    }

    [Command("MEMORY|DOCTOR", Arity = 2, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "4.0.0",
        Summary = "Outputs a memory problems report.", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])]
    internal static void Doctor(ref CommandContext context)
    {
        string report = MemoryDoctor.Report(new MemoryFigures(context.Client.Loop.Server));
        context.Reply.VerbatimString(System.Text.Encoding.UTF8.GetBytes(report), "txt"u8);
    }

    [Command("MEMORY|PURGE", Arity = 2, Group = CommandGroup.Server, Route = CommandRoute.Everywhere, Merge = PartMerge.First, Since = "4.0.0",
        Summary = "Asks the allocator to release memory.", Complexity = PerAllocation, Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    internal static void Purge(ref CommandContext context)
    {
        context.Partition.LazyFree.Drain();
        context.Partition.Heap.Purge();
        FastKv.Memory.NativeBlock.Trim();
        context.Reply.Ok();
    }

    [Command("MEMORY|MALLOC-STATS", Arity = 2, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "4.0.0",
        Summary = "Returns the allocator statistics.", Complexity = PerAllocation,
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"], Differs = "tells about FastKv's own heaps")]
    internal static void AllocatorStats(ref CommandContext context)
    {
        string report = MemoryDoctor.DescribeHeaps(context.Client.Loop.Server);
        context.Reply.VerbatimString(System.Text.Encoding.UTF8.GetBytes(report), "txt"u8);
    }

    [Command("MEMORY|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "4.0.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "MEMORY"u8, """
        DOCTOR
            Return memory problems reports.
        MALLOC-STATS
            Return internal statistics report from the memory allocator.
        PURGE
            Attempt to purge dirty pages for reclamation by the allocator.
        STATS
            Return information about the memory usage of the server.
        USAGE <key> [SAMPLES <count>]
            Return memory in bytes used by <key> and its value. Nested values are
            sampled up to <count> times (default: 5, 0 means sample all).
        """u8);

    /// <summary>A map per database with keys; keys and expiries share one table. Returns how many.</summary>
    private static int WriteDatabases(ReplyWriter reply, FastKvServer server)
    {
        int written = 0;
        for (int i = 0; i < server.Options.Databases; i++)
        {
            long keys = 0, tableBytes = 0;
            foreach (var partition in server.Partitions)
            {
                keys += partition.Databases[i].Count;
                tableBytes += partition.Databases[i].TableBytes;
            }
            if (keys == 0)
                continue;
            reply.Bulk($"db.{i}");
            reply.MapHeader(3);
            reply.Pair("overhead.hashtable.main", tableBytes);
            reply.Pair("overhead.hashtable.expires", 0);
            reply.Pair("overhead.hashtable.slot-to-keys", 0);
            written++;
        }
        return written;
    }
}
