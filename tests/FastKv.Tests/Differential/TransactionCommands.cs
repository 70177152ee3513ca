using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for MULTI, EXEC, DISCARD, WATCH and UNWATCH, with commands of all types in between.</summary>
public static class TransactionCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (10, Whole),
        (4, (d, w) => w.Add(["WATCH", .. d.SomeKeys(1, 4)])),
        (2, (d, w) => w.Add("UNWATCH")),
        (2, (d, w) => w.Add("MULTI")),
        (3, (d, w) => w.Add("EXEC")),
        (1, (d, w) => w.Add("DISCARD")),
        (8, (d, w) => w.Add(Command(d))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, "RESET")),
        (1, WatchedExpiry),
    ];

    private static void Whole(Draw d, StepWriter w)
    {
        if (d.Chance(0.5))
            w.Add(["WATCH", .. d.SomeKeys(1, 3)]);
        if (d.Chance(0.4))
            w.Add(Command(d));
        w.Add("MULTI");
        for (long i = d.Between(0, 7); i > 0; i--)
            w.Add(Command(d));
        w.Add(d.Chance(0.9) ? "EXEC" : "DISCARD");
    }

    private static void WatchedExpiry(Draw d, StepWriter w)
    {
        string key = d.Key();
        w.AddWithNext("SET", key, "v", "PX", d.Pick("40", "10000"));
        if (d.Chance(0.3))
            w.Pause(60);
        w.AddUnspoilt(Comparison.Exact, "WATCH", key);
        w.Pause(60);
        w.AddUnspoilt(Comparison.Exact, "MULTI");
        w.Add(Command(d));
        w.AddUnspoilt(Comparison.Exact, "EXEC");
    }

    private static string[] Command(Draw d) => d.Between(0, 32) switch
    {
        0 or 1 => ["SET", d.Key(), d.Value()],
        2 => ["GET", d.Key()],
        3 => ["INCR", d.Key()],
        4 => ["APPEND", d.Key(), d.Word()],
        5 => ["MSET", d.Key(), d.Value(), d.Key(), d.Value()],
        6 => ["MGET", .. d.SomeKeys(1, 4)],
        7 => ["DEL", .. d.SomeKeys(1, 3)],
        8 => ["EXISTS", .. d.SomeKeys(1, 3)],
        9 => ["RENAME", d.Key(), d.Key()],
        10 => ["COPY", d.Key(), d.Key(), "REPLACE"],
        11 => ["MSETNX", d.Key(), "1", d.Key(), "2"],
        12 => ["EXPIRE", d.Key(), "1000"],
        13 => ["PERSIST", d.Key()],
        14 => ["TYPE", d.Key()],
        15 => ["STRLEN", d.Key()],
        16 => ["SELECT", d.Pick("0", "1")],
        17 => ["SWAPDB", "0", "1"],
        18 => ["FLUSHDB"],
        19 => ["PING"],
        20 => ["ECHO", d.Word()],
        21 => ["BITOP", "OR", d.Key(), d.Key(), d.Key()],
        22 => ["MOVE", d.Key(), "1"],
        23 => ["RPUSH", d.Key(), d.Word()],
        24 => ["LRANGE", d.Key(), "0", "-1"],
        25 => ["BLPOP", d.Key(), d.Key(), "0.01"],
        26 => ["HSET", d.Key(), "f", d.Word()],
        27 => ["ZADD", d.Key(), "1", "m"],
        28 => ["BLMOVE", d.Key(), d.Key(), "LEFT", "RIGHT", "0.01"],
        29 => ["SADD", d.Key(), "7"],
        30 => ["SETRANGE", d.Key(), "3", "xyz"],
        _ => ["GETDEL", d.Key()],
    };
}
