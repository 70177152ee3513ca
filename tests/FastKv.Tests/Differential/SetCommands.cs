using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>
/// Generators for the set commands of Redis 7.0. Members are compared in any order. After a command whose effect is random the set is made anew, so that
/// both servers hold the same again.
/// </summary>
public static class SetCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (12, (d, w) => w.Add(["SADD", d.Key(), .. d.Many(1, 6, () => Member(d))])),
        (2, (d, w) => w.Add(["SADD", d.Key(), .. Range(d)])),
        (6, (d, w) => w.Add(["SREM", d.Key(), .. d.Many(1, 5, () => Member(d))])),
        (1, (d, w) => w.Add(["SREM", d.Key(), .. Range(d)])),
        (4, (d, w) => w.Add("SISMEMBER", d.Key(), Member(d))),
        (3, (d, w) => w.Add(["SMISMEMBER", d.Key(), .. d.Many(1, 5, () => Member(d))])),
        (3, (d, w) => w.Add("SCARD", d.Key())),
        (6, (d, w) => w.Add(Comparison.Unordered, "SMEMBERS", d.Key())),
        (5, (d, w) => w.Add("SMOVE", d.Key(), d.Key(), Member(d))),
        (5, (d, w) => w.Add(Comparison.Unordered, ["SINTER", .. d.SomeKeys(1, 4)])),
        (5, (d, w) => w.Add(Comparison.Unordered, ["SUNION", .. d.SomeKeys(1, 8)])),
        (5, (d, w) => w.Add(Comparison.Unordered, ["SDIFF", .. d.SomeKeys(1, 6)])),
        (3, (d, w) => w.Add(["SINTERSTORE", d.Key(), .. d.SomeKeys(1, 3)])),
        (3, (d, w) => w.Add(["SUNIONSTORE", d.Key(), .. d.SomeKeys(1, 6)])),
        (3, (d, w) => w.Add(["SDIFFSTORE", d.Key(), .. d.SomeKeys(1, 5)])),
        (1, ManyKeys),
        (5, InterCard),
        (4, Pop),
        (3, RandomMember),
        (2, InvalidRandom),
        (3, Scan),
        (1, InvalidScan),
        (1, (d, w) => w.Add("SET", d.Key(), d.Value())),
        (3, (d, w) => w.Add(["DEL", .. d.SomeKeys(1, 4)])),
        (2, (d, w) => w.Add("OBJECT", "ENCODING", d.Key())),
        (2, (d, w) => w.Add("COPY", d.Key(), d.Key(), "REPLACE")),
        (1, (d, w) => w.Add("RENAME", d.Key(), d.Key())),
    ];

    // Few enough for the sets to meet; around the limits of the three widths, too.
    private static string Member(Draw d) => d.Between(0, 10) switch
    {
        < 4 => d.Between(-12, 12).ToString(),
        4 => d.Pick("32767", "32768", "-32768", "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
            "-9223372036854775808", "9223372036854775808"),
        5 => d.Pick("", "01", "-0", "+1", "1.5", " 1", "bin\0\r\n\xff"),
        6 when d.Chance(0.2) => new string('m', (int)d.Pick(63L, 64, 65, 254, 255, 256, 5000)),
        _ => ((char)('a' + d.Between(0, 12))).ToString(),
    };

    // Many members, around the sizes at which encodings end.
    private static string[] Range(Draw d)
    {
        long first = d.Between(-300, 40_000);
        int count = (int)d.Pick(20L, 126, 127, 128, 129, 300, 511, 512, 513, 700);
        string prefix = d.Pick("", "", "m", "member:");
        return [.. Enumerable.Range(0, count).Select(i => prefix + (first + i))];
    }

    private static string[] Filling(Draw d) => d.Chance(0.3) ? Range(d) : d.Many(1, 9, () => Member(d));

    private static void Renew(Draw d, StepWriter w, string key, string[] members)
    {
        w.AddUnspoilt(Comparison.Exact, "DEL", key);
        w.AddUnspoilt(Comparison.Exact, ["SADD", key, .. members]);
    }

    private static void Pop(Draw d, StepWriter w)
    {
        string key = d.Key();
        if (d.Chance(0.3))
        {
            // Whatever there is, all of it; or nothing.
            w.AddUnspoilt(Comparison.Unordered, "SPOP", key, d.Pick("0", "100000", "9223372036854775807", "-1", "abc", "9223372036854775808"));
            w.AddUnspoilt(Comparison.Exact, "EXISTS", key);
            return;
        }
        Renew(d, w, key, Filling(d));
        w.AddUnspoilt(Comparison.Shape, d.Chance(0.3) ? ["SPOP", key, "0"] : ["SCARD", key]);
        string[] command = d.Chance(0.4) ? ["SPOP", key] : ["SPOP", key, d.Pick(d.Between(1, 10), d.Between(100, 600), 125, 250).ToString()];
        w.AddUnspoilt(Comparison.Ignored, command);
        w.AddUnspoilt(Comparison.Exact, "SCARD", key);
        w.AddUnspoilt(Comparison.Exact, "TYPE", key);
        Renew(d, w, key, Filling(d));
    }

    private static void RandomMember(Draw d, StepWriter w)
    {
        // Of members of one length all replies have the same shape.
        string key = d.Key();
        Renew(d, w, key, d.Many(1, 9, () => ((char)('a' + d.Between(0, 12))).ToString()));
        w.Add(Comparison.Shape, d.Chance(0.3) ? ["SRANDMEMBER", key] : ["SRANDMEMBER", key, d.Between(-20, 20).ToString()]);
        if (d.Chance(0.3))
            w.AddUnspoilt(Comparison.Shape, d.Pick<string[]>(["SPOP", "missing"], ["SPOP", "missing", "2"], ["SRANDMEMBER", "missing"],
                ["SRANDMEMBER", "missing", "-3"], ["SRANDMEMBER", "missing", "3"]));
        w.AddUnspoilt(Comparison.Unordered, "SRANDMEMBER", key, "100");
    }

    private static void InvalidRandom(Draw d, StepWriter w)
    {
        string key = d.Key();
        w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(["SPOP"], ["SPOP", key, "1", "2"], ["SPOP", key, "-1"], ["SPOP", key, "1.5"], ["SRANDMEMBER"],
            ["SRANDMEMBER", key, "1", "2"], ["SRANDMEMBER", key, "abc"], ["SRANDMEMBER", key, "-9223372036854775808"],
            ["SRANDMEMBER", key, "9223372036854775808"], ["SRANDMEMBER", key, ""]));
    }

    // More operands than the stack holds.
    private static void ManyKeys(Draw d, StepWriter w)
    {
        string[] keys = d.SomeKeys(60, 70);
        w.AddUnspoilt(Comparison.Unordered, d.Pick<string[]>(["SUNION", .. keys], ["SINTER", .. keys], ["SDIFF", .. keys],
            ["SUNIONSTORE", .. keys], ["SDIFFSTORE", .. keys], ["SINTERCARD", keys.Length.ToString(), .. keys]));
    }

    private static void InterCard(Draw d, StepWriter w)
    {
        string[] keys = d.SomeKeys(1, 4);
        string count = d.Chance(0.9) ? keys.Length.ToString() : d.Pick("0", "-1", "abc", "1", "9", "99999999999", "");
        string[] limit = d.Between(0, 4) switch
        {
            0 => ["LIMIT", d.Pick("-1", "abc", "9223372036854775808", "")],
            1 => [d.Pick("LIMIT", "FOO")],
            2 => [d.Case("LIMIT"), d.Between(0, 8).ToString()],
            _ => [],
        };
        w.Add(["SINTERCARD", count, .. keys, .. limit]);
    }

    private static void Scan(Draw d, StepWriter w)
    {
        IEnumerable<string> options = d.Many(0, 2, () => d.Chance(0.5)
            ? [d.Case("MATCH"), d.Pick("*", "m*", "?", "*1", "[a-f]", "nothing")]
            : new[] { d.Case("COUNT"), d.Pick("1", "2", "10", "1000", "9223372036854775807") }).SelectMany(o => o);
        w.AddUnspoilt(Comparison.Scan, ["SSCAN", d.Key(), "0", .. options]);
    }

    private static void InvalidScan(Draw d, StepWriter w)
    {
        string key = d.Key();
        w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(["SSCAN", key], ["SSCAN", key, "abc"], ["SSCAN", key, "18446744073709551616"],
            ["SSCAN", key, "0", "COUNT", "0"], ["SSCAN", key, "0", "COUNT", "abc"], ["SSCAN", key, "0", "COUNT"], ["SSCAN", key, "0", "FOO", "BAR"],
            ["SSCAN", "missing", "0", "FOO"], ["SSCAN", "missing", "x"]));
    }
}
