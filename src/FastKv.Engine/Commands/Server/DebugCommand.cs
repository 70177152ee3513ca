using System.Globalization;
using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Server;

// Control plane. DEBUG is one command, as in Redis, so that its subcommands share a check and an error text. It runs as an exclusive command
// over all partitions: a debugging tool may look anywhere, and what it stops is stopped as it would be in a server of one thread.

/// <summary>DEBUG, for test suites; only with <c>enable-debug-command</c>.</summary>
internal static class DebugCommand
{
    /// <summary>Redis shows at most this many bytes of an unknown subcommand.</summary>
    private const int ShownBytesMax = 128;

    private const ulong PackedThresholdLimit = 4UL << 30;

    [Command("DEBUG", Arity = -2, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Categories = AclCategories.Admin | AclCategories.Dangerous, Route = CommandRoute.Everywhere, Since = "1.0.0",
        Summary = "A container for debugging commands.", Complexity = "Depends on subcommand.", SystemCommand = true,
        Differs = "has STRINGMATCH-LEN; has not what concerns parts that are not there, or crashes the server")]
    internal static void Run(ref CommandContext context)
    {
        if (ProtectedCommands.Find(context.Client, context.Command) != ProtectedCommand.None)
            Reject(ref context);
        else if (!RunWithoutKeys(ref context) && !RunWithKeys(ref context))
            context.Reply.Error(Errors.DebugUnknownPrefix, context[1][..Math.Min(context[1].Length, ShownBytesMax)], Errors.DebugUnknownSuffix);
    }

    /// <summary>In Redis this check precedes the call.</summary>
    private static void Reject(ref CommandContext context)
    {
        context.Reply.Error(Errors.DebugNotAllowed);
        context.Reply.Errors!.IsRejection = true;
    }

    /// <summary>Runs a subcommand about the server; false: there is none of that name and number of arguments.</summary>
    private static bool RunWithoutKeys(ref CommandContext context)
    {
        var server = context.Client.Loop.Server;
        if (Is(ref context, "HELP"u8, 2))
        {
            DebugHelp.Reply(ref context);
        }
        else if (Is(ref context, "SLEEP"u8, 3))
        {
            Sleep(context[2]);
            context.Reply.Ok();
        }
        else if (Is(ref context, "SET-ACTIVE-EXPIRE"u8, 3))
        {
            foreach (var partition in server.Partitions)
                partition.ActiveExpiry.IsOn = LeadingInteger(context[2]) != 0;
            context.Reply.Ok();
        }
        else if (Is(ref context, "SET-SKIP-CHECKSUM-VALIDATION"u8, 3))
        {
            server.Options.SkipChecksumValidation = LeadingInteger(context[2]) != 0;
            context.Reply.Ok();
        }
        else if (Is(ref context, "CHANGE-REPL-ID"u8, 2))
        {
            server.Log.Warning("Changing replication IDs after receiving change-repl-id");
            server.ChangeReplicationId();
            context.Reply.Ok();
        }
        else if (Is(ref context, "QUICKLIST-PACKED-THRESHOLD"u8, 3))
        {
            SetPackedThreshold(ref context);
        }
        else if (Is(ref context, "STRINGMATCH-LEN"u8, 4))
        {
            context.Reply.Integer(Glob.IsMatch(context[2], context[3]) ? 1 : 0);
        }
        else if (Is(ref context, "STRINGMATCH-TEST"u8, 2))
        {
            MatchRandomStrings();
            context.Reply.SimpleString("Apparently Redis did not crash: test passed"u8);
        }
        else if (Is(ref context, "ERROR"u8, 3))
        {
            // Redis writes this one past its counters: a client's text is no error of the server.
            var uncounted = context.Reply;
            uncounted.Errors = null;
            uncounted.Error(context[2]);
        }
        else if (Is(ref context, "LOG"u8, 3))
        {
            server.Log.Warning("DEBUG LOG: " + Encoding.Latin1.GetString(context[2]));
            context.Reply.Ok();
        }
        else if (Is(ref context, "PROTOCOL"u8, 3))
        {
            DebugProtocol.Reply(ref context);
        }
        else
        {
            return false;
        }
        return true;
    }

    /// <summary>Runs a subcommand about data; false: there is none of that name and number of arguments.</summary>
    private static bool RunWithKeys(ref CommandContext context)
    {
        if (context.Partition.IsLoading)
        {
            // Redis shows, saves or exchanges what it has loaded so far.
            context.Reply.Error(Errors.Loading);
            return true;
        }
        if (Is(ref context, "OBJECT"u8, 3))
            DebugKeys.Describe(ref context);
        else if (Is(ref context, "SDSLEN"u8, 3))
            DebugKeys.StringLengths(ref context);
        else if (Is(ref context, "LISTPACK"u8, 3))
            DebugKeys.Print(ref context, isQuicklist: false);
        else if (Is(ref context, "QUICKLIST"u8, 3) || Is(ref context, "QUICKLIST"u8, 4))
            DebugKeys.Print(ref context, isQuicklist: true);
        else if (Is(ref context, "HTSTATS-KEY"u8, 3))
            DebugKeys.ValueTableStatistics(ref context);
        else if (Is(ref context, "HTSTATS"u8, 3))
            DebugKeys.TableStatistics(ref context);
        else if (context.Count is >= 3 and <= 5 && context.Is(1, "POPULATE"u8))
            DebugKeys.Populate(ref context);
        else if (context.Count == 2 && context.Is(1, "LOADAOF"u8))
        {
            if (context.Client.Loop.Server.TryReloadJournal())
                context.Reply.Ok();
            else
                context.Reply.Error(Errors.DebugLoadAofFailed);
        }
        else if (context.Count >= 2 && context.Is(1, "RELOAD"u8))
            DebugReload.Run(ref context);
        else if (Is(ref context, "DIGEST"u8, 2))
            DebugDigest.OfAll(ref context);
        else if (context.Count >= 3 && context.Is(1, "DIGEST-VALUE"u8))
            DebugDigest.OfValues(ref context);
        else
            return false;
        return true;
    }

    private static bool Is(ref CommandContext context, ReadOnlySpan<byte> name, int count) => context.Count == count && context.Is(1, name);

    private static void Sleep(ReadOnlySpan<byte> seconds)
    {
        if (double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) && parsed > 0)
            Thread.Sleep(TimeSpan.FromSeconds(Math.Min(parsed, int.MaxValue / 1000)));
    }

    /// <summary>As C's atoi: the number in front, 0 when there is none.</summary>
    private static int LeadingInteger(ReadOnlySpan<byte> text)
    {
        int value = 0;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                break;
            value = unchecked(value * 10 + digit - '0');
        }
        return value;
    }

    private static void SetPackedThreshold(ref CommandContext context)
    {
        // Redis keeps elements above it in nodes of their own; here nodes of one element grow to any size, and need no threshold.
        if (MemorySize.TryParse(Encoding.Latin1.GetString(context[2]), out ulong bytes) && bytes < PackedThresholdLimit)
            context.Reply.Ok();
        else
            context.Reply.Error(Errors.PackedThreshold);
    }

    /// <summary>Random patterns on random texts of an alphabet full of special characters.</summary>
    private static void MatchRandomStrings()
    {
        const int rounds = 100_000;
        const int bytesMax = 32;
        var random = new RandomSource((ulong)Environment.TickCount64);
        Span<byte> pattern = stackalloc byte[bytesMax];
        Span<byte> text = stackalloc byte[bytesMax];
        for (int i = 0; i < rounds; i++)
        {
            Fill(pattern, ref random);
            Fill(text, ref random);
            _ = Glob.IsMatch(pattern[..(int)random.Below(bytesMax)], text[..(int)random.Below(bytesMax)], ignoreCase: (i & 1) != 0);
        }

        static void Fill(Span<byte> bytes, ref RandomSource random)
        {
            var alphabet = "*?[]^-\\ab"u8;
            foreach (ref byte value in bytes)
                value = alphabet[(int)random.Below(alphabet.Length)];
        }
    }
}
