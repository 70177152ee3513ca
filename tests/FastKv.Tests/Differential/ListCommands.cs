using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>
/// Generators for the list commands of Redis 7.0. Blocking ones wait for a hundredth of a second, and are never spoilt: a stray 0 would wait for ever.
/// </summary>
public static class ListCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (8, (d, w) => w.Add(["RPUSH", d.Key(), .. Elements(d)])),
        (8, (d, w) => w.Add(["LPUSH", d.Key(), .. Elements(d)])),
        (2, (d, w) => w.Add(["LPUSHX", d.Key(), .. Elements(d)])),
        (2, (d, w) => w.Add(["RPUSHX", d.Key(), .. Elements(d)])),
        (3, (d, w) => w.Add(d.Pick("LPOP", "RPOP"), d.Key())),
        (3, (d, w) => w.Add(d.Pick("LPOP", "RPOP"), d.Key(), d.Chance(0.8) ? d.Between(0, 40).ToString() : d.Integer())),
        (3, (d, w) => w.Add("LLEN", d.Key())),
        (5, (d, w) => w.Add("LINDEX", d.Key(), Index(d))),
        (4, (d, w) => w.Add("LSET", d.Key(), Index(d), Element(d))),
        (6, (d, w) => w.Add("LRANGE", d.Key(), Index(d), Index(d))),
        (2, (d, w) => w.Add("LRANGE", d.Key(), "0", "-1")),
        (3, Trim),
        (5, (d, w) => w.Add("LINSERT", d.Key(), d.Chance(0.95) ? d.Case(d.Pick("BEFORE", "AFTER")) : "ASIDE", Element(d), Element(d))),
        (4, (d, w) => w.Add("LREM", d.Key(), d.Chance(0.8) ? d.Between(-4, 5).ToString() : d.Integer(), Element(d))),
        (5, Position),
        (4, (d, w) => w.Add("LMOVE", d.Key(), d.Key(), End(d), End(d))),
        (2, (d, w) => w.Add("RPOPLPUSH", d.Key(), d.Key())),
        (2, Rotate),
        (3, (d, w) => w.Add(["LMPOP", .. KeysAndEnd(d)])),
        (2, BlockingPop),
        (1, BlockingMove),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, ["BLMPOP", Timeout(d), .. KeysAndEnd(d)])),
        (1, Many),
        (1, BigElement),
        (2, (d, w) => w.Add("DEL", d.Key())),
        (1, (d, w) => w.Add("SET", d.Key(), d.Value())),
        (1, (d, w) => w.Add("COPY", d.Key(), d.Key(), "REPLACE")),
        (1, (d, w) => w.Add("RENAME", d.Key(), d.Key())),
        (1, (d, w) => w.Add("TYPE", d.Key())),
    ];

    // Few different ones, so that searches find several; some of any form.
    private static string Element(Draw d) => d.Chance(0.75) ? d.Pick("a", "b", "c", "1", "-5", "300", "70000", "a longer element of the list") : d.Value();

    private static string[] Elements(Draw d) => d.Many(1, d.Chance(0.1) ? 30 : 4, () => Element(d));

    private static string Index(Draw d) => d.Chance(0.85) ? d.Between(-30, 30).ToString() : d.Chance(0.5) ? d.Between(-2000, 2000).ToString() : d.Index();

    private static string End(Draw d) => d.Chance(0.95) ? d.Case(d.Pick("LEFT", "RIGHT")) : d.Pick("", "UP", "LEFT ");

    private static string Timeout(Draw d) => d.Chance(0.8)
        ? d.Pick("0.01", "0.001", "0.0099", "1e-2")
        : d.Pick("-1", "abc", "", "nan", " 1", "-0.5", "0.01x", "-inf");

    private static string[] KeysAndEnd(Draw d)
    {
        string[] keys = d.SomeKeys(1, 3);
        string count = d.Chance(0.92) ? keys.Length.ToString() : d.Pick("0", "-1", "abc", "2", "5", "9223372036854775807");
        string[] options = d.Between(0, 4) switch
        {
            0 or 1 => [],
            2 => [d.Case("COUNT"), d.Between(1, 12).ToString()],
            _ => d.Pick<string[]>(["COUNT"], ["COUNT", "0"], ["COUNT", "-1"], ["COUNT", "abc"], ["COUNT", "2", "COUNT", "3"],
                ["COUNT", "9223372036854775807"], ["X"]),
        };
        return [count, .. keys, End(d), .. options];
    }

    // Large lists only lose their ends, so that there are some.
    private static void Trim(Draw d, StepWriter w)
    {
        if (d.Chance(0.3))
            w.Add("LTRIM", d.Key(), Index(d), Index(d));
        else
            w.Add("LTRIM", d.Key(), d.Between(-1, 4).ToString(), d.Between(-4, 0).ToString());
    }

    private static void Position(Draw d, StepWriter w)
    {
        IEnumerable<string> options = d.Many(0, 3, () => d.Between(0, 7) switch
        {
            0 or 1 => [d.Case("RANK"), d.Between(-4, 5).ToString()],
            2 or 3 => [d.Case("COUNT"), d.Between(-1, 5).ToString()],
            4 => [d.Case("MAXLEN"), d.Between(-1, 40).ToString()],
            5 => [d.Case("RANK"), d.Pick("9223372036854775807", "-9223372036854775807", "abc", "9223372036854775808")],
            _ => new[] { d.Pick("RANK", "COUNT", "MAXLEN", "X"), d.Pick("", "abc", "0", "1.5") },
        }).SelectMany(o => o);
        w.Add(["LPOS", d.Key(), Element(d), .. options]);
    }

    private static void Rotate(Draw d, StepWriter w)
    {
        string key = d.Key();
        w.Add("LMOVE", key, key, End(d), End(d));
    }

    private static void BlockingPop(Draw d, StepWriter w) =>
        w.AddUnspoilt(Comparison.Exact, [d.Pick("BLPOP", "BRPOP"), .. d.SomeKeys(1, 3), Timeout(d)]);

    private static void BlockingMove(Draw d, StepWriter w)
    {
        if (d.Chance(0.6))
            w.AddUnspoilt(Comparison.Exact, "BLMOVE", d.Key(), d.Key(), End(d), End(d), Timeout(d));
        else
            w.AddUnspoilt(Comparison.Exact, "BRPOPLPUSH", d.Key(), d.Key(), Timeout(d));
    }

    // Enough for several nodes, in the middle of which something is then changed.
    private static void Many(Draw d, StepWriter w)
    {
        string key = d.Key();
        for (int i = 0; i < 6; i++)
        {
            string[] elements = d.Many(100, 300, () => d.Chance(0.9) ? d.Between(0, 100_000_000).ToString() : Element(d));
            w.AddUnspoilt(Comparison.Exact, [d.Pick("RPUSH", "LPUSH"), key, .. elements]);
        }
        for (int i = 0; i < 12; i++)
        {
            string index = d.Between(-1000, 1000).ToString();
            w.Add("LINDEX", key, index);
            w.Add("LSET", key, index, d.Chance(0.7) ? "pivot" : d.Value());
            w.Add("LINSERT", key, d.Pick("BEFORE", "AFTER"), "pivot", Element(d));
            w.Add("LRANGE", key, index, d.Between(-1000, 1000).ToString());
        }
        w.Add("LREM", key, d.Between(-3, 4).ToString(), "pivot");
        w.Add("LPOS", key, Element(d), "RANK", d.Between(1, 4).ToString(), "COUNT", "0");
        w.Add(d.Pick("LPOP", "RPOP"), key, d.Between(1, 900).ToString());
        w.Add("LTRIM", key, d.Between(0, 500).ToString(), d.Between(-500, -1).ToString());
        w.AddUnspoilt(Comparison.Exact, "LRANGE", key, "0", "-1");
    }

    private static void BigElement(Draw d, StepWriter w)
    {
        string key = d.Key();
        string big = new((char)d.Between('a', 'e'), (int)d.Pick(250L, 4094, 4095, 4096, 8185, 9000, 20_000));
        w.Add(d.Pick("RPUSH", "LPUSH"), key, "x", big, "y");
        w.Add("LSET", key, Index(d), big);
        w.Add("LINSERT", key, d.Pick("BEFORE", "AFTER"), d.Chance(0.5) ? big : "y", d.Chance(0.5) ? big : "z");
        w.Add("LMOVE", key, d.Chance(0.5) ? key : d.Key(), End(d), End(d));
        w.Add("LSET", key, Index(d), "small again");
        w.Add("LPOS", key, big);
        w.Add("LREM", key, "-1", big);
        w.Add("LTRIM", key, "-20", "-1");
    }
}
