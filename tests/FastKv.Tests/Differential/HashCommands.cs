using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for the hash commands of Redis 7.0.</summary>
public static class HashCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (10, (d, w) => w.Add(["HSET", d.Key(), .. Pairs(d, 1, 6)])),
        (2, (d, w) => w.Add(["HMSET", d.Key(), .. Pairs(d, 1, 4)])),
        (2, (d, w) => w.Add("HSETNX", d.Key(), Field(d), d.Value())),
        (6, (d, w) => w.Add("HGET", d.Key(), Field(d))),
        (3, (d, w) => w.Add(["HMGET", d.Key(), .. d.Many(1, 5, () => Field(d))])),
        (3, (d, w) => w.Add(Comparison.UnorderedPairs, "HGETALL", d.Key())),
        (2, (d, w) => w.Add(Comparison.Unordered, "HKEYS", d.Key())),
        (2, (d, w) => w.Add(Comparison.Unordered, "HVALS", d.Key())),
        (3, (d, w) => w.Add("HLEN", d.Key())),
        (2, (d, w) => w.Add("HSTRLEN", d.Key(), Field(d))),
        (2, (d, w) => w.Add("HEXISTS", d.Key(), Field(d))),
        (5, (d, w) => w.Add(["HDEL", d.Key(), .. d.Many(1, 4, () => Field(d))])),
        (4, (d, w) => w.Add("HINCRBY", d.Key(), Field(d), d.Integer())),
        (4, (d, w) => w.Add("HINCRBYFLOAT", d.Key(), Field(d), d.Float())),
        (3, RandomField),
        (3, Scan),
        (1, Fill),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, "OBJECT", "ENCODING", d.Key())),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, "CONFIG", "SET", "hash-max-listpack-entries", d.Pick("0", "4", "128", "512"))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, "CONFIG", "SET", "hash-max-listpack-value", d.Pick("0", "16", "64", "1000"))),
        (2, (d, w) => w.Add("SET", d.Key(), d.Value())),
        (2, (d, w) => w.Add("DEL", d.Key())),
    ];

    private static string Field(Draw d) => d.Between(0, 12) switch
    {
        0 => d.Value(),
        1 => d.Binary((int)d.Between(0, 90)),
        2 => "",
        3 => d.Between(0, 300).ToString(),
        _ => "f" + d.Between(0, 12),
    };

    private static IEnumerable<string> Pairs(Draw d, int min, int max) => d.Many(min, max, () => new[] { Field(d), d.Value() }).SelectMany(p => p);

    // What is drawn is not compared; with a count of at least all of them it is all.
    private static void RandomField(Draw d, StepWriter w)
    {
        string key = d.Key();
        switch (d.Between(0, 6))
        {
            case 0:
                w.Add(Comparison.TypeOnly, "HRANDFIELD", key);
                break;
            case 1:
                w.Add(Comparison.Shape, "HRANDFIELD", key, d.Pick("1", "2", "3", "-1", "-5", "-20", "0", "abc", "-9223372036854775808", "9223372036854775808"));
                break;
            case 2:
                w.Add(Comparison.Shape, "HRANDFIELD", key, d.Pick("1", "2", "3", "-2", "-7", "0", "4611686018427387904", "x"), d.Case("WITHVALUES"));
                break;
            case 3:
                w.AddUnspoilt(Comparison.Unordered, "HRANDFIELD", key, d.Pick("5000", "9223372036854775807"));
                break;
            case 4:
                w.Add(Comparison.Shape, "HRANDFIELD", key, d.Pick("1", "x"), d.Pick("foo", "", "WITHSCORES"));
                break;
            default:
                w.AddUnspoilt(Comparison.Shape, "HRANDFIELD", key, "5000", d.Case("WITHVALUES"));
                break;
        }
    }

    private static void Scan(Draw d, StepWriter w)
    {
        string key = d.Key();
        string[] options = d.Between(0, 5) switch
        {
            0 => [],
            1 => [d.Case("MATCH"), d.Pick("*", "f*", "f1?", "[0-9]*", "none")],
            2 => [d.Case("COUNT"), d.Pick("1000000", "0", "-1", "abc")],
            3 => [d.Case("COUNT"), "1000000", d.Case("MATCH"), "f*"],
            _ => [d.Pick("TYPE", "COUNT", "MATCH", "FOO")],
        };

        // So large a count that all comes in one reply.
        if (!options.Any(o => o.Equals("COUNT", StringComparison.OrdinalIgnoreCase)))
            options = [.. options, d.Case("COUNT"), "1000000"];
        w.AddUnspoilt(Comparison.ScanOfPairs, ["HSCAN", key, d.Pick("0", "0", "0", "abc", "", "-"), .. options]);
    }

    // Beyond the threshold of the compact encoding, and back to an empty one.
    private static void Fill(Draw d, StepWriter w)
    {
        string key = d.Key();
        int fields = (int)d.Pick(130L, 520, 600);
        w.AddUnspoilt(Comparison.Exact, ["HSET", key, .. Enumerable.Range(0, fields).SelectMany(i => new[] { "f" + i, i.ToString() })]);
        w.AddUnspoilt(Comparison.Exact, "OBJECT", "ENCODING", key);
        w.AddUnspoilt(Comparison.UnorderedPairs, "HGETALL", key);
        if (d.Chance(0.6))
            w.AddUnspoilt(Comparison.Exact, ["HDEL", key, .. Enumerable.Range(0, fields - 5).Select(i => "f" + i)]);
    }
}
