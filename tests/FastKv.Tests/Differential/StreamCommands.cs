using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>
/// Generators for the stream commands of Redis 7.0. IDs are given, small and from few milliseconds, so that commands meet each other's entries; what the
/// server's clock decides (automatic IDs, idle times) is compared by shape.
/// </summary>
public static class StreamCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (30, Add),
        (2, AddMany),
        (2, AddAutomatic),
        (1, (d, w) => w.Add("SET", Key(d), d.Value())),
        (2, (d, w) => w.Add("DEL", Key(d))),
        (4, (d, w) => w.Add("XLEN", Key(d))),
        (10, (d, w) => w.Add(["XRANGE", Key(d), Start(d), End(d), .. Count(d)])),
        (8, (d, w) => w.Add(["XREVRANGE", Key(d), End(d), Start(d), .. Count(d)])),
        (6, (d, w) => w.Add(["XDEL", Key(d), .. d.Many(1, 5, () => Id(d))])),
        (6, (d, w) => w.Add(["XTRIM", Key(d), .. Trim(d)])),
        (2, SetId),
        (8, Read),
        (8, CreateGroup),
        (2, (d, w) => w.Add(["XGROUP", "SETID", Key(d), Group(d), d.Pick("$", "0", "-", "+", Id(d)), .. EntriesRead(d)])),
        (1, (d, w) => w.Add("XGROUP", "DESTROY", Key(d), Group(d))),
        (3, (d, w) => w.Add("XGROUP", "CREATECONSUMER", Key(d), Group(d), Consumer(d))),
        (1, (d, w) => w.Add("XGROUP", "DELCONSUMER", Key(d), Group(d), Consumer(d))),
        (14, ReadGroup),
        (6, (d, w) => w.Add(["XACK", Key(d), Group(d), .. d.Many(1, 4, () => Id(d))])),
        (8, Pending),
        (6, Claim),
        (5, AutoClaim),
        (8, Info),
        (1, (d, w) => w.Add(d.Pick("XINFO", "XGROUP"), d.Pick("HELP", "FOO", ""))),
        (1, (d, w) => w.Add("COPY", Key(d), Key(d), "REPLACE")),
        (1, (d, w) => w.Add("RENAME", Key(d), Key(d))),
        (1, (d, w) => w.Add("TYPE", Key(d))),
        (1, (d, w) => w.Add("OBJECT", "ENCODING", Key(d))),
        (1, NodeLimits),
    ];

    private static string Key(Draw d) => d.Chance(0.04) ? d.Key() : d.Pick("s1", "s1", "s2", "{t}s3");

    private static string Group(Draw d) => d.Pick("g1", "g1", "g2", "a\0b");

    private static string Consumer(Draw d) => d.Pick("c1", "c1", "c2", "c3", "");

    private static string Id(Draw d) => d.Between(0, 24) switch
    {
        0 => d.Pick("0", "0-0", "0-1", "*", "$", "-", "+", ">", "(1", "18446744073709551615", "18446744073709551615-18446744073709551615",
            "18446744073709551615-18446744073709551614"),
        1 => d.Pick("", "abc", "1-", "-1", "1-2-3", "1-*", "*-1", "1 -2", "01-02", "+1-1", " 1-1", "1--1", "1-+1", "99999999999999999999-1", "1.5", "-5-1", "1-1 ",
            new string('1', 130)),
        2 or 3 => d.Between(0, 12).ToString(),
        _ => $"{d.Between(1, 12)}-{d.Between(0, 6)}",
    };

    private static string Start(Draw d) => d.Chance(0.4) ? "-" : d.Chance(0.2) ? "(" + Id(d) : Id(d);

    private static string End(Draw d) => d.Chance(0.4) ? "+" : d.Chance(0.2) ? "(" + Id(d) : Id(d);

    private static string Small(Draw d) => d.Chance(0.08) ? d.Integer() : d.Between(0, 12).ToString();

    private static string[] Count(Draw d) => d.Chance(0.6) ? [] : [d.Case("COUNT"), Small(d)];

    private static string[] EntriesRead(Draw d) => d.Chance(0.7) ? [] : [d.Case("ENTRIESREAD"), d.Chance(0.2) ? d.Integer() : Small(d)];

    private static string[] Fields(Draw d) => d.Between(0, 6) switch
    {
        0 => [d.Value(), d.Value()],
        1 => [.. d.Many(1, 20, () => new[] { d.Pick("a", "b", "7"), d.Value() }).SelectMany(p => p)],
        2 => ["a", d.Value()],
        3 => ["a", d.Integer(), "b", d.Integer()],
        _ => ["a", d.Between(100, 200).ToString(), "b", d.Pick("x", "y", "zz")],
    };

    private static string[] Trim(Draw d)
    {
        bool isApproximate = d.Chance(0.5);
        string[] strategy = d.Chance(0.6) ? [d.Case("MAXLEN")] : [d.Case("MINID")];
        string[] way = isApproximate ? ["~"] : d.Chance(0.3) ? ["="] : [];
        string threshold = strategy[0].ToUpperInvariant() == "MINID" ? d.Chance(0.2) ? $"{d.Between(0, 400)}" : Id(d) : d.Chance(0.2) ? $"{d.Between(0, 400)}" : Small(d);
        string[] limit = d.Chance(isApproximate ? 0.4 : 0.03) ? [d.Case("LIMIT"), d.Chance(0.3) ? d.Between(0, 300).ToString() : Small(d)] : [];
        return [.. strategy, .. way, threshold, .. limit];
    }

    private static void Add(Draw d, StepWriter w)
    {
        string[] options = [.. d.Chance(0.05) ? new[] { d.Case("NOMKSTREAM") } : [], .. d.Chance(0.1) ? Trim(d) : []];
        string id = d.Between(0, 8) switch
        {
            0 => Id(d),
            1 => $"{d.Between(1, 12)}-*",
            2 => d.Pick("0-*", "12-*", "18446744073709551615-*"),
            _ => $"{d.Between(1, 12)}-{d.Between(0, 6)}",
        };

        // A few IDs reach the end of what is possible: such a stream takes no more, and is replaced.
        w.Add(["XADD", Key(d), .. options, id, .. Fields(d)]);
        if (d.Chance(0.02))
            w.Add("DEL", Key(d));
    }

    private static void AddMany(Draw d, StepWriter w)
    {
        // Enough for several blocks, which approximate trims remove.
        string key = d.Pick("s1", "s2", "{t}s3");
        if (d.Chance(0.7))
            w.AddUnspoilt(Comparison.Exact, "DEL", key);
        bool isWide = d.Chance(0.3);
        long count = d.Between(20, isWide ? 60 : 260);
        for (long i = 1; i <= count; i++)
        {
            string[] fields = isWide ? ["a", new string('v', (int)d.Between(50, 300)), "n", d.Integer()] : d.Chance(0.9) ? ["a", $"{i}", "b", "v"] : Fields(d);
            w.AddUnspoilt(Comparison.Exact, ["XADD", key, d.Chance(0.8) ? $"{i}-1" : $"{i}-*", .. fields]);
        }
        for (long deletions = d.Between(0, 8); deletions > 0; deletions--)
            w.Add("XDEL", key, $"{d.Between(1, count + 1)}-1");
        w.Add(["XTRIM", key, .. Trim(d)]);
        w.Add(["XTRIM", key, d.Pick("MAXLEN", "MINID"), "~", d.Between(0, count).ToString()]);
        w.Add("XLEN", key);
        w.Add(["XRANGE", key, Start(d), End(d), .. Count(d)]);
        w.Add(["XREVRANGE", key, $"{d.Between(1, count)}", "-", .. Count(d)]);
        w.Add("XINFO", "STREAM", key);
    }

    private static void AddAutomatic(Draw d, StepWriter w)
    {
        w.Add(Comparison.Shape, ["XADD", "auto", "*", .. Fields(d)]);
        w.Add("XLEN", "auto");
        if (d.Chance(0.3))
            w.Add("DEL", "auto");
    }

    private static void SetId(Draw d, StepWriter w)
    {
        string[] options = [.. d.Chance(0.4) ? new[] { d.Case("ENTRIESADDED"), Small(d) } : [], .. d.Chance(0.4) ? new[] { d.Case("MAXDELETEDID"), Id(d) } : []];
        w.Add(["XSETID", Key(d), d.Chance(0.7) ? $"{d.Between(5, 14)}-{d.Between(0, 6)}" : Id(d), .. options]);
    }

    // The IDs of XREAD leave out +, which is newer.
    private static string ReadId(Draw d)
    {
        string id = d.Chance(0.4) ? d.Pick("0", "$", "5") : Id(d);
        return id == "+" ? "0" : id;
    }

    private static void Read(Draw d, StepWriter w)
    {
        string[] keys = d.Many(1, 3, () => Key(d));
        w.Add(["XREAD", .. Count(d), "STREAMS", .. keys, .. keys.Select(_ => ReadId(d))]);
    }

    private static void CreateGroup(Draw d, StepWriter w)
    {
        string[] options = [.. d.Chance(0.6) ? new[] { d.Case("MKSTREAM") } : [], .. EntriesRead(d)];
        w.Add(["XGROUP", d.Case("CREATE"), Key(d), Group(d), d.Pick("0", "0", "$", Id(d)), .. options]);
    }

    private static void ReadGroup(Draw d, StepWriter w)
    {
        string[] keys = d.Many(1, 2, () => Key(d));
        string[] options = [.. Count(d), .. d.Chance(0.15) ? new[] { d.Case("NOACK") } : []];
        w.Add(["XREADGROUP", "GROUP", Group(d), Consumer(d), .. options, "STREAMS", .. keys, .. keys.Select(_ => d.Chance(0.7) ? ">" : ReadId(d))]);
    }

    private static void Pending(Draw d, StepWriter w)
    {
        string key = Key(d);
        if (d.Chance(0.4))
        {
            w.Add("XPENDING", key, Group(d));
            return;
        }

        // Idle times are those of two clocks; no entry is idle for hours.
        string[] idle = d.Chance(0.2) ? [d.Case("IDLE"), d.Pick("0", "10000000", "-1")] : [];
        string[] consumer = d.Chance(0.4) ? [Consumer(d)] : [];
        w.Add(Comparison.StreamTimes, ["XPENDING", key, Group(d), .. idle, Start(d), End(d), Small(d), .. consumer]);
    }

    private static void Claim(Draw d, StepWriter w)
    {
        string[] options = [.. d.Many(0, 3, () => d.Between(0, 8) switch
        {
            0 => [d.Case("FORCE")],
            1 => [d.Case("JUSTID")],
            2 => [d.Case("IDLE"), d.Pick("0", "1000", d.Integer())],
            3 => [d.Case("TIME"), d.Pick("1", "1000000000000", d.Integer())],
            4 => [d.Case("RETRYCOUNT"), Small(d)],
            5 => [d.Case("LASTID"), Id(d)],
            6 => [d.Case("FORCE"), "JUSTID"],
            _ => new[] { d.Pick("FOO", "COUNT") },
        }).SelectMany(o => o)];
        w.Add(["XCLAIM", Key(d), Group(d), Consumer(d), d.Pick("0", "0", "10000000", "-1", "x"), .. d.Many(1, 4, () => Id(d)), .. options]);
    }

    private static void AutoClaim(Draw d, StepWriter w)
    {
        string[] options = [.. d.Chance(0.5) ? new[] { d.Case("COUNT"), d.Pick("1", "2", "5", "0", "-1", "x") } : [], .. d.Chance(0.4) ? new[] { d.Case("JUSTID") } : []];
        w.Add(["XAUTOCLAIM", Key(d), Group(d), Consumer(d), d.Pick("0", "0", "10000000", "-1", "x"), Start(d), .. options]);
    }

    private static void Info(Draw d, StepWriter w)
    {
        string key = Key(d);
        switch (d.Between(0, 5))
        {
            case 0 or 1:
                w.Add("XINFO", d.Case("STREAM"), key);
                break;
            case 2:
                w.Add("XINFO", d.Case("GROUPS"), key);
                break;
            case 3:
                w.Add(Comparison.StreamTimes, "XINFO", d.Case("CONSUMERS"), key, Group(d));
                break;
            default:
                w.Add(Comparison.StreamTimes, ["XINFO", d.Case("STREAM"), key, d.Case("FULL"), .. Count(d)]);
                break;
        }
    }

    private static void NodeLimits(Draw d, StepWriter w)
    {
        w.AddUnspoilt(Comparison.Exact, "CONFIG", "SET", "stream-node-max-entries", d.Pick("100", "100", "10", "3", "0"));
        w.AddUnspoilt(Comparison.Exact, "CONFIG", "SET", "stream-node-max-bytes", d.Pick("4096", "4096", "200", "0"));
    }
}
