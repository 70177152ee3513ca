using Rule = (int Weight, System.Action<FastKv.Tests.Differential.Draw, FastKv.Tests.Differential.StepWriter> Generate);

namespace FastKv.Tests.Differential;

/// <summary>Generators for the server commands. SHUTDOWN has tests of its own; what INFO and CONFIG hold is compared by name elsewhere.</summary>
public static class ServerCommands
{
    // Options that may change freely while other comparisons run: no command of this grammar behaves otherwise for them. (In which order ZSCAN lists a sorted set
    // that is not compact is each server's own affair, so zset-max-listpack-value is not one of them.)
    private static readonly string[] Settable =
        ["maxmemory-samples", "slowlog-log-slower-than", "slowlog-max-len", "hash-max-listpack-entries", "set-max-intset-entries", "list-max-listpack-size",
         "lfu-log-factor", "lfu-decay-time", "tcp-keepalive", "hz", "repl-backlog-ttl", "latency-monitor-threshold"];

    private static readonly string[] Readable =
        ["maxmemory", "maxmemory-policy", "timeout", "databases", "appendonly", "appendfsync", "save", "requirepass", "proto-max-bulk-len",
            "client-query-buffer-limit",
         "client-output-buffer-limit", "lazyfree-lazy-expire", "notify-keyspace-events", "tcp-backlog", "maxclients", "loglevel", "dbfilename", "activedefrag"];

    /// <summary>The rules with their weights.</summary>
    public static Rule[] Rules { get; } =
    [
        (1, (d, w) => w.Add(Comparison.TypeOnly, ["INFO", .. d.Many(0, 2, () => d.Pick("server", "clients", "memory", "stats", "cpu", "keyspace", "all",
            "default", "everything", "foo", ""))])),
        (3, (d, w) => w.AddUnspoilt(Comparison.Exact, "CONFIG", d.Case("GET"), d.Case(d.Pick(Readable)))),
        (2, (d, w) => w.AddUnspoilt(Comparison.Exact, "CONFIG", d.Case("GET"), d.Pick(Settable))),
        (1, (d, w) => w.AddUnspoilt(Comparison.UnorderedPairs, ["CONFIG", d.Case("GET"), .. d.Many(1, 4, () =>
            d.Pick([.. Readable, "lfu-*", "zset-max-listpack-*", "no-such-option", "[h]z"]))])),
        (4, (d, w) => w.Add("CONFIG", d.Case("SET"), d.Pick(Settable), d.Pick("1", "5", "10", "100", "128"))),
        (2, (d, w) => w.Add("CONFIG", "SET", d.Pick([.. Settable, "maxmemory", "appendfsync", "loglevel", "databases", "no-such-option", ""]),
            d.Pick("abc", "", "-5", "1.5", "99999999999999999999"))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(
            ["CONFIG"], ["CONFIG", "GET"], ["CONFIG", "SET"], ["CONFIG", "SET", "hz"], ["CONFIG", "FOO"], ["CONFIG", "RESETSTAT"],
            ["CONFIG", "RESETSTAT", "x"], ["CONFIG", "REWRITE"],
            ["CONFIG", "SET", "hz", "10", "hz", "20"], ["CONFIG", "SET", "maxmemory-samples", "6", "lfu-decay-time", "2"],
            ["CONFIG", "SET", "maxmemory-policy", "nonsense"]))),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "CONFIG", d.Case("HELP"))),
        (1, (d, w) => w.Add(Comparison.Shape, "TIME")),
        (1, (d, w) => w.Add(Comparison.TypeOnly, ["LOLWUT", .. d.Many(0, 1, () => d.Pick("VERSION", "5", "abc"))])),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "LASTSAVE")),
        (1, (d, w) => w.Add("ROLE")),
        (2, (d, w) => w.Add(Comparison.TypeOnly, ["MEMORY", d.Case("USAGE"), d.Key(), .. d.Many(0, 1, () =>
            new[] { d.Case("SAMPLES"), d.Pick("0", "5", "-1", "abc") }).SelectMany(o => o)])),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "MEMORY", d.Case(d.Pick("STATS", "DOCTOR", "HELP")))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(["MEMORY", "PURGE"], ["MEMORY"], ["MEMORY", "FOO"], ["MEMORY", "USAGE"],
            ["MEMORY", "PURGE", "x"]))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(
            ["DEBUG", "SLEEP", "0"], ["DEBUG", "SET-ACTIVE-EXPIRE", "1"], ["DEBUG", "CHANGE-REPL-ID"], ["DEBUG", "JMAP"],
            ["DEBUG", "STRINGMATCH-LEN", "1000", "a*b"],
            ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "1048576"], ["DEBUG", "OBJECT", "no-such-key"], ["DEBUG", "FOO"], ["DEBUG"], ["DEBUG", "SLEEP"]))),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "DEBUG", "OBJECT", d.Key())),
        (1, (d, w) => w.Add(Comparison.TypeOnly, "COMMAND", "COUNT")),
        (3, (d, w) => w.Add(["COMMAND", d.Case("GETKEYS"), .. WithKeys(d)])),
        (1, (d, w) => w.Add(["COMMAND", d.Case("GETKEYSANDFLAGS"), .. WithKeys(d)])),
        (1, (d, w) => w.Add(Comparison.Unordered, "COMMAND", "LIST", "FILTERBY", d.Pick("PATTERN", "pattern"),
            d.Pick("incr*", "psetex", "config|r*", "nothing", "GET"))),
        (1, (d, w) => w.AddUnspoilt(Comparison.Exact, d.Pick<string[]>(
            ["COMMAND", "FOO"], ["COMMAND", "LIST", "FOO"], ["COMMAND", "LIST", "FILTERBY", "FOO", "x"], ["COMMAND", "LIST", "FILTERBY", "MODULE", "x"],
            ["COMMAND", "INFO", "no-such"],
            ["COMMAND", "DOCS", "no-such"], ["COMMAND", "COUNT", "x"], ["COMMAND", "LIST", "FILTERBY", "ACLCAT", "nothing"], ["COMMAND", "GETKEYS"],
            ["COMMAND", "GETKEYS", "PING"]))),
    ];

    private static string[] WithKeys(Draw d) => d.Between(0, 9) switch
    {
        0 => ["GET", d.Key()],
        1 => ["MSET", d.Key(), "1", d.Key(), "2"],
        2 => ["DEL", .. d.SomeKeys(1, 4)],
        3 => ["BITOP", "AND", d.Key(), d.Key(), d.Key()],
        4 => ["RENAME", d.Key(), d.Key()],
        5 => [d.Pick("PING", "FLUSHALL", "no-such", "")],
        6 => ["OBJECT", "ENCODING", d.Key()],
        7 => ["MEMORY", "USAGE", d.Key()],
        _ => ["SET", d.Key(), d.Value(), "EX", "100", "GET"],
    };
}
