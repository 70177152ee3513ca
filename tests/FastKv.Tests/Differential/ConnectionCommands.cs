using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for the connection commands. QUIT and CLIENT REPLY OFF, which change the count of replies, have tests of their own.</summary>
public static class ConnectionCommands
{
    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (3, (d, w) => w.Add(["PING", .. d.Many(0, 1, d.Value)])),
        (3, (d, w) => w.Add("ECHO", d.Value())),
        (3, (d, w) => w.Add("SELECT", d.Database())),
        (1, (d, w) => w.Add(["AUTH", .. d.Many(1, 2, () => d.Pick("default", "nobody", "", "secret"))])),
        (1, (d, w) => w.Add(Comparison.Shape, ["HELLO", .. d.Many(0, 1, () => d.Pick("2", "3", "3", "3"))])),
        (1, InvalidHello),
        (1, (d, w) => w.Add("RESET")),
        (3, (d, w) => w.Add("CLIENT", d.Case("SETNAME"), d.Pick("me", "", "with space", "tab\t", "a\nb", "x-" + d.Between(0, 9), "\xff"))),
        (3, (d, w) => w.Add("CLIENT", d.Case("GETNAME"))),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "CLIENT", d.Case("ID"))),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "CLIENT", d.Case("INFO"))),
        (1, ClientList),
        (2, ClientKill),
        (1, (d, w) => w.Add("CLIENT", d.Case("NO-EVICT"), d.Case(d.Pick("on", "off", "maybe")))),
        (1, (d, w) => w.Add("CLIENT", d.Case("GETREDIR"))),
        (1, (d, w) => w.Add("CLIENT", d.Case("TRACKINGINFO"))),
        (1, (d, w) => w.Add(["CLIENT", d.Case("UNBLOCK"), d.Pick("99999999", "abc", "-1"), .. d.Many(0, 1, () => d.Pick("TIMEOUT", "ERROR", "FOO"))])),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(
            ["CLIENT", "PAUSE", "0"], ["CLIENT", "PAUSE", "1", "WRITE"], ["CLIENT", "PAUSE", "0", "all"], ["CLIENT", "PAUSE", "abc"],
            ["CLIENT", "PAUSE", "-1"], ["CLIENT", "PAUSE", "1", "FOO"], ["CLIENT", "PAUSE"], ["CLIENT", "UNPAUSE"], ["CLIENT", "UNPAUSE", "x"]))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, "CLIENT", "REPLY", d.Case(d.Pick("ON", "ON", "FOO", "")))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(["CLIENT"], ["CLIENT", "FOO"], ["CLIENT", ""], ["CLIENT", "SETNAME"],
            ["CLIENT", "ID", "x"], ["CLIENT", "foo\r\nbar", "x"]))),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "CLIENT", d.Case("HELP"))),
        (2, UnknownCommand),
    ];

    private static void InvalidHello(Draw d, StepWriter w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(
        ["HELLO", "1"], ["HELLO", "4"], ["HELLO", "abc"], ["HELLO", ""], ["HELLO", "3", "AUTH"], ["HELLO", "3", "AUTH", "default"], ["HELLO", "2", "SETNAME"],
        ["HELLO", "3", "SETNAME", "a b"], ["HELLO", "3", "FOO"], ["HELLO", "3", "AUTH", "nobody", "x"], ["HELLO", "9223372036854775808"],
        ["HELLO", "AUTH", "a", "b"]));

    private static void ClientList(Draw d, StepWriter w)
    {
        string[] filter = d.Pick<string[]>([], ["TYPE", "normal"], ["TYPE", "pubsub"], ["TYPE", "foo"], ["TYPE"], ["ID", "99999999"], ["ID", "abc"], ["ID"],
            ["FOO"], ["ID", "1", "99999998"]);
        w.AddUnspoilt(Comparison.TypeOnly, ["CLIENT", d.Case("LIST"), .. filter]);
    }

    // Only filters that match nobody: killing our own connection is a test of its own.
    private static void ClientKill(Draw d, StepWriter w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(
        ["CLIENT", "KILL"], ["CLIENT", "KILL", "1.2.3.4:5"], ["CLIENT", "KILL", "ID", "99999999"], ["CLIENT", "KILL", "ID", "abc"],
        ["CLIENT", "KILL", "ID", "0"], ["CLIENT", "KILL", "ADDR", "1.2.3.4:5"],
        ["CLIENT", "KILL", "LADDR", "1.2.3.4:5"], ["CLIENT", "KILL", "TYPE", "pubsub"], ["CLIENT", "KILL", "TYPE", "foo"], ["CLIENT", "KILL", "USER", "nobody"],
        ["CLIENT", "KILL", "FOO", "bar"], ["CLIENT", "KILL", "ADDR"], ["CLIENT", "KILL", "ID", "99999999", "SKIPME", "maybe"],
        ["CLIENT", "KILL", "SKIPME", "yes"],
        ["CLIENT", "KILL", "TYPE", "master", "ADDR", "1.2.3.4:5", "SKIPME", "YES"], ["CLIENT", "KILL", "ID"]));

    private static void UnknownCommand(Draw d, StepWriter w)
    {
        string name = d.Pick("FOO", "GETT", "", "foo bar", "GET\0", "\xff\xfe", "a\r\nb", new string('x', 200), "'quoted'");
        w.AddUnspoilt(Comparison.Exact, [name, .. d.Many(0, 30, () => d.Chance(0.1) ? new string('y', 150) : d.Value())]);
    }
}
