using System.Globalization;
using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for the geo commands.</summary>
public static class GeoCommands
{
    private static readonly string[] Keys = ["g1", "g2", "{t}g", "{t}h", "k1"];

    private static readonly string[] Edges = ["0", "180", "-180", "85.05112878", "-85.05112878", "179.9999999", "85", "-85", "90", "1e-7", "-0"];

    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (14, (d, w) => w.Add(["GEOADD", Key(d), .. d.Many(0, 1, () => d.Case(d.Pick("NX", "XX", "CH"))),
            .. d.Many(1, 4, () => new[] { Longitude(d), Latitude(d), Member(d) }).SelectMany(o => o)])),
        (2, Crowd),
        (4, (d, w) => w.Add(["GEOPOS", Key(d), .. d.Many(0, 3, () => Member(d))])),
        (5, (d, w) => w.Add(["GEODIST", Key(d), Member(d), Member(d), .. d.Many(0, 1, () => Unit(d))])),
        (4, (d, w) => w.Add(["GEOHASH", Key(d), .. d.Many(0, 3, () => Member(d))])),
        (14, (d, w) => w.Add(["GEOSEARCH", Key(d), .. Centre(d), .. Shape(d), .. Options(d)])),
        (6, (d, w) => w.Add(["GEOSEARCHSTORE", Key(d), Key(d), .. Centre(d), .. Shape(d), .. d.Many(0, 2, () => StoreOption(d)).SelectMany(o => o)])),
        (4, (d, w) => w.Add([d.Pick("GEORADIUS", "GEORADIUS", "GEORADIUS_RO"), Key(d), Longitude(d), Latitude(d), Radius(d), Unit(d),
            .. Options(d), .. Store(d)])),
        (4, (d, w) => w.Add([d.Pick("GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"), Key(d), Member(d), Radius(d), Unit(d), .. Options(d),
            .. Store(d)])),
        (1, (d, w) => w.Add("SET", Key(d), "v")),
        (2, (d, w) => w.Add("DEL", Key(d))),
        (1, (d, w) => w.Add("TYPE", Key(d))),
        (2, (d, w) => w.Add(["COMMAND", "GETKEYS", "GEORADIUS", Key(d), "1", "2", "3", "m", .. Store(d), .. Store(d)])),
    ];

    private static string Key(Draw d) => Keys[d.Between(0, Keys.Length)];

    private static string Member(Draw d) => d.Chance(0.9) ? "m" + d.Between(0, 12) : d.Pick("", "12", "a longer member\r\n", "none");

    private static string Unit(Draw d) => d.Chance(0.95) ? d.Case(d.Pick("m", "km", "ft", "mi")) : d.Pick("", "x", "kmm", "m\0x");

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static double Uniform(Draw d, double max) => (d.Between(0, 2_000_001) - 1_000_000) / 1e6 * max;

    private static string Longitude(Draw d) => d.Between(0, 12) switch
    {
        0 => Edges[d.Between(0, Edges.Length)],
        1 => d.Pick("181", "-180.0000001", "abc", "", "nan", "1e400", "1e300", "inf"),
        < 5 => Number(15 + Uniform(d, 0.5)),
        _ => Number(Uniform(d, 180)),
    };

    private static string Latitude(Draw d) => d.Between(0, 12) switch
    {
        0 => Edges[d.Between(0, Edges.Length)],
        1 => d.Pick("86", "-85.0511288", "abc", "", "90"),
        < 5 => Number(37 + Uniform(d, 0.5)),
        _ => Number(Uniform(d, 85.05)),
    };

    private static string Radius(Draw d) => d.Between(0, 14) switch
    {
        0 => d.Pick("-1", "abc", "nan", "inf", "", "0", "1e300", "1e-300"),
        < 4 => d.Between(0, 200).ToString(),
        < 7 => Number(d.Between(0, 1_000_000) / 37.0),
        _ => d.Pick("100", "1000", "5000", "10000", "20000", "200000", "1000000", "20000000", "50000000"),
    };

    private static string[] Centre(Draw d) => d.Between(0, 12) switch
    {
        0 => [],
        1 => ["FROMMEMBER", Member(d), "FROMLONLAT", Longitude(d), Latitude(d)],
        < 7 => [d.Case("FROMMEMBER"), Member(d)],
        _ => [d.Case("FROMLONLAT"), Longitude(d), Latitude(d)],
    };

    private static string[] Shape(Draw d) => d.Between(0, 14) switch
    {
        0 => [],
        1 => ["BYBOX", Radius(d), Radius(d), Unit(d), "BYRADIUS", Radius(d), Unit(d)],
        < 8 => [d.Case("BYRADIUS"), Radius(d), Unit(d)],
        _ => [d.Case("BYBOX"), Radius(d), Radius(d), Unit(d)],
    };

    private static IEnumerable<string> Options(Draw d) => d.Many(0, 3, () => d.Between(0, 8) switch
    {
        0 => [d.Case("ASC")],
        1 => [d.Case("DESC")],
        2 => [d.Case("WITHDIST")],
        3 => [d.Case("WITHHASH")],
        4 => [d.Case("WITHCOORD")],
        5 => [d.Case("COUNT"), d.Chance(0.9) ? d.Between(1, 6).ToString() : d.Pick("0", "-1", "abc", "9223372036854775807")],
        6 => [d.Case("COUNT"), d.Between(1, 6).ToString(), d.Case("ANY")],
        _ => new[] { d.Pick("ANY", "STOREDIST", "FOO", "COUNT", "WITHCOORD") },
    }).SelectMany(o => o);

    private static string[] StoreOption(Draw d) => d.Between(0, 5) switch
    {
        0 or 1 => [d.Case("STOREDIST")],
        2 => [d.Case("ASC")],
        3 => ["COUNT", d.Between(1, 5).ToString()],
        _ => [d.Pick("WITHDIST", "WITHCOORD", "WITHHASH", "STORE")],
    };

    private static string[] Store(Draw d) => d.Between(0, 6) switch
    {
        0 => [d.Case("STORE"), Key(d)],
        1 => [d.Case("STOREDIST"), Key(d)],
        2 => ["STORE"],
        _ => [],
    };

    // Enough members for the large form, all apart from each other: Redis's order of equal distances is that of its quicksort.
    private static void Crowd(Draw d, StepWriter w)
    {
        string[] arguments = Enumerable.Range(0, 60)
            .SelectMany(i => new[] { Number(15 + Uniform(d, 2)), Number(37 + Uniform(d, 2)), "c" + d.Between(0, 300) }).ToArray();
        string key = d.Pick("crowd", "{t}crowd");
        w.AddUnspoilt(Comparison.Exact, ["GEOADD", key, .. arguments]);
        w.Add(["GEOSEARCH", key, "FROMLONLAT", Number(15 + Uniform(d, 1)), Number(37 + Uniform(d, 1)), .. Shape(d), .. Options(d)]);
        w.Add(["GEOSEARCHSTORE", Key(d), key, "FROMLONLAT", Number(15 + Uniform(d, 1)), Number(37 + Uniform(d, 1)), .. Shape(d)]);
    }
}
