// What everybody else waits for while a large value goes. Control plane.
using System.Diagnostics;
using System.Globalization;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Types;

/// <summary>Makes a value of ten million elements, copies it, and lets the copy go in each way there is, while another client sends PING without pause.</summary>
internal static class StallsSection
{
    private const double TurnLimitMs = 25;

    // The machine is shared: its host takes a core away for tens of milliseconds now and then, or lets it wait for memory. An attempt in which that happened says
    // nothing of the server.
    private const int AttemptsMax = 6;
    private const string TurnField = "longest_turn_us=";
    private const string FieldsExpired = "all fields expired";
    private const string DeletedDuringSave = "DEL during a save", ChangedDuringSave = "changed during a save";
    private const string JournalOptions = " --appendonly yes --appendfsync everysec --aof-use-rdb-preamble no --auto-aof-rewrite-percentage 0";

    // The base of a rewrite is told in commands with --aof-use-rdb-preamble no, which a value of ten million elements makes many of.
    private static readonly Contender[] Contenders =
    [
        new("redis (a tenth)", IsRival: true, HasJournal: false), new("FastKv", IsRival: false, HasJournal: false), new("FastKv, AOF", IsRival: false, HasJournal: true),
    ];
    private const int ElementsPerCommand = 16;
    private const string Value = "{v}:copy", Original = "{v}:base", Other = "{v}:other";

    private static readonly LargeValue[] Values =
    [
        new("list", "RPUSH {v}:base " + Repeat("{bytes:8}"), ElementsPerCommand, "LPOP"),
        new("hash", "HSET {v}:base " + Repeat("{text:8} {bytes:8}"), ElementsPerCommand, null),
        new("set", "SADD {v}:base " + Repeat("{text:8}"), ElementsPerCommand, "SPOP"),
        new("sorted set", "ZADD {v}:base " + Repeat("{int:1G} m:{text:8}"), ElementsPerCommand, "ZPOPMIN"),
        new("stream", "XADD {v}:base * f1 {bytes:8}", 1, null),
    ];

    // redis-server is measured in some of the ways only, and with a tenth of the elements: it takes minutes to fill in and to copy the values.
    private static readonly Way[] Ways =
    [
        new("DEL", true, [["DEL", Value]]),
        new("UNLINK", true, [["UNLINK", Value]]),
        new("RENAME onto", false, [["SET", Other, "x"], ["RENAME", Other, Value]]),
        new("SET onto", false, [["SET", Value, "x"]]),
        new("expired", false, [["PEXPIRE", Value, "200"]]),
        new("popped, 1000 at a time", false, []),
        new("FLUSHALL", true, [["FLUSHALL"]]),
    ];

    private const string StringName = "a string of 512 MB", PendingName = "pending entries";
    private const long StringBytes = 512L << 20;
    private const int Consumers = 4;

    // What is done to a value while a save is under way that has it. (A string of 512 MB cannot be appended to: it is some bytes shorter.)
    private static readonly Way[] StringChanges =
    [
        new("SETRANGE", false, [["SETRANGE", Value, "300000000", "changed"]]),
        new("SETBIT, 1000 times", false, [.. Enumerable.Range(0, 1000).Select(i => (string[])["SETBIT", Value, $"{i * 4_000_000L}", "1"])]),
        new("APPEND", false, [["APPEND", Value, "appended"]]),
        new("SET onto", false, [["SET", Value, "x"]]),
        new("RENAME onto", false, [["SET", Other, "x"], ["RENAME", Other, Value]]),
        new("DEL", false, [["DEL", Value]]),
    ];

    private static readonly Way[] PendingChanges =
    [
        new("XACK", false, [["XACK", Value, "g", "1-1"]]),
        new("XCLAIM", false, [["XAUTOCLAIM", Value, "g", "c0", "0", "0", "COUNT", "100"]]),
        new("XADD", false, [["XADD", Value, "*", "f1", "v"], ["XREADGROUP", "GROUP", "g", "c1", "STREAMS", Value, ">"]]),
        new("XGROUP DESTROY", false, [["XGROUP", "DESTROY", Value, "g"]]),
        new("DEL", false, [["DEL", Value]]),
    ];

    /// <summary>Both servers.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("stalls", FormattableString.Invariant($"Values of {settings.ManyElements:N0} elements go"));
        report.Paragraph("In milliseconds, from the moment the value is let go until the server has freed it (no lazily freed object pending, and used_memory as before): "
            + "the longest PING of another connection, which bounds the longest turn from above, and behind it, in parentheses, the longest turn by FastKv's own watch "
            + "(INFO runtime). With an AOF what came before is synced by then. Popped are lists, sets and sorted sets; the fields of the hash get one time to live and expire together. During a save (BGSAVE; with AOF, "
            + $"BGREWRITEAOF, which tells the base in commands) a copy is deleted, or changed without pause (elements come, change and go at random) until the file is "
            + $"written. AOF stands for `{JournalOptions.Trim()}`. An attempt that takes longer than {TurnLimitMs} ms, and in which one of the "
            + $"two cores ran nobody for more than {CoreWatch.DisturbingMs} ms at once (a thread of real-time priority on each saw it), says nothing of the server and is made again, "
            + $"{AttemptsMax} times in all; if it is so each time, the one with the shortest standstill counts, which then stands behind it. redis-server is measured in three ways, with a tenth of the elements.");
        string[] ways = [.. Ways.Select(w => w.Name), FieldsExpired, DeletedDuringSave, ChangedDuringSave];
        var rows = new List<string[]> { (string[])["", .. ways] };
        var raw = new Dictionary<string, Dictionary<string, Stall>>();
        string folder = Directory.CreateTempSubdirectory("fastkv-stalls").FullName;
        foreach (LargeValue value in Values)
        {
            foreach (Contender contender in Contenders)
            {
                string what = $"{value.Name}, {contender.Name}";
                try
                {
                    Dictionary<string, Stall> stalls = contender.IsRival
                        ? Measure(settings with { Elements = settings.ManyElements / 10 }, settings.Redis, value, contender, what)
                        : Measure(settings, StartIn(settings, folder) + (contender.HasJournal ? JournalOptions : ""), value, contender, what);
                    raw[what] = stalls;
                    rows.Add([what, .. ways.Select(w => stalls.TryGetValue(w, out Stall? s) ? Cell(s) : "")]);
                }
                catch (LoadException error)
                {
                    // One type that cannot be measured does not cost the others their figures.
                    report.Paragraph($"{what} was not measured: {error.Message}");
                }
            }
            foreach (Contender contender in Contenders.Where(c => !c.IsRival))
            {
                Stall[] own = [.. raw.GetValueOrDefault($"{value.Name}, {contender.Name}")?.Values ?? Enumerable.Empty<Stall>()];
                string suffix = contender.HasJournal ? ", AOF" : "";
                report.AtMost($"Longest turn while a {value.Name} goes{suffix}", own.Length == 0 ? double.NaN : own.Max(s => s.LongestTurnMs), TurnLimitMs, "ms");
                report.AtMost($"Longest PING while a {value.Name} goes{suffix}", own.Length == 0 ? double.NaN : own.Max(s => s.LongestPingMs), TurnLimitMs, "ms");
            }
        }
        report.Table([.. rows]);
        AddSaves(report, settings, folder, raw);
        Directory.Delete(folder, recursive: true);
        report.Raw["stalls"] = raw;
        return report;
    }

    /// <summary>Values that are large in one piece, or besides their elements: what changes of them cost while a save has yet to write them.</summary>
    private static void AddSaves(SectionReport report, ReportSettings settings, string folder, Dictionary<string, Dictionary<string, Stall>> raw)
    {
        long pendings = settings.ManyElements / 5;
        report.Paragraph(FormattableString.Invariant(
            $"FastKv, during BGSAVE, in the same way: a string of {StringBytes:N0} bytes, and a stream with {pendings:N0} pending entries of {Consumers} consumers, ")
            + "are made, BGSAVE is sent, and right behind it what the column says. (With `rdbcompression` as it is by default.)");
        foreach (bool isString in (ReadOnlySpan<bool>)[true, false])
        {
            string name = isString ? StringName : PendingName;
            Way[] ways = isString ? StringChanges : PendingChanges;
            var stalls = new Dictionary<string, Stall>();
            try
            {
                foreach (Way way in ways)
                {
                    stalls[way.Name] = Undisturbed(AttemptsMax, $"{name}, {way.Name}", () =>
                    {
                        using var server = ServerProcess.Start(StartIn(settings, folder), -1);
                        using var control = new ControlClient(server.Address.EndPoint);
                        if (isString)
                            MakeString(control);
                        else
                            MakePendings(settings, server, control, pendings);
                        foreach (string[] command in way.Commands.Where(c => c[0] == "SET" && c[1] == Other))
                            control.Require(command);
                        return Watch(settings, server, control, double.PositiveInfinity, () => ChangeOnceDuringSave(control, way));
                    });
                }
            }
            catch (LoadException error)
            {
                report.Paragraph($"{name} was not measured to the end: {error.Message}");
            }
            raw[$"{name}, FastKv, BGSAVE"] = stalls;
            report.Table([["", .. ways.Select(w => w.Name)], [name, .. ways.Select(w => stalls.TryGetValue(w.Name, out Stall? s) ? Cell(s) : "")]]);
            double longest(Func<Stall, double> figure) => stalls.Count == 0 ? double.NaN : stalls.Values.Max(figure);
            report.AtMost($"Longest turn while {name} changes during BGSAVE", longest(s => s.LongestTurnMs), TurnLimitMs, "ms");
            report.AtMost($"Longest PING while {name} changes during BGSAVE", longest(s => s.LongestPingMs), TurnLimitMs, "ms");
        }
    }

    /// <summary>What starts FastKv in a folder without the files that the server before it has written there.</summary>
    private static string StartIn(ReportSettings settings, string folder)
    {
        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return $"{settings.FastKv(1)} --dir {folder}";
    }

    private static void ChangeOnceDuringSave(ControlClient control, Way way)
    {
        const int lookMs = 20;
        control.Require("BGSAVE");
        foreach (string[] command in way.Commands.Where(c => c[0] != "SET" || c[1] != Other))
            control.Call(command);
        while (IsSaving(control))
            Thread.Sleep(lookMs);
    }

    // In pieces: a value of zeros made at once would be the longest turn.
    private static void MakeString(ControlClient control)
    {
        const int pieceBytes = 1 << 20;
        const int spareBytes = 1000;
        var random = new Random(1);
        char[] piece = new char[pieceBytes];
        for (long length = 0; length < StringBytes - pieceBytes; length += pieceBytes)
        {
            for (int i = 0; i < pieceBytes; i += 8)
                piece[i] = (char)('a' + random.Next(26));
            control.Require("APPEND", Value, new string(piece));
        }
        control.Require("APPEND", Value, new string('z', pieceBytes - spareBytes));
    }

    private static void MakePendings(ReportSettings settings, ServerProcess server, ControlClient control, long pendings)
    {
        const int readAtOnce = 1000;
        control.Require("XADD", Value, "1-1", "f1", "v");
        Fill(settings, server, $"XADD {Value} * f1 v", pendings);
        control.Require("XGROUP", "CREATE", Value, "g", "0");
        for (long read = 0; read < pendings; read += readAtOnce)
            control.Require("XREADGROUP", "GROUP", "g", $"c{read / readAtOnce % Consumers}", "COUNT", $"{readAtOnce}", "STREAMS", Value, ">");
    }

    private static string Repeat(string element) => string.Join(' ', Enumerable.Repeat(element, ElementsPerCommand));

    private static Dictionary<string, Stall> Measure(ReportSettings settings, string start, LargeValue value, Contender contender, string what)
    {
        using var server = ServerProcess.Start(start, -1);
        using var control = new ControlClient(server.Address.EndPoint);
        double fillSeconds = Fill(settings, server, value.Fill, settings.ManyElements / value.ElementsPerFill);
        var stalls = new Dictionary<string, Stall>();
        foreach (Way way in Ways.Where(w => !contender.IsRival || w.IsOfRivals))
        {
            if (way.Commands.Length > 0 || value.PopCommand is not null)
                Note(way.Name, () => Measure(settings, server, control, value, way));
        }
        if (!contender.IsRival)
        {
            string save = contender.HasJournal ? "BGREWRITEAOF" : "BGSAVE";

            // FLUSHALL was the last way.
            Fill(settings, server, value.Fill, settings.ManyElements / value.ElementsPerFill);
            Note(DeletedDuringSave, () => MeasureSave(settings, server, control, save, () => control.Require("DEL", Value)));
            Note(ChangedDuringSave, () => MeasureSave(settings, server, control, save, () => ChangeDuringSave(control, value.Name)));
            control.Require("FLUSHALL");
        }
        if (value.Name == "hash" && !contender.IsRival)
            Note(FieldsExpired, () => MeasureFields(settings, server, control, fillSeconds));
        return stalls;

        void Note(string way, Func<Stall> measure) => stalls[way] = Undisturbed(contender.IsRival ? 1 : AttemptsMax, $"{what}, {way}", measure);
    }

    /// <summary>Measures, and again while the cores did not run.</summary>
    private static Stall Undisturbed(int attemptsMax, string what, Func<Stall> measure)
    {
        Stall? best = null;
        for (int attempt = 0; attempt < attemptsMax; attempt++)
        {
            Stall stall = measure();
            Console.Error.WriteLine(FormattableString.Invariant(
                $"{DateTime.UtcNow:HH:mm:ss}   {what}: PING {stall.LongestPingMs:F1} ms, turn {stall.LongestTurnMs:F1} ms, over after {stall.GoneMs:F0} ms, standstill {stall.StandstillMs:F1} ms"));
            if (stall.LongestPingMs <= TurnLimitMs || !stall.IsDisturbed)
                return stall;
            if (best is null || stall.StandstillMs < best.StandstillMs)
                best = stall;
        }
        return best!;
    }

    /// <summary>Runs a command over all elements; returns how long that took.</summary>
    private static double Fill(ReportSettings settings, ServerProcess server, string command, long requests)
    {
        LoadOptions options = Compared.Options(settings) with { Connections = 4 };
        using var group = new LoadGroup(options.Recipe(server.Address), options.Connections, 1, options.ClientCores);
        PhaseResult result = group.Run(options.PreloadPhase(new PreloadStep(command, requests, settings.ManyElements)));
        return result.Errors > 0 ? throw new LoadException(result.FirstError ?? "errors") : result.ElapsedSeconds;
    }

    private static Stall Measure(ReportSettings settings, ServerProcess server, ControlClient control, LargeValue value, Way way)
    {
        bool isFlush = way.Name == "FLUSHALL";
        if (isFlush && control.Require("DBSIZE").Trim() == ":0")
            Fill(settings, server, value.Fill, settings.ManyElements / value.ElementsPerFill);
        double usedBefore = MemoryFigures.InfoNumber(control, "memory", "used_memory");
        if (!isFlush)
            control.Require("COPY", Original, Value, "REPLACE");
        foreach (string[] command in way.Commands.SkipLast(1))
            control.Require(command);
        Stall stall = Watch(settings, server, control, isFlush ? double.PositiveInfinity : usedBefore, () =>
        {
            if (way.Commands.Length > 0)
                control.Require(way.Commands[^1]);
            else
                PopAll(control, value.PopCommand!);
        });
        if (!isFlush)
            control.Require("DEL", Value, Other);
        return stall;
    }

    /// <summary>A copy is let go, or changed, while a save is under way that has it.</summary>
    private static Stall MeasureSave(ReportSettings settings, ServerProcess server, ControlClient control, string save, Action change)
    {
        const int lookMs = 20;
        control.Require("COPY", Original, Value, "REPLACE");
        Stall stall = Watch(settings, server, control, double.PositiveInfinity, () =>
        {
            control.Require(save);
            change();
            while (IsSaving(control))
                Thread.Sleep(lookMs);
        });
        control.Require("DEL", Value);
        return stall;
    }

    private static bool IsSaving(ControlClient control)
        => MemoryFigures.InfoNumber(control, "persistence", "rdb_bgsave_in_progress") > 0
        || MemoryFigures.InfoNumber(control, "persistence", "aof_rewrite_in_progress") > 0;

    /// <summary>Elements come, change and go until the save has ended.</summary>
    private static void ChangeDuringSave(ControlClient control, string type)
    {
        const int roundsPerLook = 20;
        var random = new Random(1);
        for (int round = 0; round % roundsPerLook != 0 || IsSaving(control); round++)
        {
            string number = random.Next(1_000_000).ToString(CultureInfo.InvariantCulture);
            string[] names = type is "hash" or "set" or "sorted set"
                ? Texts(control.Require(type == "hash" ? "HRANDFIELD" : type == "set" ? "SRANDMEMBER" : "ZRANDMEMBER", Value, "10"))
                : [];
            string[][] commands = type switch
            {
                "list" => [["LPUSH", Value, number, number], ["RPUSH", Value, number], ["LPOP", Value, "20"], ["RPOP", Value, "20"], ["LSET", Value, number, "changed"]],
                "hash" => [["HSET", Value, "new" + number, number, names[0], number, names[1], number], ["HDEL", Value, .. names[2..]]],
                "set" => [["SADD", Value, "new" + number], ["SREM", Value, .. names], ["SPOP", Value, "10"]],
                "sorted set" => [["ZADD", Value, number, "new" + number, number, names[0], number, names[1]], ["ZREM", Value, .. names[2..]], ["ZPOPMIN", Value, "10"]],
                _ => [["XADD", Value, "*", "f1", number], ["XTRIM", Value, "MAXLEN", "~", "1000000"]],
            };
            foreach (string[] command in commands)
                control.Call(command);
        }
    }

    /// <summary>The bulk strings of an array.</summary>
    private static string[] Texts(string reply) =>
        [.. reply.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] is not ('$' or '*'))];

    /// <summary>A hash whose fields all expire at one time, a while after it has been filled.</summary>
    private static Stall MeasureFields(ReportSettings settings, ServerProcess server, ControlClient control, double fillSecondsWithout)
    {
        const double MarginSeconds = 3;
        const double FillRatioMax = 2.5;
        double usedBefore = MemoryFigures.InfoNumber(control, "memory", "used_memory");
        long expiryMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + (long)(((fillSecondsWithout * FillRatioMax) + MarginSeconds) * 1000);
        string fields = Repeat("{text:8} {bytes:8}");
        Fill(settings, server, string.Create(CultureInfo.InvariantCulture, $"HSETEX {Value} PXAT {expiryMs} FIELDS {ElementsPerCommand} {fields}"),
            settings.ManyElements / ElementsPerCommand);
        string count = control.Require("HLEN", Value).Trim();
        if (count != string.Create(CultureInfo.InvariantCulture, $":{settings.ManyElements}"))
            throw new LoadException($"filling took longer than the fields were to live: HLEN {count}");
        long aheadMs = expiryMs - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        return Watch(settings, server, control, usedBefore, () => Thread.Sleep((int)Math.Max(0, aheadMs)));
    }

    /// <summary>Lets something go and waits until it is freed, with an eye on what others wait for meanwhile.</summary>
    private static Stall Watch(ReportSettings settings, ServerProcess server, ControlClient control, double usedAtEnd, Action letGo)
    {
        if (MemoryFigures.InfoNumber(control, "persistence", "aof_enabled") > 0)
            control.Require("WAITAOF", "1", "0", "60000");
        control.Require("CONFIG", "RESETSTAT");
        using var cores = new CoreWatch(settings.ServerCore, settings.ClientCore);
        using var pinger = new Pinger(server.Address, settings.ClientCore);
        long startTime = Stopwatch.GetTimestamp();
        letGo();
        double commandMs = Stopwatch.GetElapsedTime(startTime).TotalMilliseconds;
        AwaitFreed(settings, control, usedAtEnd);
        double goneMs = Stopwatch.GetElapsedTime(startTime).TotalMilliseconds;
        double longestPingMs = pinger.Stop();
        return new Stall(longestPingMs, LongestTurnMs(control), commandMs, goneMs, cores.Stop());
    }

    private static void PopAll(ControlClient control, string command)
    {
        string reply;
        do
            reply = control.Require(command, Value, "1000");
        while (!reply.StartsWith("*-1", StringComparison.Ordinal) && !reply.StartsWith("*0", StringComparison.Ordinal) && !reply.StartsWith('_'));
    }

    private static void AwaitFreed(ReportSettings settings, ControlClient control, double usedAtEnd)
    {
        const double Slack = 4e6; // Rehashing, buffers.
        const int LookMs = 20;
        long end = Environment.TickCount64 + (settings.Quick ? 5_000 : 60_000);
        while (true)
        {
            Thread.Sleep(LookMs);
            bool isPending = MemoryFigures.InfoNumber(control, "memory", "lazyfree_pending_objects") > 0;
            double used = MemoryFigures.InfoNumber(control, "memory", "used_memory");
            if (!isPending && used < usedAtEnd + Slack)
                break;
            if (Environment.TickCount64 > end)
                throw new LoadException(FormattableString.Invariant($"memory was not freed: used_memory is {used:F0}, {usedAtEnd:F0} before the value was made"));
        }
        Thread.Sleep(LookMs);
    }

    /// <summary>The longest turn of all shards; NaN when the server does not tell.</summary>
    private static double LongestTurnMs(ControlClient control)
    {
        double longest = double.NaN;
        foreach (string part in control.Call("INFO", "runtime").Split([',', '\r', '\n', ':']))
        {
            if (part.StartsWith(TurnField, StringComparison.Ordinal))
                longest = Math.Max(double.IsNaN(longest) ? 0 : longest, double.Parse(part.AsSpan(TurnField.Length), CultureInfo.InvariantCulture) / 1000);
        }
        return longest;
    }

    private static string Cell(Stall stall)
    {
        string longest = Number(stall.LongestPingMs, "F1");
        string marked = stall.LongestPingMs > TurnLimitMs ? $"**{longest}**" : longest;
        string all = double.IsNaN(stall.LongestTurnMs) ? marked : $"{marked} ({Number(stall.LongestTurnMs, "F1")})";
        return stall.IsDisturbed ? $"{all}, standstill {Number(stall.StandstillMs, "F1")}" : all;
    }

    /// <summary>A server that is measured.</summary>
    private sealed record Contender(string Name, bool IsRival, bool HasJournal);

    /// <summary>A value, how it is made and how it is popped.</summary>
    private sealed record LargeValue(string Name, string Fill, int ElementsPerFill, string? PopCommand);

    /// <summary>A way to let a value go; the last command does it.</summary>
    private sealed record Way(string Name, bool IsOfRivals, string[][] Commands);

    /// <summary>What came of it.</summary>
    private sealed record Stall(double LongestPingMs, double LongestTurnMs, double CommandMs, double GoneMs, double StandstillMs)
    {
        public bool IsDisturbed => StandstillMs > CoreWatch.DisturbingMs;
    }
}
