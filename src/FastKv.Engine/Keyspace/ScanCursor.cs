using FastKv.Protocol;

namespace FastKv.Engine.Keyspace;

/// <summary>The cursor of SCAN: position in one partition's hash order (upper bits) and the shard number (lower bits). 0 begins and ends.</summary>
internal static class ScanCursor
{
    private const int ShardBits = 6;

    /// <summary>The shard whose turn it is; an unparsable cursor goes to shard 0, whose handler replies the error.</summary>
    public static int ShardOf(ReadOnlySpan<byte> text, int shardCount)
    {
        if (!NumberText.TryParseUInt64(text, out ulong cursor))
            return 0;
        int shard = (int)(cursor & ((1 << ShardBits) - 1));
        return shard < shardCount ? shard : 0;
    }

    /// <summary>Position in the partition's table (48 bits).</summary>
    public static ulong Position(ulong cursor) => cursor >> ShardBits;

    /// <summary>The cursor after a step: on in the same partition, or (position 0) to the next one, or 0 after the last.</summary>
    public static ulong Next(ulong position, int shard, int shardCount)
    {
        if (position != 0)
            return position << ShardBits | (uint)shard;
        return shard + 1 < shardCount ? (uint)(shard + 1) : 0;
    }
}
