// The hot operations of each structure on one value of n elements, as command templates of the load generator.
using System.Globalization;
using FastKv.LoadGen.Load;

namespace FastKv.Bench.Commands;

/// <summary>How an operation's cost may grow, as the Redis documentation states it.</summary>
internal enum GrowthBound
{
    /// <summary>O(1): only cache misses may be added.</summary>
    Constant,

    /// <summary>O(log n), with a bounded number of results.</summary>
    Logarithmic,
}

/// <summary>An operation. Several commands that undo each other are measured together; the figure is per command.</summary>
/// <param name="Name">For charts.</param>
/// <param name="Bound">What is allowed.</param>
/// <param name="Commands">Templates; {N} is the number of elements, {NEAR} a bit less.</param>
internal sealed record GrowthOperation(string Name, GrowthBound Bound, params string[] Commands);

/// <summary>A structure.</summary>
/// <param name="Name">For charts.</param>
/// <param name="Fill">Adds one element; run n times over keys in order.</param>
/// <param name="Operations">What is measured.</param>
internal sealed record GrowthFamily(string Name, string Fill, GrowthOperation[] Operations);

/// <summary>All structures.</summary>
internal static class GrowthFamilies
{
    /// <summary>The keyspace itself, and the types. Elements are 8 random-looking characters, scores random integers.</summary>
    public static readonly GrowthFamily[] All =
    [
        new("keyspace", "SET {text:8} {bytes:8}",
        [
            new("GET", GrowthBound.Constant, "GET {text:8}"),
            new("SET + DEL", GrowthBound.Constant, "SET n{seq} x", "DEL n{+0}"),
        ]),
        new("list", "RPUSH v {text:8}",
        [
            new("LPUSH + RPOP", GrowthBound.Constant, "LPUSH v {bytes:8}", "RPOP v"),
            new("RPUSH + LPOP", GrowthBound.Constant, "RPUSH v {bytes:8}", "LPOP v"),
            new("LRANGE 0 9", GrowthBound.Constant, "LRANGE v 0 9"),
            new("LINDEX 0", GrowthBound.Constant, "LINDEX v 0"),
            new("LLEN", GrowthBound.Constant, "LLEN v"),
        ]),
        new("hash", "HSET v {text:8} {bytes:8}",
        [
            new("HGET", GrowthBound.Constant, "HGET v {text:8}"),
            new("HSET, field exists", GrowthBound.Constant, "HSET v {text:8} {bytes:8}"),
            new("HSET + HDEL", GrowthBound.Constant, "HSET v n{seq} {bytes:8}", "HDEL v n{+0}"),
            new("HRANDFIELD", GrowthBound.Constant, "HRANDFIELD v"),
        ]),
        new("set", "SADD v {text:8}",
        [
            new("SISMEMBER", GrowthBound.Constant, "SISMEMBER v {text:8}"),
            new("SADD + SREM", GrowthBound.Constant, "SADD v n{seq}", "SREM v n{+0}"),
            new("SRANDMEMBER", GrowthBound.Constant, "SRANDMEMBER v"),
            new("SPOP + SADD", GrowthBound.Constant, "SADD v n{seq}", "SPOP v"),
        ]),
        new("sorted set", "ZADD v {int:1G} {text:8}",
        [
            new("ZSCORE", GrowthBound.Constant, "ZSCORE v {text:8}"),
            new("ZADD, new score", GrowthBound.Logarithmic, "ZADD v {int:1G} {text:8}"),
            new("ZADD + ZREM", GrowthBound.Logarithmic, "ZADD v {int:1G} n{seq}", "ZREM v n{+0}"),
            new("ZRANK", GrowthBound.Logarithmic, "ZRANK v {text:8}"),
            new("ZRANGE by rank, 10", GrowthBound.Logarithmic, "ZRANGE v {int:{NEAR}} {+9}"),
            new("ZRANGE by score, 10", GrowthBound.Logarithmic, "ZRANGE v {int:1G} +inf BYSCORE LIMIT 0 10"),
            new("ZCOUNT", GrowthBound.Logarithmic, "ZCOUNT v {int:1G} +inf"),
        ]),
        new("stream", "XADD v {seq}-1 f {bytes:8}",
        [
            new("XADD with MAXLEN =", GrowthBound.Constant, "XADD v MAXLEN = {N} * f {bytes:8}"),
            new("XRANGE, 10", GrowthBound.Logarithmic, "XRANGE v {int:{NEAR}} + COUNT 10"),
            new("XREVRANGE, last", GrowthBound.Logarithmic, "XREVRANGE v + - COUNT 1"),
            new("XLEN", GrowthBound.Constant, "XLEN v"),
        ]),
    ];

    /// <summary>The templates of commands at a size.</summary>
    public static RequestTemplate[] Templates(string[] commands, long count) => [.. commands.Select(c => RequestTemplate.Parse(
        c.Replace("{N}", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{NEAR}", Math.Max(1, count - 10).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
        new TemplateSizes(12, 0)))];
}
