// The commands whose CPU time is compared, with their data. Control plane.
using System.Globalization;
using FastKv.LoadGen.Load;

namespace FastKv.Bench.Types;

/// <summary>A command, the data it works on, and what is done before each round.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Data">The data in words.</param>
/// <param name="Command">Template.</param>
/// <param name="Keys">Key numbers (or texts) that it draws from.</param>
/// <param name="Preload">Done once.</param>
internal sealed record TypeCase(string Name, string Data, string Command, long Keys, params PreloadStep[] Preload)
{
    /// <summary>Done before each round, not measured.</summary>
    public PreloadStep[] BeforeRound { get; init; } = [];

    /// <summary>Requests of a round, where the data would run dry or change its nature in a round of fixed time.</summary>
    public long RequestsPerRound { get; init; }

    /// <summary>Keys in order rather than at random: each is named once a round.</summary>
    public bool IsSequential { get; init; }
}

/// <summary>All of them.</summary>
internal static class TypeCases
{
    /// <summary>The cases of the issue.</summary>
    /// <param name="million">What stands for a million elements: fewer in a quick run.</param>
    public static TypeCase[] All(long million)
    {
        long hashes = million / 10, tenth = million / 10, lists = million / 1000;
        PreloadStep[] hashData = [new($"HSET h:{{key}} {string.Join(' ', Enumerable.Range(0, 10).Select(i => $"f{i} {{bytes:8}}"))}", hashes)];
        PreloadStep[] sortedSet = [new(Text($"ZADD z {{int:{million}}} m:{{text:8}}"), million)];
        PreloadStep pushes = new("LPUSH l {bytes:8}", million), members = new("SADD s {text:8}", million);
        string hashText = Text($"{hashes:N0} hashes of 10 fields"), setText = Text($"one set of {million:N0}"), sortedText = Text($"one sorted set of {million:N0}");
        return
        [
            new("LPUSH", "one list, emptied before each round", "LPUSH l {bytes:8}", 1) { BeforeRound = [new("DEL l", 1)] },
            new("RPOP", Text($"one list; before each round {million:N0} elements are pushed, as many as the round pops"), "RPOP l", 1, new PreloadStep(
                "LPUSH l {bytes:8}", tenth)) { BeforeRound = [pushes], RequestsPerRound = million },
            new("LRANGE_100", Text($"{lists:N0} lists of 1,000 elements"), "LRANGE l:{key} 0 99", lists, new PreloadStep("RPUSH l:{key} {bytes:8}", million, lists)),
            new("HSET", hashText + "; a field is overwritten", "HSET h:{key} f{int:10} {bytes:8}", hashes, hashData),
            new("HGET", hashText, "HGET h:{key} f{int:10}", hashes, hashData),
            new("HGETALL", hashText, "HGETALL h:{key}", hashes, hashData),
            new("SADD", Text($"one set; it is emptied before each round, which adds {million:N0} new members"), "SADD s {text:8}", million)
                { BeforeRound = [new("DEL s", 1)], RequestsPerRound = million, IsSequential = true },
            new("SISMEMBER", setText, "SISMEMBER s {text:8}", million, members),
            new("SPOP", Text($"one set; it is filled up to {million:N0} before each round, which pops nine of ten"), "SPOP s", million, members)
                { BeforeRound = [members], RequestsPerRound = million - tenth },
            new("ZADD", sortedText + "; a member gets another score", Text($"ZADD z {{int:{million}}} m:{{text:8}}"), million, sortedSet),
            new("ZRANGE by rank", sortedText + "; 100 members from a random rank on", Text($"ZRANGE z {{int:{million - 100}}} {{+99}}"), million, sortedSet),
            new("ZRANGE by score", sortedText + "; 100 members from a random score on",
                Text($"ZRANGE z {{int:{million - (million / 500)}}} +inf BYSCORE LIMIT 0 100"), million, sortedSet),
            new("ZRANK", sortedText, "ZRANK z m:{text:8}", million, sortedSet),
            new("XADD", "one stream, deleted before each round; 2 fields", "XADD x * f1 {bytes:8} f2 {bytes:8}", 1) { BeforeRound = [new("DEL x", 1)] },
            new("XRANGE_100", Text($"one stream of {million:N0} entries of 2 fields; 100 entries from a random id on"),
                Text($"XRANGE x {{int:{million - 100}}} + COUNT 100"), 1, new PreloadStep("XADD x {seq}-1 f1 {bytes:8} f2 {bytes:8}", million, 1, Ordered: true)),
            new("PFADD", Text($"one HyperLogLog that has seen {million:N0} elements"), "PFADD p {bytes:8}", 1, new PreloadStep("PFADD p {bytes:8}", million)),
            new("GEOSEARCH", Text($"{tenth:N0} points between 0 and 10° E, 40 and 50° N; those within 10 km, about {tenth * 0.00036:N0}"),
                "GEOSEARCH g FROMLONLAT {real:0.5..9.5:4} {real:40.5..49.5:4} BYRADIUS 10 km", 1,
                new PreloadStep("GEOADD g {real:0..10} {real:40..50} p:{text:8}", tenth)),
        ];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
