using FastKv.Memory;

namespace FastKv.Engine.Sharding;

// Data plane. What other loops (and the own one, for tickets) have sent to a partition, and what it sends back. One SPSC ring per pair.
// The consumer of Parts and Tickets, and the producer of Completions, is whoever holds the partition's ownership word.

/// <summary>The rings of one partition, indexed by the loop at the other end.</summary>
internal sealed class PartitionInbox
{
    /// <summary>Bound of parts and tickets that one loop may have outstanding at one partition. A loop that reaches it stops reading from the
    /// client concerned. Completions can therefore never overflow: each answers one of them.</summary>
    public const int OutstandingMax = 256;

    public readonly SpscRing<Part>[] Parts;
    public readonly SpscRing<Part>[] Tickets;
    public readonly SpscRing<Part>[] Completions;

    public PartitionInbox(int loopCount)
    {
        Parts = Create(loopCount);
        Tickets = Create(loopCount);
        Completions = Create(loopCount);
    }

    public bool IsEmpty
    {
        get
        {
            for (int i = 0; i < Parts.Length; i++)
            {
                if (!Parts[i].IsEmpty || !Tickets[i].IsEmpty)
                    return false;
            }
            return true;
        }
    }

    private static SpscRing<Part>[] Create(int count)
    {
        var rings = new SpscRing<Part>[count];
        for (int i = 0; i < count; i++)
            rings[i] = new SpscRing<Part>(OutstandingMax * 2);
        return rings;
    }
}
