using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for the string commands of Redis 7.0.</summary>
public static class StringCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (8, (d, w) => w.Add("SET", d.Key(), d.Value())),
        (8, SetWithOptions),
        (1, ShortLife),
        (2, (d, w) => w.Add("SETNX", d.Key(), d.Value())),
        (2, (d, w) => w.Add("SETEX", d.Key(), d.Seconds(), d.Value())),
        (2, (d, w) => w.Add("PSETEX", d.Key(), d.Milliseconds(), d.Value())),
        (8, (d, w) => w.Add("GET", d.Key())),
        (2, (d, w) => w.Add("GETSET", d.Key(), d.Value())),
        (2, (d, w) => w.Add("GETDEL", d.Key())),
        (3, GetEx),
        (3, (d, w) => w.Add(["MGET", .. d.SomeKeys(1, 6)])),
        (3, (d, w) => w.Add(["MSET", .. d.Many(1, 4, () => new[] { d.Key(), d.Value() }).SelectMany(p => p)])),
        (2, (d, w) => w.Add(["MSETNX", .. d.Many(1, 3, () => new[] { d.Key(), d.Value() }).SelectMany(p => p)])),
        (2, (d, w) => w.Add("INCR", d.Key())),
        (2, (d, w) => w.Add("DECR", d.Key())),
        (3, (d, w) => w.Add("INCRBY", d.Key(), d.Integer())),
        (3, (d, w) => w.Add("DECRBY", d.Key(), d.Integer())),
        (3, (d, w) => w.Add("INCRBYFLOAT", d.Key(), d.Float())),
        (3, (d, w) => w.Add("APPEND", d.Key(), d.Value())),
        (3, (d, w) => w.Add("SETRANGE", d.Key(), d.WriteOffset(), d.Chance(0.2) ? "" : d.Value())),
        (3, (d, w) => w.Add("GETRANGE", d.Key(), d.Index(), d.Index())),
        (1, (d, w) => w.Add("SUBSTR", d.Key(), d.Index(), d.Index())),
        (3, (d, w) => w.Add("STRLEN", d.Key())),
        (2, Lcs),
        (1, BigValue),
    ];

    private static void SetWithOptions(Draw d, StepWriter w)
    {
        string key = d.Key();
        IEnumerable<string> options = d.Many(1, 3, () => Option(d)).SelectMany(o => o);
        w.Add(["SET", key, d.Value(), .. options]);
        // SET with a time in the past leaves the key to lazy or active expiry; looking at it makes the key count of both servers agree.
        w.AddUnspoilt(Comparison.Exact, "EXISTS", key);
    }

    private static string[] Option(Draw d) => d.Between(0, 10) switch
    {
        0 => [d.Case("NX")],
        1 => [d.Case("XX")],
        2 or 3 => [d.Case("GET")],
        4 => [d.Case("KEEPTTL")],
        5 => [d.Case("EX"), d.Seconds()],
        6 => [d.Case("PX"), d.Milliseconds()],
        7 => [d.Case("EXAT"), d.UnixSeconds()],
        8 => [d.Case("PXAT"), d.UnixMilliseconds()],
        _ => [d.Pick("EX", "PX", "PERSIST", "", "FOO")],
    };

    private static void GetEx(Draw d, StepWriter w)
    {
        string[] options = d.Between(0, 7) switch
        {
            0 => [],
            1 => [d.Case("PERSIST")],
            2 => [d.Case("EX"), d.Seconds()],
            3 => [d.Case("PX"), d.Milliseconds()],
            4 => [d.Case("EXAT"), d.UnixSeconds()],
            5 => [d.Case("PXAT"), d.UnixMilliseconds()],
            _ => [.. Option(d), .. Option(d)],
        };
        w.Add(["GETEX", d.Key(), .. options]);
    }

    private static void ShortLife(Draw d, StepWriter w)
    {
        // Most draws only look: each pause costs the run its milliseconds.
        string key = d.Key();
        if (d.Chance(0.9))
        {
            w.Add("GET", key);
            return;
        }
        w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(["SET", key, "v", "PX", "3"], ["PSETEX", key, "3", "v"], ["PEXPIRE", key, "3"],
            ["GETEX", key, "PX", "3"]));
        w.Pause(12);
        w.AddUnspoilt(Comparison.Exact, d.Pick("GET", "EXISTS", "STRLEN", "TTL", "TYPE"), key);
        w.AddUnspoilt(Comparison.Exact, "EXISTS", key);
    }

    private static void Lcs(Draw d, StepWriter w)
    {
        if (d.Chance(0.5))
            w.Add("MSET", "{t}a", d.Word(), "{t}b", d.Word());
        string[] keys = d.Chance(0.8) ? ["{t}a", "{t}b"] : d.SomeKeys(2, 2);
        IEnumerable<string> options = d.Many(0, 3, () => d.Between(0, 5) switch
        {
            0 => [d.Case("LEN")],
            1 or 2 => [d.Case("IDX")],
            3 => [d.Case("WITHMATCHLEN")],
            _ => new[] { d.Case("MINMATCHLEN"), d.Pick("0", "1", "2", "3", "-1", "abc", "99") },
        }).SelectMany(o => o);
        w.Add(["LCS", .. keys, .. options]);
    }

    // Values up to 4 MB live under keys of their own, so that a GET of an ordinary key never moves megabytes.
    private static void BigValue(Draw d, StepWriter w)
    {
        if (d.Chance(0.8))
        {
            w.Add("STRLEN", "big");
            return;
        }
        w.AddUnspoilt(Comparison.Exact, "SETRANGE", "big", d.Between(0, 4 << 20).ToString(), d.Value());
        w.AddUnspoilt(Comparison.Exact, "GETRANGE", "big", d.Between(-100, 4 << 20).ToString(), "-1000000");
        w.Add("GETRANGE", "big", "-40", "-1");
        w.Add("STRLEN", "big");
        if (d.Chance(0.5))
            w.Add("DEL", "big");
    }
}
