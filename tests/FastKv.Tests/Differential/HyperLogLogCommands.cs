using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>
/// Generators for the HyperLogLog commands. GET compares the strings byte for byte: header, opcodes and registers.
/// </summary>
public static class HyperLogLogCommands
{
    private static readonly string[] Keys = ["h1", "h2", "h3", "{t}h", "{t}i", "h\0", "k1"];

    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (20, (d, w) => w.Add(["PFADD", Key(d), .. d.Many(0, 6, () => Element(d))])),
        (4, Many),
        (8, (d, w) => w.Add("PFCOUNT", Key(d))),
        (3, (d, w) => w.Add(["PFCOUNT", .. d.Many(1, 4, () => Key(d))])),
        (3, (d, w) => w.Add(["PFMERGE", Key(d), .. d.Many(0, 3, () => Key(d))])),
        (8, (d, w) => w.Add("GET", Key(d))),
        (2, (d, w) => w.Add("STRLEN", Key(d))),
        (2, (d, w) => w.Add("OBJECT", "ENCODING", Key(d))),
        (2, (d, w) => w.Add("PFDEBUG", d.Case(d.Pick("ENCODING", "ENCODING", "DECODE", "TODENSE", "FOO")), Key(d))),
        (1, (d, w) => w.Add("PFDEBUG", d.Chance(0.1) ? "GETREG" : "DECODE", Key(d))),
        (2, (d, w) => w.Add("DEL", Key(d))),
        (1, (d, w) => w.Add("COPY", Key(d), Key(d), "REPLACE")),
        (1, (d, w) => w.Add("CONFIG", "SET", "hll-sparse-max-bytes", d.Pick("0", "20", "100", "3000", "3000", "16000"))),
        (2, (d, w) => w.Add("SET", Key(d), Forged(d))),
        (1, (d, w) => w.Add("SADD", Key(d), "member")),
        (1, (d, w) => w.Add("EXPIRE", Key(d), "10000")),
    ];

    private static string Key(Draw d) => Keys[d.Between(0, Keys.Length)];

    private static string Element(Draw d) => d.Chance(0.3) ? d.Value() : d.Between(0, 100_000).ToString();

    private static void Many(Draw d, StepWriter w)
    {
        long first = d.Between(0, 1_000_000);
        int count = (int)d.Pick(50L, 300, 1500, d.Between(1, 4000));
        string key = Key(d);
        w.AddUnspoilt(Comparison.Exact, ["PFADD", key, .. Enumerable.Range(0, count).Select(i => (first + i).ToString())]);
        w.AddUnspoilt(Comparison.Exact, "PFCOUNT", key);
        w.AddUnspoilt(Comparison.Exact, "GET", key);
    }

    // Strings that begin like a HyperLogLog. An XZERO is never cut off at the end: what Redis does with such is an accident of its memory.
    private static string Forged(Draw d)
    {
        string header = "HYLL" + d.Pick("\0", "\x01", "\x01", "\x01", "\x02", "\xff") + "\0\0\0"
            + d.Pick("\0\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\x80", "\x07\0\0\0\0\0\0\0");
        return d.Between(0, 6) switch
        {
            0 => header[..(int)d.Between(0, header.Length)],
            1 => header,
            2 => header + d.Binary(12288),
            3 => header + "\x7f\xff",
            4 => header + string.Concat(d.Many(1, 200, () => d.Pick("\x80", "\x84", "\xff", "\x05", "\x3f", "\x41\x20", "\x40\x40"))),
            _ => header + "\x7f\xff" + d.Pick("", "\x80", "\x05"),
        };
    }
}
