using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for the bitmap commands of Redis 7.0.</summary>
public static class BitmapCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (3, (d, w) => w.Add("SET", d.Key(), d.Chance(0.5) ? d.Binary((int)d.Between(0, 80)) : d.Value())),
        (5, (d, w) => w.Add("SETBIT", d.Key(), d.WriteBit(), d.Chance(0.9) ? d.Pick("0", "1") : d.Pick("2", "-1", "abc", "", "01"))),
        (4, (d, w) => w.Add("GETBIT", d.Key(), d.Chance(0.1) ? "4294967295" : d.WriteBit())),
        (5, BitCount),
        (5, BitPos),
        (5, (d, w) => w.Add(["BITOP", d.Case(d.Pick("AND", "OR", "XOR", "NOT", "NOT", "NAND", "")), d.Key(), .. d.SomeKeys(1, 5)])),
        (5, (d, w) => w.Add(["BITFIELD", d.Key(), .. d.Many(0, 4, () => Operation(d)).SelectMany(o => o)])),
        (3, (d, w) => w.Add(["BITFIELD_RO", d.Key(), .. d.Many(0, 3, () => ReadOperation(d)).SelectMany(o => o)])),
        (1, BigBitmap),
    ];

    private static string[] Range(Draw d)
    {
        string[] range = d.Between(0, 8) switch
        {
            0 => [],
            1 => [d.Index()],
            _ => [d.Index(), d.Index()],
        };
        return d.Chance(0.3) ? [.. range, d.Case(d.Pick("BIT", "BIT", "BYTE", "BITS"))] : range;
    }

    private static void BitCount(Draw d, StepWriter w) => w.Add(["BITCOUNT", d.Key(), .. Range(d)]);

    private static void BitPos(Draw d, StepWriter w) =>
        w.Add(["BITPOS", d.Key(), d.Chance(0.9) ? d.Pick("0", "1") : d.Pick("2", "-1", "abc"), .. Range(d)]);

    private static string Encoding(Draw d) => d.Between(0, 12) switch
    {
        0 => d.Pick("u64", "i65", "u0", "i0", "x8", "", "u", "i-1", "u8x", "u99999999999999999999"),
        1 => d.Pick("U8", "I16"),
        _ => d.Pick("u1", "u2", "u7", "u8", "u16", "u32", "u63", "i1", "i5", "i8", "i16", "i32", "i63", "i64"),
    };

    private static string Offset(Draw d) => d.Between(0, 14) switch
    {
        0 => d.Pick("-1", "#-1", "4294967296", "#4294967296", "abc", "#", "", "#abc", "9223372036854775807", "#9223372036854775807"),
        < 5 => "#" + d.Between(0, 24),
        _ => d.Between(0, 300).ToString(),
    };

    private static string[] Operation(Draw d) => d.Between(0, 9) switch
    {
        0 or 1 => [d.Case("GET"), Encoding(d), Offset(d)],
        2 or 3 or 4 => [d.Case("SET"), Encoding(d), Offset(d), d.Integer()],
        5 or 6 => [d.Case("INCRBY"), Encoding(d), Offset(d), d.Integer()],
        7 => [d.Case("OVERFLOW"), d.Case(d.Pick("WRAP", "SAT", "FAIL", "FAIL", "FOO"))],
        _ => [d.Pick("GET", "SET", "FOO")],
    };

    private static string[] ReadOperation(Draw d) => d.Chance(0.85) ? [d.Case("GET"), Encoding(d), Offset(d)] : Operation(d);

    private static void BigBitmap(Draw d, StepWriter w)
    {
        if (d.Chance(0.7))
        {
            w.Add("BITCOUNT", "big");
            return;
        }
        w.AddUnspoilt(Comparison.Exact, "SETBIT", "big", d.Between(0, 4L << 23).ToString(), d.Pick("0", "1"));
        w.AddUnspoilt(Comparison.Exact, "BITFIELD", "big", "INCRBY", "u8", d.Between(0, 4L << 23).ToString(), "7");
        w.AddUnspoilt(Comparison.Exact, "BITOP", d.Pick("OR", "XOR", "AND"), "big2", "big", d.Key());
        w.Add(["BITCOUNT", d.Pick("big", "big2"), .. Range(d)]);
        w.Add(["BITPOS", d.Pick("big", "big2"), d.Pick("0", "1"), .. Range(d)]);
        w.AddUnspoilt(Comparison.Exact, "DEL", "big", "big2");
    }
}
