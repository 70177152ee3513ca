namespace FastKv.Engine.Keyspace;

/// <summary>The cursor of SCAN: position in one partition's hash order (upper bits) and the shard number (lower bits). 0 begins and ends.</summary>
internal static class ScanCursor
{
    private const int ShardBits = 6;

    /// <summary>The shard whose turn it is; an unparsable cursor goes to shard 0, whose handler replies the error.</summary>
    public static int ShardOf(ReadOnlySpan<byte> text, int shardCount)
    {
        if (!TryParse(text, out ulong cursor))
            return 0;
        int shard = (int)(cursor & ((1 << ShardBits) - 1));
        return shard < shardCount ? shard : 0;
    }

    /// <summary>Parses as Redis does with strtoul: nothing is 0, a sign is taken, and a negative number wraps.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong cursor)
    {
        cursor = 0;
        if (text.IsEmpty)
            return true;
        bool isNegative = text[0] == '-';
        if (isNegative || text[0] == '+')
            text = text[1..];
        if (text.IsEmpty)
            return false;
        foreach (byte digit in text)
        {
            uint value = digit - (uint)'0';
            if (value > 9 || cursor > (ulong.MaxValue - value) / 10)
                return false;
            cursor = cursor * 10 + value;
        }
        if (isNegative)
            cursor = 0 - cursor;
        return true;
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
