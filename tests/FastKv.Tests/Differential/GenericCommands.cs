using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for the commands on keys of any type, on expiry and on whole databases.</summary>
public static class GenericCommands
{
    private const long SecondsTolerance = 20;
    private const long MillisecondsTolerance = 20_000;

    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (6, (d, w) => w.Add("SET", d.Key(), d.Value())),
        (3, (d, w) => w.Add(["DEL", .. d.SomeKeys(1, 4)])),
        (2, (d, w) => w.Add(["UNLINK", .. d.SomeKeys(1, 3)])),
        (3, (d, w) => w.Add(["EXISTS", .. d.SomeKeys(1, 5)])),
        (3, (d, w) => w.Add("TYPE", d.Key())),
        (2, (d, w) => w.Add(["TOUCH", .. d.SomeKeys(1, 4)])),
        (4, (d, w) => w.Add("RENAME", d.Key(), d.Key())),
        (3, (d, w) => w.Add("RENAMENX", d.Key(), d.Key())),
        (4, (d, w) => w.Add(["COPY", d.Key(), d.Key(), .. d.Many(0, 3, () => CopyOption(d)).SelectMany(o => o)])),
        (3, (d, w) => w.Add("MOVE", d.Key(), d.Database())),
        (3, (d, w) => w.Add("SELECT", d.Database())),
        (1, (d, w) => w.Add("SWAPDB", d.Database(), d.Database())),
        (1, (d, w) => w.AddUnspoilt(Comparison.RandomKey, "RANDOMKEY")),
        (2, (d, w) => w.Add(Comparison.Unordered, "KEYS", Pattern(d))),
        (2, Scan),
        (2, InvalidScan),
        (3, (d, w) => w.Add("DBSIZE")),
        (4, (d, w) => w.Add(["EXPIRE", d.Key(), d.Seconds(), .. d.Many(0, 2, () => ExpireOption(d))])),
        (3, (d, w) => w.Add(["PEXPIRE", d.Key(), d.Milliseconds(), .. d.Many(0, 2, () => ExpireOption(d))])),
        (4, (d, w) => w.Add(["EXPIREAT", d.Key(), d.UnixSeconds(), .. d.Many(0, 2, () => ExpireOption(d))])),
        (4, (d, w) => w.Add(["PEXPIREAT", d.Key(), d.UnixMilliseconds(), .. d.Many(0, 2, () => ExpireOption(d))])),
        (3, (d, w) => w.Add(Comparison.Near, SecondsTolerance, "TTL", d.Key())),
        (3, (d, w) => w.Add(Comparison.Near, MillisecondsTolerance, "PTTL", d.Key())),
        (3, (d, w) => w.Add(Comparison.Near, SecondsTolerance, "EXPIRETIME", d.Key())),
        (3, (d, w) => w.Add(Comparison.Near, MillisecondsTolerance, "PEXPIRETIME", d.Key())),
        (3, (d, w) => w.Add("PERSIST", d.Key())),
        (3, (d, w) => w.Add("OBJECT", d.Case("ENCODING"), d.Key())),
        (1, (d, w) => w.Add("OBJECT", d.Case("REFCOUNT"), d.Key())),
        (1, (d, w) => w.Add(Comparison.Near, SecondsTolerance, "OBJECT", d.Case("IDLETIME"), d.Key())),
        (1, (d, w) => w.Add("OBJECT", d.Pick("FREQ", "FOO", ""), d.Key())),
        (1, Flush),
    ];

    private static string[] CopyOption(Draw d) => d.Chance(0.5) ? [d.Case("DB"), d.Database()] : [d.Chance(0.9) ? d.Case("REPLACE") : "FOO"];

    private static string ExpireOption(Draw d) => d.Chance(0.95) ? d.Case(d.Pick("NX", "XX", "GT", "LT")) : d.Pick("", "FOO", "1");

    private static string Pattern(Draw d) =>
        d.Pick("*", "*", "k*", "k?", "k[1-2]", "k[^1]", "{t}*", "\\{t}?", "[a-", "", "?", "**", "*t*", "k\\1", "K*", "[k]2", "b*\xff*", "nothing", "k[2-1]",
            "*[", "a*z*z");

    private static void Scan(Draw d, StepWriter w)
    {
        IEnumerable<string> options = d.Many(0, 3, () => d.Between(0, 3) switch
        {
            0 => [d.Case("MATCH"), Pattern(d)],
            1 => [d.Case("COUNT"), d.Pick("1", "2", "10", "1000", "9223372036854775807")],
            _ => new[] { d.Case("TYPE"), d.Case(d.Pick("string", "string", "list", "zset", "foo")) },
        }).SelectMany(o => o);
        w.AddUnspoilt(Comparison.Scan, ["SCAN", d.Chance(0.9) ? "0" : "", .. options]);
    }

    private static void InvalidScan(Draw d, StepWriter w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(
        ["SCAN"], ["SCAN", "abc"], ["SCAN", "18446744073709551616"], ["SCAN", "0", "COUNT", "0"],
        ["SCAN", "0", "COUNT", "-1"], ["SCAN", "0", "COUNT", "abc"], ["SCAN", "0", "COUNT"], ["SCAN", "0", "MATCH"], ["SCAN", "0", "TYPE"],
        ["SCAN", "0", "FOO", "BAR"], ["SCAN", " 0"], ["SCAN", "0x"], ["SCAN", "0", "COUNT", "9223372036854775808"]));

    private static void Flush(Draw d, StepWriter w)
    {
        // Rare, or the databases would never fill.
        if (d.Chance(0.8))
            w.Add("DBSIZE");
        else
            w.Add([d.Pick("FLUSHDB", "FLUSHDB", "FLUSHALL"), .. d.Many(0, 1, () => d.Case(d.Pick("ASYNC", "SYNC", "FOO")))]);
    }
}
