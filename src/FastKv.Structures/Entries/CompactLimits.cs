namespace FastKv.Structures;

/// <summary>
/// The thresholds of the compact encodings, under Redis's configuration names; CONFIG SET writes them, every shard reads them. A value that was converted
/// once stays so when a threshold rises.
/// </summary>
public sealed class CompactLimits
{
#pragma warning disable CA1051 // Visible fields: the configuration table sets them by reference.

    /// <summary><c>hash-max-listpack-entries</c>: fields of a hash.</summary>
    public long HashEntries = 512;

    /// <summary><c>hash-max-listpack-value</c>: bytes of a field or a value.</summary>
    public long HashValueBytes = 64;

    /// <summary><c>list-max-listpack-size</c>: elements of a list's node if positive, else −1 to −5 for 4, 8, 16, 32 or 64 KiB.</summary>
    public int ListSize = -2;

    /// <summary><c>list-compress-depth</c>: nodes at each end of a list that are never compressed; 0: none are.</summary>
    public int ListCompressDepth;

    /// <summary><c>set-max-intset-entries</c>: members of a set of integers.</summary>
    public long IntSetEntries = 512;

    /// <summary><c>set-max-listpack-entries</c>: members of a set.</summary>
    public long SetEntries = 128;

    /// <summary><c>set-max-listpack-value</c>: bytes of a member.</summary>
    public long SetValueBytes = 64;

    /// <summary><c>zset-max-listpack-entries</c>: members of a sorted set.</summary>
    public long SortedSetEntries = 128;

    /// <summary><c>zset-max-listpack-value</c>: bytes of a member.</summary>
    public long SortedSetValueBytes = 64;

    /// <summary><c>hll-sparse-max-bytes</c>: bytes of a sparse HyperLogLog.</summary>
    public long HyperLogLogSparseBytes = 3000;

    /// <summary><c>stream-node-max-bytes</c>: bytes of a block of a stream; 0: no bound.</summary>
    public long StreamNodeBytes = 4096;

    /// <summary><c>stream-node-max-entries</c>: entries of a block of a stream; 0: no bound.</summary>
    public long StreamNodeEntries = 100;
}
