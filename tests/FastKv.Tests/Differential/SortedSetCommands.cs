using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>
/// Generators for the sorted set commands of Redis 7.0. Ranges of members are asked of keys whose scores are all equal, or of small ones: for others Redis's
/// own answer depends on the levels that its skip list has drawn.
/// </summary>
public static class SortedSetCommands
{
    private static readonly string[] Keys = ["z1", "z2", "z3", "{t}za", "{t}zb", "nothing"];

    private static readonly string[] Bounds =
        ["-inf", "+inf", "inf", "(-inf", "(+inf", "0", "(0", "1", "(1", "2", "(2", "3", "10", "(10", "-1", "2.5", "(2.5", "", "(", " 1", "1e400", "-1e400",
            "abc", "nan", "((1", "1x", "0x2", "1e-400", "infinity", "[1", "1 "];

    private static readonly string[] Ends =
        ["-", "+", "[a", "(a", "[b", "(b", "[c", "[m1", "(m1", "[m2", "(m", "[", "(", "[z", "(zz", "a", "", "-x", "+a", "[m15", "(m29"];

    private static readonly string[] OddScores =
        ["inf", "-inf", "+inf", "1.5", "-2.25", "0.1", "3.0e3", "1e17", "123456789012345678", "-0", "1e-7", "1e300", "0x10", "12345678901", "-129", "40000",
            "nan", "abc", "", "1 ", " 1", "1e400"];

    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (12, Add),
        (2, (d, w) => w.Add("ZINCRBY", Key(d), Score(d), Member(d))),
        (3, (d, w) => w.Add(["ZREM", Key(d), .. d.Many(1, 3, () => Member(d))])),
        (3, (d, w) => w.Add("ZSCORE", Key(d), Member(d))),
        (2, (d, w) => w.Add(["ZMSCORE", Key(d), .. d.Many(1, 4, () => Member(d))])),
        (3, (d, w) => w.Add(d.Case(d.Pick("ZRANK", "ZREVRANK")), Key(d), Member(d))),
        (2, (d, w) => w.Add("ZCARD", Key(d))),
        (3, (d, w) => w.Add("ZCOUNT", Key(d), Bound(d), Bound(d))),
        (8, Range),
        (4, ByScore),
        (4, ByMember),
        (3, RangeStore),
        (2, RemoveRange),
        (4, Pop),
        (2, PopBlocking),
        (3, Random),
        (6, Combine),
        (2, CombineStore),
        (2, (d, w) => w.Add(["ZINTERCARD", .. Sources(d), .. d.Many(0, 1, () => new[] { d.Case("LIMIT"), d.Pick("0", "1", "2", "-1", "abc") })
            .SelectMany(o => o)])),
        (2, Scan),
        (2, Encoding),
        (1, Large),
        (1, LargeByMember),
        (2, OtherTypes),
    ];

    private static string Key(Draw d) => d.Chance(0.03) ? d.Pick("str", "lexz") : d.Pick(Keys);

    private static string Member(Draw d) => d.Between(0, 14) switch
    {
        0 => d.Pick("", "a", "b", "c", "hello world", "bin\0\r\n\xff"),
        1 => new string('x', (int)d.Pick(62L, 63, 64)),
        2 => d.Between(-5, 5).ToString(),
        _ => "m" + d.Between(0, 30),
    };

    private static string Score(Draw d) => d.Between(0, 10) switch
    {
        0 => d.Pick(OddScores),
        1 => (d.Between(-40, 40) / 4.0).ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => d.Between(-3, 12).ToString(),
    };

    private static string Bound(Draw d) => d.Chance(0.5) ? d.Between(-3, 12).ToString() : d.Pick(Bounds);

    private static string[] Limit(Draw d) => d.Chance(0.4)
        ? [d.Case("LIMIT"), d.Pick("0", "1", "2", "5", "-1", "abc", "100"), d.Pick("-1", "0", "1", "3", "10", "-5", "x")]
        : [];

    private static string[] WithScores(Draw d) => d.Chance(0.5) ? [d.Case("WITHSCORES")] : [];

    private static void Add(Draw d, StepWriter w)
    {
        string[] options = d.Chance(0.6)
            ? []
            : d.Many(1, 3, () => d.Case(d.Pick("NX", "XX", "GT", "LT", "CH", "CH", "INCR", "XX")));
        int pairs = Array.Exists(options, o => o.Equals("INCR", StringComparison.OrdinalIgnoreCase)) && d.Chance(0.8) ? 1 : 4;
        w.Add(["ZADD", Key(d), .. options, .. d.Many(1, pairs, () => new[] { Score(d), Member(d) }).SelectMany(p => p)]);
    }

    private static void Range(Draw d, StepWriter w)
    {
        if (d.Chance(0.3))
        {
            w.Add(["ZREVRANGE", Key(d), d.Index(), d.Index(), .. WithScores(d)]);
            return;
        }
        string[] options = d.Between(0, 8) switch
        {
            0 => [d.Case("BYSCORE"), .. Limit(d)],
            1 => [d.Case("BYLEX"), d.Case("REV")],
            2 => [d.Case("REV")],
            3 => [.. Limit(d)],
            4 => [d.Case("BYSCORE"), d.Case("REV"), .. Limit(d)],
            5 => [d.Case("REV"), d.Case(d.Pick("REV", "BYLEX", "BYSCORE")), d.Case("BYSCORE")],
            _ => [],
        };
        bool byScore = options.Length > 0 && options[0].Equals("BYSCORE", StringComparison.OrdinalIgnoreCase);
        w.Add(["ZRANGE", Key(d), byScore ? Bound(d) : d.Index(), byScore ? Bound(d) : d.Index(), .. options, .. WithScores(d)]);
    }

    private static void ByScore(Draw d, StepWriter w)
    {
        string[] options = d.Chance(0.5) ? [.. WithScores(d), .. Limit(d)] : [.. Limit(d), .. WithScores(d)];
        w.Add([d.Pick("ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), Key(d), Bound(d), Bound(d), .. options]);
    }

    private static void ByMember(Draw d, StepWriter w)
    {
        string key = d.Chance(0.6) ? "lexz" : Key(d);
        if (d.Chance(0.4))
            w.Add(["ZADD", "lexz", .. d.Many(1, 4, () => new[] { "0", Member(d) }).SelectMany(p => p)]);
        string[] step = d.Between(0, 5) switch
        {
            0 => ["ZRANGEBYLEX", key, d.Pick(Ends), d.Pick(Ends), .. Limit(d)],
            1 => ["ZREVRANGEBYLEX", key, d.Pick(Ends), d.Pick(Ends), .. Limit(d)],
            2 => ["ZLEXCOUNT", key, d.Pick(Ends), d.Pick(Ends)],
            3 => ["ZRANGE", key, d.Pick(Ends), d.Pick(Ends), d.Case("BYLEX"), .. Limit(d), .. WithScores(d)],
            _ => ["ZRANGE", key, d.Pick(Ends), d.Pick(Ends), d.Case("REV"), d.Case("BYLEX"), .. Limit(d)],
        };
        w.Add(step);
        if (d.Chance(0.15))
            w.Add("ZREMRANGEBYLEX", key, d.Pick(Ends), d.Pick(Ends));
    }

    private static void RangeStore(Draw d, StepWriter w)
    {
        string target = Key(d);
        string[] arguments = d.Between(0, 4) switch
        {
            0 => [Bound(d), Bound(d), d.Case("BYSCORE"), .. Limit(d)],
            1 => [Bound(d), Bound(d), d.Case("REV"), d.Case("BYSCORE"), .. Limit(d)],
            2 => [d.Pick(Ends), d.Pick(Ends), d.Case("BYLEX"), .. Limit(d)],
            _ => [d.Index(), d.Index(), .. d.Many(0, 1, () => d.Case(d.Pick("REV", "WITHSCORES")))],
        };
        w.Add(["ZRANGESTORE", target, Key(d), .. arguments]);
        w.Add("ZRANGE", target, "0", "-1", "WITHSCORES");
        w.Add("OBJECT", "ENCODING", target);
    }

    private static void RemoveRange(Draw d, StepWriter w)
    {
        if (d.Chance(0.5))
            w.Add("ZREMRANGEBYRANK", Key(d), d.Index(), d.Index());
        else
            w.Add("ZREMRANGEBYSCORE", Key(d), Bound(d), Bound(d));
    }

    private static void Pop(Draw d, StepWriter w)
    {
        if (d.Chance(0.6))
            w.Add([d.Pick("ZPOPMIN", "ZPOPMAX"), Key(d), .. d.Many(0, 1, () => d.Pick("1", "2", "0", "-1", "abc", "100"))]);
        else
            w.Add(["ZMPOP", .. Sources(d), d.Case(d.Pick("MIN", "MAX")), .. Count(d)]);
    }

    private static string[] Count(Draw d) => d.Chance(0.4) ? [d.Case("COUNT"), d.Pick("1", "2", "10", "0", "-1", "abc")] : [];

    // Only keys that exist, or timeouts that are errors: a client that blocks would hold up the sequence. So the last key always has members.
    private static void PopBlocking(Draw d, StepWriter w)
    {
        w.AddUnspoilt(Comparison.Exact, "DEL", "zb");
        w.AddUnspoilt(Comparison.Exact, "ZADD", "zb", "1", "a", "2", "b", "2", "c");
        string timeout = d.Pick("1", "0.5", "0", "abc", "-1", "1e400", "inf", "-inf", "nan", "", "9223372036854775807", "1e15", "1e16", "-0.0001");
        if (d.Chance(0.5))
            w.AddUnspoilt(Comparison.Exact, [d.Pick("BZPOPMIN", "BZPOPMAX"), .. d.Many(0, 2, () => Key(d)), "zb", timeout]);
        else
        {
            string[] keys = [.. d.Many(0, 2, () => Key(d)), "zb"];
            string count = d.Chance(0.9) ? keys.Length.ToString() : d.Pick("0", "-1", "abc", "99");
            w.AddUnspoilt(Comparison.Exact, ["BZMPOP", timeout, count, .. keys, d.Case(d.Pick("MIN", "MAX", "MIN", "MAX", "MID")), .. Count(d)]);
        }
        w.Add("ZRANGE", "zb", "0", "-1");
    }

    private static void Random(Draw d, StepWriter w)
    {
        string key = Key(d);
        if (d.Chance(0.3))
            w.Add(Comparison.TypeOnly, "ZRANDMEMBER", key);
        else if (d.Chance(0.5))
            w.Add(Comparison.Unordered, "ZRANDMEMBER", key, d.Pick("0", "1000", "abc", "-9223372036854775808", "100", "1.5"));
        else
            w.Add(Comparison.Shape, ["ZRANDMEMBER", key, d.Pick("1", "2", "-3", "0", "-1"), .. WithScores(d)]);
    }

    private static string[] Sources(Draw d)
    {
        string[] keys = d.Many(1, 3, () => d.Chance(0.2) ? d.Pick("set1", "set2") : Key(d));
        return [d.Chance(0.94) ? keys.Length.ToString() : d.Pick("0", "-1", "abc", "5", "99999999999999999999"), .. keys];
    }

    // Weights and scores whose sums are exact: the order of additions is Redis's own affair where sets have the same size.
    private static string[] Options(Draw d, int keys) =>
    [
        .. d.Chance(0.3)
            ? [d.Case("WEIGHTS"), .. Enumerable.Range(0, keys).Select(_ => d.Pick("1", "2", "-1", "0.5", "0", "2", "abc", "3"))]
            : Array.Empty<string>(),
        .. d.Chance(0.3) ? [d.Case("AGGREGATE"), d.Case(d.Pick("SUM", "MIN", "MAX", "AVG"))] : Array.Empty<string>(),
    ];

    private static void Combine(Draw d, StepWriter w)
    {
        string[] sources = Sources(d);
        string name = d.Pick("ZUNION", "ZINTER", "ZDIFF");
        string[] options = name == "ZDIFF" && d.Chance(0.9) ? [] : Options(d, sources.Length - 1);
        w.Add([name, .. sources, .. options, .. WithScores(d)]);
    }

    private static void CombineStore(Draw d, StepWriter w)
    {
        string[] sources = Sources(d);
        string name = d.Pick("ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE");
        string[] options = name == "ZDIFFSTORE" && d.Chance(0.9) ? [] : Options(d, sources.Length - 1);
        string target = Key(d);
        w.Add([name, target, .. sources, .. options]);
        w.Add("ZRANGE", target, "0", "-1", "WITHSCORES");
        w.Add("OBJECT", "ENCODING", target);
    }

    private static void Scan(Draw d, StepWriter w)
    {
        // A compact set comes as a whole, in order; large ones in an order of their own.
        string[] options = d.Many(0, 2, () => d.Chance(0.5)
            ? new[] { d.Case("MATCH"), d.Pick("*", "m1*", "x*", "[ab]", "") }
            : [d.Case("COUNT"), d.Pick("1", "100", "1000", "0", "-1", "abc")]).SelectMany(o => o).ToArray();
        w.Add(["ZSCAN", Key(d), d.Pick("0", "0", "0", "abc", "-1", ""), .. options]);
    }

    private static void Encoding(Draw d, StepWriter w)
    {
        if (d.Chance(0.3))
            w.Add("CONFIG", "SET", d.Pick("zset-max-listpack-entries", "zset-max-ziplist-entries"), d.Pick("128", "100", "127"));
        else
            w.Add("OBJECT", "ENCODING", Key(d));
    }

    // More members than a compact set holds, under keys of their own; all queries on them.
    private static void Large(Draw d, StepWriter w)
    {
        string key = d.Pick("large1", "large2");
        int from = (int)d.Between(0, 400), count = (int)d.Between(1, 300);
        w.AddUnspoilt(Comparison.Exact, ["ZADD", key, .. Enumerable.Range(from, count).SelectMany(i => new[] { d.Between(0, 60).ToString(), "n" + i })]);
        for (int i = 0; i < 6; i++)
        {
            string[] step = d.Between(0, 10) switch
            {
                0 => ["ZRANGE", key, d.Between(-500, 500).ToString(), d.Between(-500, 500).ToString(), "WITHSCORES"],
                1 => ["ZREVRANGEBYSCORE", key, Bound(d), Bound(d), "WITHSCORES", .. Limit(d)],
                2 => ["ZCOUNT", key, d.Between(0, 60).ToString(), d.Between(0, 60).ToString()],
                3 => ["ZRANK", key, "n" + d.Between(0, 700)],
                4 => ["ZREVRANK", key, "n" + d.Between(0, 700)],
                5 => ["ZREMRANGEBYRANK", key, d.Between(0, 400).ToString(), d.Between(0, 400).ToString()],
                6 => ["ZREMRANGEBYSCORE", key, d.Between(0, 60).ToString(), d.Between(0, 60).ToString()],
                7 => ["ZPOPMAX", key, d.Between(1, 90).ToString()],
                8 => ["ZUNIONSTORE", key, "2", "large1", "large2", "AGGREGATE", d.Pick("MIN", "MAX")],
                _ => ["ZINCRBY", key, d.Between(-20, 20).ToString(), "n" + d.Between(0, 700)],
            };
            w.AddUnspoilt(Comparison.Exact, step);
        }
        if (d.Chance(0.3))
            w.AddUnspoilt(Comparison.Exact, "ZRANGE", key, "0", "-1", "WITHSCORES");
        if (d.Chance(0.1))
            w.AddUnspoilt(Comparison.Exact, "DEL", key);
    }

    // Equal scores, so that ranges of members have a meaning in a large set too.
    private static void LargeByMember(Draw d, StepWriter w)
    {
        int from = (int)d.Between(0, 300), count = (int)d.Between(50, 200);
        w.AddUnspoilt(Comparison.Exact, ["ZADD", "largelex", .. Enumerable.Range(from, count).SelectMany(i => new[] { "0", "n" + (i * 7919 % 1000) })]);
        for (int i = 0; i < 6; i++)
        {
            string min = End(d), max = End(d);
            string[] step = d.Between(0, 6) switch
            {
                0 => ["ZRANGEBYLEX", "largelex", min, max, .. Limit(d)],
                1 => ["ZREVRANGEBYLEX", "largelex", max, min, .. Limit(d)],
                2 => ["ZREMRANGEBYLEX", "largelex", min, max],
                3 => ["ZRANK", "largelex", "n" + d.Between(0, 1000)],
                _ => ["ZLEXCOUNT", "largelex", min, max],
            };
            w.AddUnspoilt(Comparison.Exact, step);
        }
    }

    private static string End(Draw d) => d.Chance(0.1) ? d.Pick("-", "+") : d.Pick("[", "(") + "n" + d.Between(0, 1000);

    private static void OtherTypes(Draw d, StepWriter w)
    {
        switch (d.Between(0, 5))
        {
            case 0:
                w.AddUnspoilt(Comparison.Exact, "SET", "str", "text");
                break;
            case 1:
                w.Add(["SADD", d.Pick("set1", "set2"), .. d.Many(1, 4, () => Member(d))]);
                break;
            case 2:
                w.Add("DEL", Key(d));
                break;
            case 3:
                w.Add("EXPIRE", Key(d), "10000");
                break;
            default:
                w.Add("COPY", Key(d), d.Pick(Keys), d.Pick("REPLACE", "REPLACE", "DB"));
                break;
        }
    }
}
