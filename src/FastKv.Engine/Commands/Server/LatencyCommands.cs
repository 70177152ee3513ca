using System.Text;
using FastKv.Engine.Monitoring;

namespace FastKv.Engine.Commands.Server;

/// <summary>LATENCY: what took at least <c>latency-monitor-threshold</c>, and how long commands take. Control plane.</summary>
[CommandContainer("LATENCY", Group = CommandGroup.Server, Since = "2.8.13", Summary = "A container for latency diagnostics commands.",
    Complexity = "Depends on subcommand.")]
internal static class LatencyCommands
{
    private const CommandFlags Common = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;

    [Command("LATENCY|LATEST", Arity = 2, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.8.13",
        Summary = "Returns the latest latency samples for all events.", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    internal static void Latest(ref CommandContext context)
    {
        var events = context.Client.Loop.Server.Latency.All();
        context.Reply.ArrayHeader(events.Length);
        foreach (var (name, samples, millisecondsMax) in events)
        {
            context.Reply.ArrayHeader(4);
            context.Reply.Bulk(name);
            context.Reply.Integer(samples[^1].UnixSeconds);
            context.Reply.Integer(samples[^1].Milliseconds);
            context.Reply.Integer(millisecondsMax);
        }
    }

    [Command("LATENCY|HISTORY", Arity = 3, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.8.13",
        Summary = "Returns timestamp-latency samples for an event.", Complexity = "O(1)", Syntax = "event",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    internal static void History(ref CommandContext context)
    {
        if (context.Client.Loop.Server.Latency.Find(EventName(ref context)) is not { } found)
        {
            context.Reply.ArrayHeader(0);
            return;
        }
        context.Reply.ArrayHeader(found.Samples.Length);
        foreach (var sample in found.Samples)
        {
            context.Reply.ArrayHeader(2);
            context.Reply.Integer(sample.UnixSeconds);
            context.Reply.Integer(sample.Milliseconds);
        }
    }

    [Command("LATENCY|RESET", Arity = -2, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.8.13",
        Summary = "Resets the latency data for one or more events.", Complexity = "O(1)", Syntax = "[event...]",
        Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    internal static void Reset(ref CommandContext context)
    {
        var monitor = context.Client.Loop.Server.Latency;
        if (context.Count == 2)
        {
            context.Reply.Integer(monitor.Reset(null));
            return;
        }
        int count = 0;
        for (int i = 2; i < context.Count; i++)
            count += monitor.Reset(Encoding.Latin1.GetString(context[i]));
        context.Reply.Integer(count);
    }

    [Command("LATENCY|GRAPH", Arity = 3, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.8.13",
        Summary = "Returns a latency graph for an event.", Complexity = "O(1)", Syntax = "event",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    internal static void Graph(ref CommandContext context)
    {
        var server = context.Client.Loop.Server;
        string name = EventName(ref context);
        if (server.Latency.Find(name) is not { } found)
        {
            context.Reply.Error(Errors.NoLatencySamplesPrefix, context[2], "'"u8);
            return;
        }
        string graph = LatencyGraph.Draw(name, found.Samples, found.MillisecondsMax, server.Clock.UnixMicroseconds / 1_000_000);
        context.Reply.VerbatimString(Encoding.Latin1.GetBytes(graph), "txt"u8);
    }

    [Command("LATENCY|DOCTOR", Arity = 2, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.8.13",
        Summary = "Returns a human-readable latency analysis report.", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"])]
    internal static void Doctor(ref CommandContext context)
    {
        var server = context.Client.Loop.Server;
        string report = LatencyDoctor.Report(server.Latency, server.Options, server.Clock.UnixMicroseconds / 1_000_000);
        context.Reply.VerbatimString(Encoding.ASCII.GetBytes(report), "txt"u8);
    }

    [Command("LATENCY|HISTOGRAM", Arity = -2, Flags = Common, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "7.0.0",
        Summary = "Returns the cumulative distribution of latencies of a subset or all commands.",
        Complexity = "O(N) where N is the number of commands with latency information being retrieved.", Syntax = "[command...]",
        Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        Differs = "of commands that are fast or O(1) not all calls are timed (see INFO), and the distribution is estimated from those; the number of calls is exact")]
    internal static void Histogram(ref CommandContext context)
    {
        var server = context.Client.Loop.Server;
        var reply = context.Reply;
        var map = reply.BeginMap();
        int commands = 0;
        if (context.Count == 2)
        {
            foreach (var command in CommandTable.All)
                commands += WriteHistogram(ref context, server, command);
        }
        for (int i = 2; i < context.Count; i++)
        {
            if (CommandTable.FindByFullName(context[i]) is not { } command)
                continue;
            commands += WriteHistogram(ref context, server, command);
            foreach (var subcommand in command.Subcommands)
                commands += WriteHistogram(ref context, server, subcommand);
        }
        reply.EndMap(map, commands);
    }

    [Command("LATENCY|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "2.8.13", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "LATENCY"u8, """
        DOCTOR
            Return a human readable latency analysis report.
        GRAPH <event>
            Return an ASCII latency graph for the <event> class.
        HISTORY <event>
            Return time-latency samples for the <event> class.
        LATEST
            Return the latest latency samples for all events.
        RESET [<event> ...]
            Reset latency data of one or more <event> classes.
            (default: reset all data for all event classes)
        HISTOGRAM [COMMAND ...]
            Return a cumulative distribution of latencies in the format of a histogram for the specified command names.
            If no commands are specified then all histograms are replied.
        """u8);

    private static string EventName(ref CommandContext context) => Encoding.Latin1.GetString(context[2]);

    /// <summary>One command's entry; nothing, and 0, when it has not run or nobody measured.</summary>
    private static int WriteHistogram(ref CommandContext context, FastKvServer server, CommandDescriptor command)
    {
        if (!command.IsExecutable)
            return 0;
        long timed = 0;
        for (int bucket = 0; bucket < LatencyHistogram.BucketCount; bucket++)
            timed += server.Statistics.LatenciesAt(command, bucket);
        if (timed == 0)
            return 0;

        // The calls since the last one that was timed are taken to be like those before, so that the number is that of commandstats.
        long calls = timed + (server.Options.LatencyTracking ? server.Statistics.UntimedOf(command) : 0);
        var reply = context.Reply;
        reply.BulkString(CommandText.NameOf(command));
        reply.MapHeader(2);
        reply.Pair("calls", calls);
        reply.Bulk("histogram_usec");
        var map = reply.BeginMap();
        long counted = 0, before = 0;
        int steps = 0, next = 0;

        // Doubling from 1024 ns on; a step that adds nothing is left out.
        for (long edge = 1024; next < LatencyHistogram.BucketCount && counted < timed; edge *= 2)
        {
            int last = Math.Min(LatencyHistogram.BucketOf(edge), LatencyHistogram.BucketCount - 1);
            for (; next <= last; next++)
                counted += server.Statistics.LatenciesAt(command, next);
            if (counted == before)
                continue;
            reply.Integer(LatencyHistogram.HighestOf(last) / 1000);
            reply.Integer((long)((Int128)counted * calls / timed));
            before = counted;
            steps++;
        }
        reply.EndMap(map, steps);
        return 1;
    }
}
