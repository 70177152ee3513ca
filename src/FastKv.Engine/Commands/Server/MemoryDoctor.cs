using System.Text;

namespace FastKv.Engine.Commands.Server;

/// <summary>The texts of MEMORY DOCTOR and MEMORY MALLOC-STATS. Control plane.</summary>
internal static class MemoryDoctor
{
    /// <summary>Below this, ratios say nothing.</summary>
    private const long NoticeableBytes = 5 * 1024 * 1024;

    private const long FragmentationBytesMin = 10 * 1024 * 1024;

    /// <summary>The runtime itself takes some 40 MiB, whatever the data.</summary>
    private const long RssOverheadBytesMin = 100 * 1024 * 1024;

    private const string Empty =
        "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. " +
        "Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming " +
        "as soon as I finished rebooting.\n";

    private const string Healthy =
        "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n";

    private const string Ill = "Sam, I detected a few issues in this Redis instance memory implants:\n\n";

    private const string Peak =
        " * Peak memory: this instance has used more than 150% of the memory that it uses now. Freed memory goes back to the system chunk by chunk, " +
        "as far as no live block is left in a chunk. MEMORY PURGE gives back what is kept for reuse.\n\n";

    private const string Fragmentation =
        " * Allocator fragmentation: the heaps hold at least 10% and 10 MB more than the live blocks need, usually after many keys were deleted " +
        "or changed their size. New keys will fill the gaps.\n\n";

    private const string Overhead =
        " * Process overhead: the process takes at least 10% and 100 MB more than the heaps hold: buffers of clients, or the managed heap " +
        "(see gc_heap_bytes in INFO runtime).\n\n";

    private const string Clients =
        " * Client buffers: the clients' buffers take more than 200 kB each on average. Look for clients that send more than they read with CLIENT LIST.\n\n";

    /// <summary>What is wrong with the memory, for people.</summary>
    public static string Report(MemoryFigures memory)
    {
        if (memory.UsedBytes < NoticeableBytes)
            return Empty;
        var issues = new StringBuilder();
        if (memory.PeakBytes > memory.UsedBytes * 1.5)
            issues.Append(Peak);
        if (memory.FragmentationRatio > 1.1 && memory.HeapCommittedBytes - memory.HeapUsedBytes > FragmentationBytesMin)
            issues.Append(Fragmentation);
        if (memory.RssOverheadRatio > 1.1 && memory.ResidentBytes - memory.HeapCommittedBytes > RssOverheadBytesMin)
            issues.Append(Overhead);
        if (memory.ClientBytes > memory.Clients * 200L * 1024)
            issues.Append(Clients);
        return issues.Length == 0 ? Healthy : Ill + issues + "I'm here to keep you safe, Sam. I want to help you.\n";
    }

    /// <summary>One line per heap.</summary>
    public static string DescribeHeaps(FastKvServer server)
    {
        var text = new StringBuilder("___ Begin fastkv heap statistics ___\n");
        foreach (var partition in server.Partitions)
        {
            var heap = partition.Heap;
            text.Append($"{heap.Name}: used {heap.UsedBytes} bytes in {heap.LiveBlocks} blocks, committed {heap.CommittedBytes} bytes");
            text.Append(heap.IsGuarded ? ", guarded\n" : "\n");
        }
        text.Append($"buffers: {Memory.NativeBlock.OutstandingBytes} bytes in {Memory.NativeBlock.OutstandingBlocks} blocks\n");
        return text.Append("--- End fastkv heap statistics ---\n").ToString();
    }
}
