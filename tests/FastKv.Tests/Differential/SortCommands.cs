using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for SORT and SORT_RO over lists, sets and sorted sets, with weights and objects beside them.</summary>
public static class SortCommands
{
    private static readonly string[] Lists = ["l1", "{t}l", "l2"];
    private static readonly string[] Sets = ["s1", "{t}s", "i1"];
    private static readonly string[] SortedSets = ["z1", "{t}z"];

    private static readonly string[] Numbers = ["1", "2", "3", "10", "-5", "0", "1.5", "1e3", "0x10", "inf", "-0", " 7", "12345678901234567890", "007"];

    // No "1e400", and no commands of other families: Redis takes the error number of a conversion that overflowed, in any command before, for its own.
    private static readonly string[] Texts = ["a", "b", "aa", "B", "", "c\0b", "\xff", "x y", "nan", "1 "];

    private static readonly string[] Patterns =
        ["w_*", "w_*", "w_*", "*", "o_*->f", "o_*->g", "o_*->", "w_*->f", "o_*->f->x", "nosort", "", "w_*_x", "{t}w_*", "#", "*\0->f"];

    private static readonly string[] SortedPatterns = ["w_*", "w_*", "o_*->f", "w_*_x", "{t}w_*"];

    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (6, (d, w) => w.Add(["RPUSH", List(d), .. d.Many(1, 6, () => Element(d))])),
        (5, (d, w) => w.Add(["SADD", Set(d), .. d.Many(1, 6, () => Element(d))])),
        (5, (d, w) => w.Add(["ZADD", SortedSet(d), .. d.Many(1, 4, () => new[] { d.Between(0, 5).ToString(), Element(d) }).SelectMany(o => o)])),
        (5, (d, w) => w.Add("SET", "w_" + Element(d), d.Chance(0.8) ? d.Between(-9, 9).ToString() : Element(d))),
        (4, (d, w) => w.Add("SET", d.Pick("{t}w_", "w_") + Number(d), Element(d))),
        (4, (d, w) => w.Add("HSET", "o_" + Element(d), d.Pick("f", "g"), Element(d))),
        (14, (d, w) => w.Add([d.Pick("SORT", "SORT_RO"), d.Chance(0.7) ? List(d) : SortedSet(d), .. Options(d, true)])),
        (10, (d, w) => w.AddUnspoilt(Comparison.Exact, [d.Pick("SORT", "SORT_RO"), Set(d), .. Options(d, false)])),
        (3, (d, w) => w.AddUnspoilt(Comparison.Exact,
            [d.Pick("SORT", "SORT_RO"), List(d), "BY", d.Pick(SortedPatterns), "ALPHA", .. d.Many(0, 1, () => "DESC")])),
        (2, (d, w) => w.Add(["SORT", List(d), .. Options(d, true), "STORE", d.Pick("d1", List(d), "{t}l", Set(d))])),
        (4, (d, w) => w.AddUnspoilt(Comparison.Exact,
            ["SORT", d.Pick(Set(d), SortedSet(d)), .. Options(d, false), "STORE", d.Pick("d1", "d2", List(d), "{t}l", Set(d))])),
        (4, (d, w) => w.Add("LRANGE", d.Pick("d1", "d2", List(d)), "0", "-1")),
        (2, (d, w) => w.Add("SORT", d.Pick("d1", "missing", "k1"))),
        (1, Long),
        (2, (d, w) => w.Add("DEL", d.Pick(List(d), Set(d), SortedSet(d), "d1"))),
        (1, (d, w) => w.Add("SET", d.Pick(List(d), Set(d), "k1"), "v")),
        (2, (d, w) => w.Add(["COMMAND", "GETKEYS", d.Pick("SORT", "SORT_RO"), List(d), .. Options(d, false), .. d.Many(0, 2, () => d.Pick("STORE", "d1"))])),
    ];

    private static string List(Draw d) => d.Pick(Lists);

    private static string Set(Draw d) => d.Pick(Sets);

    private static string SortedSet(Draw d) => d.Pick(SortedSets);

    private static string Number(Draw d) => d.Chance(0.7) ? d.Between(-20, 20).ToString() : Numbers[d.Between(0, Numbers.Length)];

    private static string Element(Draw d) => d.Chance(0.93) ? Number(d) : Texts[d.Between(0, Texts.Length)];

    // Sets are not left unsorted: their order differs. Nor is ALPHA combined with BY here: where the pattern leads nowhere, elements are equal, and their
    // order is that of the source or, with LIMIT, of Redis's quicksort.
    private static IEnumerable<string> Options(Draw d, bool isOrdered)
    {
        string[] sortedBy = d.Between(0, 3) switch
        {
            0 => [d.Case("ALPHA")],
            1 => [d.Case("BY"), d.Pick(isOrdered ? Patterns : SortedPatterns)],
            _ => [],
        };
        IEnumerable<string> others = d.Many(0, 3, () => d.Between(0, 7) switch
        {
            0 => [d.Case("ASC")],
            1 => [d.Case("DESC")],
            2 or 3 => [d.Case("LIMIT"), d.Index(), d.Index()],
            4 or 5 => [d.Case("GET"), d.Chance(0.3) ? "#" : d.Pick(Patterns)],
            _ => new[] { d.Pick("LIMIT", "STORE", "FOO", "ASC") },
        }).SelectMany(o => o);
        return d.Chance(0.5) ? [.. sortedBy, .. others] : [.. others, .. sortedBy];
    }

    private static void Long(Draw d, StepWriter w)
    {
        string[] elements = d.Many(100, 400, () => d.Between(-1000, 1000).ToString());
        w.AddUnspoilt(Comparison.Exact, "DEL", "long");
        w.AddUnspoilt(Comparison.Exact, ["RPUSH", "long", .. elements]);
        w.AddUnspoilt(Comparison.Exact, "SORT", "long", d.Pick("ASC", "DESC", "ALPHA"), "LIMIT", d.Between(0, 20).ToString(), d.Between(-1, 30).ToString());
        w.AddUnspoilt(Comparison.Exact, ["SORT", "long", .. d.Many(0, 1, () => "ALPHA"), .. d.Many(0, 1, () => "DESC"), "STORE", "d2"]);
        w.AddUnspoilt(Comparison.Exact, "LRANGE", "d2", "0", "-1");
    }
}
