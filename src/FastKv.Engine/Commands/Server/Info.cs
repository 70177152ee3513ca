using FastKv.Engine.Commands.Server.Information;

namespace FastKv.Engine.Commands.Server;

/// <summary>INFO: the sections that its arguments name. Control plane; other shards' counters are read as they stand.</summary>
internal static class Info
{
    [Command("INFO", Arity = -1, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Categories = AclCategories.Dangerous,
        Route = CommandRoute.Connection, Since = "1.0.0", Summary = "Returns information and statistics about the server.", Complexity = "O(1)",
        Syntax = "[section...]", History = ["7.0.0: Added support for taking multiple section arguments."],
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        Differs = "a section `runtime` tells about the garbage collector and the shards; of commands that are fast or O(1), the first 64 calls and then about one in 128 are timed (all, while they take 5 µs or more), and times in commandstats and latencystats are estimated from those; counts are exact; in keyspace, subexpiry is as of Redis 7.4; dump_payload_sanitizations counts whatever sanitize-dump-payload says, for all payloads are looked through")]
    internal static void Reply(ref CommandContext context)
    {
        var sections = context.Count == 1 ? InfoSections.Default : InfoSections.None;
        for (int i = 1; i < context.Count; i++)
            sections |= InfoReport.Find(context[i]);
        var text = InfoText.Rent();
        InfoReport.Write(text, sections, context.Client.Loop.Server);
        context.Reply.VerbatimString(text.Written, "txt"u8);
    }
}
