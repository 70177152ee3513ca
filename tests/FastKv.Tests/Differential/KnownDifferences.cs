using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Differential;

/// <summary>
/// Where FastKv answers otherwise than redis-server 7.0.15 on purpose: it follows a later Redis, or states facts about itself.
/// Each rule says why, and is as narrow as the reason.
/// </summary>
public static class KnownDifferences
{
    private static readonly (string Reason, Func<Step, RespFrame, RespFrame, bool> Matches)[] Rules =
    [
        ("since Redis 7.2 ZRANK and ZREVRANK take WITHSCORE",
            (step, expected, actual) => step.Name is "ZRANK" or "ZREVRANK" && step.Arguments.Length == 4 && expected.IsError),
        ("since Redis 7.2 BITCOUNT and BITPOS check their arguments before the key",
            (step, expected, actual) => step.Name is "BITCOUNT" or "BITPOS" && actual.IsError
                && (expected.Type == ':' || expected.Text.StartsWith("WRONGTYPE", StringComparison.Ordinal))),
        ("DEBUG STRINGMATCH-LEN is not in 7.0.15",
            (step, expected, actual) => step.Name is "DEBUG" && expected.IsError && expected.Text.Contains("'STRINGMATCH-LEN'")),
        ("since Redis 7.2 a small set with other members than integers is a listpack",
            (step, expected, actual) => step.Name is "OBJECT" && expected.Payload is { } was && was.AsSpan().SequenceEqual("hashtable"u8)
                && actual.Payload is { } now && now.AsSpan().SequenceEqual("listpack"u8)),
        ("since Redis 7.2 a timeout beyond the clock's range is not taken for a negative one",
            (step, expected, actual) => expected.Text == "ERR timeout is negative" && actual.Text == "ERR timeout is out of range"),
        ("values are not shared: the copy of a small integer is not told from any other",
            (step, expected, actual) => IsObject(step, "REFCOUNT") && expected.Text == "1" && actual.Text == "2147483647"),
        ("values are not shared: a small integer has the access time of its key, not one for all keys with this value",
            (step, expected, actual) => IsObject(step, "IDLETIME") && expected.Type == ':' && actual.Type == ':' && actual.Integer < expected.Integer),
        ("COMMAND GETKEYS of redis-server takes SORT's destination for an option if it is called STORE; the one that SORT would write to is named here",
            (step, expected, actual) => step.Name is "COMMAND" && step.Argument(1) == "GETKEYS" && step.Argument(2) == "SORT"
                && step.Arguments.Count(argument => argument.AsSpan().SequenceEqual("STORE"u8)) > 1 && expected.Items?.Length == 2 && actual.Items?.Length == 2),
        ("since Redis 7.2 small lists are listpacks",
            (step, expected, actual) => step.Name is "OBJECT" && expected.Text == "quicklist" && actual.Text == "listpack"),
    ];

    private static bool IsObject(Step step, string subcommand) =>
        step.Name is "OBJECT" && step.Arguments.Length > 1 && Encoding.Latin1.GetString(step.Arguments[1]).Equals(subcommand, StringComparison.OrdinalIgnoreCase);

    /// <summary>The reason why these two replies may differ, or null when they may not.</summary>
    public static string? Reason(Step step, RespFrame expected, RespFrame actual) =>
        Rules.FirstOrDefault(rule => rule.Matches(step, expected, actual)).Reason;
}
