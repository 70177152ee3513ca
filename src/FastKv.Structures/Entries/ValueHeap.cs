using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>Where the values of one shard live: what every operation on a collection needs besides the collection. Data plane.</summary>
/// <param name="heap">The shard's heap.</param>
/// <param name="hashSeed">Seed of <see cref="KeyHash"/> for fields and members, the same as for keys.</param>
/// <param name="limits">When compact encodings end; shared by all shards.</param>
public sealed class ValueHeap(NativeHeap heap, ulong hashSeed, CompactLimits limits)
{
    /// <summary>The shard's heap.</summary>
    public NativeHeap Heap { get; } = heap;

    /// <summary>Seed for the hashes of fields and members.</summary>
    public ulong HashSeed { get; } = hashSeed;

    /// <summary>The thresholds at which compact encodings are left.</summary>
    public CompactLimits Limits { get; } = limits;

    /// <summary>Who is told of elements that change; null, as it is but while a snapshot has large values under way that have changed: nobody.</summary>
    public ElementWatch? Watch;
}
