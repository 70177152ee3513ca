using FastKv.Tests.Differential;
using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Persistence;

/// <summary>
/// The families of commands whose effects are tested: those of the differential tests that write, and two more, of times that pass and of commands newer than
/// Redis 7.0.
/// </summary>
internal static class EffectCommands
{
    /// <summary>
    /// Settings are not in an append-only file (nor in Redis's), and what they decide (the encoding of a HyperLogLog) would differ at the next start.
    /// </summary>
    private static readonly string[] s_leftOut = ["CONFIG", "DEBUG", "SCAN", "RANDOMKEY", "COMMAND"];

    /// <summary>Families that redis-server 7.0 knows.</summary>
    public static IReadOnlyDictionary<string, Grammar> OfRedis70 { get; } = new Dictionary<string, Grammar>
    {
        ["strings"] = Grammar.Families["strings"],
        ["bitmaps"] = Grammar.Families["bitmaps"],
        ["hashes"] = Grammar.Families["hashes"],
        ["generic"] = Grammar.Families["generic"],
        ["sets"] = Grammar.Families["sets"],
        ["lists"] = Grammar.Families["lists"],
        ["sortedsets"] = Grammar.Families["sortedsets"],
        ["streams"] = Grammar.Families["streams"],
        ["transactions"] = Grammar.Families["transactions"],
        ["hyperloglogs"] = Grammar.Families["hyperloglogs"],
        ["geo"] = Grammar.Families["geo"],
        ["sort"] = Grammar.Families["sort"],
        ["times"] = new Grammar().Add(Times, 1).Add(GenericCommands.Rules, 0.3).Add(TransactionCommands.Rules, 0.3),
        ["all"] = new Grammar()
            .Add(Times, 0.3)
            .Add(StringCommands.Rules, 0.5)
            .Add(BitmapCommands.Rules, 0.3)
            .Add(HashCommands.Rules, 0.5)
            .Add(SetCommands.Rules, 0.5)
            .Add(ListCommands.Rules, 0.5)
            .Add(SortedSetCommands.Rules, 0.5)
            .Add(StreamCommands.Rules, 0.4)
            .Add(GenericCommands.Rules, 1)
            .Add(TransactionCommands.Rules, 1),
    };

    /// <summary>Commands that redis-server 7.0 does not know.</summary>
    public static Grammar OfLaterVersions { get; } = new Grammar()
        .Add(Newer, 1)
        .Add(HashCommands.Rules, 0.4)
        .Add(StreamCommands.Rules, 0.6)
        .Add(StringCommands.Rules, 0.2)
        .Add(GenericCommands.Rules, 0.15)
        .Add(TransactionCommands.Rules, 0.1);

    /// <summary>Options of stream commands that redis-server 7.0 does not know.</summary>
    public static Grammar OfLaterStreams { get; } = new Grammar().Add(NewerOfStreams, 1).Add(StreamCommands.Rules, 0.3);

    private static Rule[] Times =>
    [
        (6, (d, w) => w.Add("SET", d.Key(), d.Value(), d.Case("PX"), Soon(d))),
        (3, (d, w) => w.Add("PSETEX", d.Key(), Soon(d), d.Value())),
        (5, (d, w) => w.Add("PEXPIRE", d.Key(), Soon(d))),
        (3, (d, w) => w.Add("GETEX", d.Key(), d.Case("PX"), Soon(d))),
        (2, (d, w) => w.Add("GETEX", d.Key(), d.Case(d.Pick("EXAT", "PXAT")), "1")),
        (2, (d, w) => w.Add("GETEX", d.Key(), d.Case("PERSIST"))),
        (2, (d, w) => w.Add("EXPIRE", d.Key(), "-1")),
        (2, (d, w) => w.Add("SET", d.Key(), d.Value(), d.Case("KEEPTTL"))),
        (2, (d, w) => w.Add("SET", d.Key(), d.Value(), d.Case("EX"), "100000", d.Case("GET"))),
        (2, (d, w) => w.Add("INCR", d.Key())),
        (2, (d, w) => w.Add("RPUSH", d.Key(), d.Word())),
        (2, (d, w) => w.Add("SADD", d.Key(), d.Word(), d.Word())),
        (2, (d, w) => w.Add("SPOP", d.Key())),
        (2, (d, w) => w.Add("HSET", d.Key(), "f", d.Word())),
        (2, (d, w) => w.Add("SUNIONSTORE", d.Key(), d.Key(), d.Key())),
        (2, (d, w) => w.Add("MSET", d.Key(), d.Value(), d.Key(), d.Value())),
        (1, (d, w) => w.Add("APPEND", d.Key(), d.Word())),
        (1, Wait),
    ];

    private static Rule[] Newer =>
    [
        (6, (d, w) => w.Add(["HSET", Hash(d), .. d.Many(1, 4, () => new[] { Field(d), d.Value() }).SelectMany(p => p)])),
        (8, (d, w) => w.Add(["HPEXPIRE", Hash(d), Soon(d), .. Condition(d), .. Fields(d)])),
        (5, (d, w) => w.Add(["HEXPIRE", Hash(d), d.Seconds(), .. Condition(d), .. Fields(d)])),
        (5, (d, w) => w.Add(["HPEXPIREAT", Hash(d), d.UnixMilliseconds(), .. Condition(d), .. Fields(d)])),
        (4, (d, w) => w.Add(["HEXPIREAT", Hash(d), d.UnixSeconds(), .. Condition(d), .. Fields(d)])),
        (4, (d, w) => w.Add(["HPERSIST", Hash(d), .. Fields(d)])),
        (4, (d, w) => w.Add(["HGETDEL", Hash(d), .. Fields(d)])),
        (6, (d, w) => w.Add(["HGETEX", Hash(d), .. Expiry(d, "PERSIST"), .. Fields(d)])),
        (6, SetFields),
        (3, (d, w) => w.Add("HINCRBY", Hash(d), Field(d), "3")),
        (2, (d, w) => w.Add("HINCRBYFLOAT", Hash(d), Field(d), "1.5")),
        (3, (d, w) => w.Add("HDEL", Hash(d), Field(d), Field(d))),
        (1, (d, w) => w.Add("HSETNX", Hash(d), Field(d), "v")),
        (2, (d, w) => w.Add("COPY", Hash(d), Hash(d), "REPLACE")),
        (2, (d, w) => w.Add("RENAME", Hash(d), Hash(d))),
        (1, (d, w) => w.Add("EXPIRE", Hash(d), "100000")),
        (1, (d, w) => w.Add("MOVE", Hash(d), "1")),
        (1, FillHash),
        (1, Wait),
        (3, (d, w) => w.Add("SET", d.Key(), d.Value(), d.Case(d.Pick("IFEQ", "IFNE")), d.Value(), "EX", "100000")),
        (3, (d, w) => w.Add(["DELEX", d.Key(), .. d.Chance(0.5) ? new[] { d.Case(d.Pick("IFEQ", "IFNE")), d.Value() } : []])),
        (4, SetMany),
        (3, (d, w) => w.Add(["BITOP", d.Pick("DIFF", "DIFF1", "ANDOR", "ONE"), d.Key(), d.Key(), .. d.SomeKeys(1, 2)])),
        (4, (d, w) => w.Add(["XDELEX", Stream(d), .. d.Many(0, 1, () => d.Case(d.Pick("KEEPREF", "DELREF", "ACKED"))), .. Ids(d)])),
        (4, (d, w) => w.Add(["XACKDEL", Stream(d), d.Pick("g1", "g2"), .. d.Many(0, 1, () => d.Case(d.Pick("KEEPREF", "DELREF", "ACKED"))), .. Ids(d)])),
    ];

    private static Rule[] NewerOfStreams =>
    [
        (4, (d, w) => w.Add(["XTRIM", Stream(d), .. Trim(d, 12)])),
        (4, (d, w) => w.Add(["XADD", Stream(d), .. Trim(d, 12), $"{d.Between(1, 12)}-{d.Pick("*", "0", "1", "2", "3")}", "a", d.Word()])),
        (6, (d, w) => w.Add(["XREADGROUP", "GROUP", d.Pick("g1", "g2"), d.Pick("c1", "c2", "c3"), .. d.Chance(0.5) ? new[] { "COUNT", $"{d.Between(1, 5)}" } : [],
            "CLAIM", d.Pick("0", "2", "100000"), .. d.Many(0, 1, () => "NOACK"), "STREAMS", Stream(d), ">"])),
        (2, TrimMany),
    ];

    /// <summary>The commands of a family from a seed.</summary>
    public static List<Step> Generate(Grammar grammar, int seed, int count) => [.. grammar.Generate(seed, count).Where(step => !s_leftOut.Contains(step.Name))];

    private static string Soon(Draw d) => d.Chance(0.7) ? d.Pick("1", "5", "20", "40") : d.Milliseconds();

    private static void Wait(Draw d, StepWriter w) => w.Pause((int)d.Pick(2L, 6, 25));

    private static string Hash(Draw d) => d.Chance(0.1) ? d.Key() : d.Pick("h1", "h2", "{t}h");

    private static string Stream(Draw d) => d.Pick("s1", "s1", "s2", "{t}s3");

    private static string Field(Draw d) => d.Chance(0.2) ? d.Between(0, 300).ToString() : "f" + d.Between(0, 8);

    private static string[] Fields(Draw d)
    {
        string[] fields = d.Many(1, 4, () => Field(d));
        return [d.Case("FIELDS"), fields.Length.ToString(), .. fields];
    }

    private static string[] Ids(Draw d)
    {
        string[] ids = d.Many(1, 5, () => $"{d.Between(1, 12)}-{d.Between(0, 6)}");
        return [d.Case("IDS"), ids.Length.ToString(), .. ids];
    }

    private static string[] Trim(Draw d, long threshold)
    {
        string value = d.Between(0, threshold).ToString();
        string[] limit = d.Chance(0.5) ? ["LIMIT", $"{d.Between(0, threshold)}"] : [];
        return [d.Case(d.Pick("KEEPREF", "DELREF", "ACKED", "ACKED")), d.Pick("MAXLEN", "MINID"), .. d.Chance(0.6) ? ["~", value, .. limit] : new[] { value }];
    }

    // Several blocks, of which a group has acknowledged some entries here and there: what a trim can delete lies between what it cannot.
    private static void TrimMany(Draw d, StepWriter w)
    {
        string key = d.Pick("s1", "s2", "{t}s3");
        long count = d.Between(120, 400);
        w.AddUnspoilt(Comparison.Exact, "DEL", key);
        for (long i = 1; i <= count; i++)
            w.AddUnspoilt(Comparison.Exact, "XADD", key, $"{i}-1", "a", $"{i}");
        w.AddUnspoilt(Comparison.Exact, "XGROUP", "CREATE", key, "g1", "0");
        w.AddUnspoilt(Comparison.Exact, "XREADGROUP", "GROUP", "g1", "c1", "COUNT", d.Between(1, count).ToString(), "STREAMS", key, ">");
        w.AddUnspoilt(Comparison.Exact, ["XACK", key, "g1", .. d.Many(1, 100, () => $"{d.Between(1, count)}-1")]);
        w.Add(["XTRIM", key, .. Trim(d, count)]);
        w.Add(["XADD", key, .. Trim(d, count), $"{count + 1}-*", "a", "b"]);
        w.Add("XLEN", key);
    }

    private static string[] Condition(Draw d) => d.Many(0, 1, () => d.Case(d.Pick("NX", "XX", "GT", "LT")));

    private static string[] Expiry(Draw d, string none) => d.Between(0, 7) switch
    {
        0 or 1 => [d.Case("PX"), Soon(d)],
        2 => [d.Case("EX"), d.Seconds()],
        3 => [d.Case("PXAT"), d.UnixMilliseconds()],
        4 => [d.Case("EXAT"), d.UnixSeconds()],
        5 => [d.Case(none)],
        _ => [],
    };

    private static void SetFields(Draw d, StepWriter w)
    {
        string[] pairs = [.. d.Many(1, 4, () => new[] { Field(d), d.Value() }).SelectMany(p => p)];
        string[] condition = d.Many(0, 1, () => d.Case(d.Pick("FNX", "FXX")));
        w.Add(["HSETEX", Hash(d), .. condition, .. Expiry(d, "KEEPTTL"), "FIELDS", (pairs.Length / 2).ToString(), .. pairs]);
    }

    private static void SetMany(Draw d, StepWriter w)
    {
        string[] pairs = [.. d.Many(1, 4, () => new[] { d.Key(), d.Value() }).SelectMany(p => p)];
        w.Add(["MSETEX", (pairs.Length / 2).ToString(), .. pairs, .. d.Many(0, 1, () => d.Case(d.Pick("NX", "XX"))), .. Expiry(d, "KEEPTTL")]);
    }

    private static void FillHash(Draw d, StepWriter w)
    {
        string key = Hash(d);
        w.AddUnspoilt(Comparison.Exact, ["HSET", key, .. Enumerable.Range(0, 600).SelectMany(i => new[] { $"{i}", $"v{i}" })]);
        w.AddUnspoilt(Comparison.Exact, ["HPEXPIRE", key, d.Pick("10", "30"), "FIELDS", "300", .. Enumerable.Range(0, 300).Select(i => $"{i}")]);
    }
}
