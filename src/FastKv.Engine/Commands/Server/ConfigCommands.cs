using System.Text;

namespace FastKv.Engine.Commands.Server;

// Control plane. CONFIG changes what every shard reads, and has effects: SET, REWRITE and RESETSTAT run as exclusive commands over all
// partitions, so that there is one at a time, and counters are reset while nobody counts.

/// <summary>CONFIG GET, SET, REWRITE, RESETSTAT and HELP.</summary>
[CommandContainer("CONFIG", Group = CommandGroup.Server, Since = "2.0.0", Summary = "A container for server configuration commands.",
    Complexity = "Depends on subcommand.")]
internal static class ConfigCommands
{
    private const CommandFlags Common = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;
    private const AclCategories Restricted = AclCategories.Admin | AclCategories.Dangerous;
    private const string PerParameter = "O(N) when N is the number of configuration parameters provided";

    [Command("CONFIG|GET", Arity = -3, Flags = Common, Group = CommandGroup.Server, Categories = Restricted, Route = CommandRoute.Connection, Since = "2.0.0",
        Summary = "Returns the effective values of configuration parameters.", Complexity = PerParameter, Syntax = "parameter(parameter)...",
        History = ["7.0.0: Added the ability to pass multiple pattern parameters in one call"])]
    internal static void Get(ref CommandContext context)
    {
        var globs = new string[context.Count - 2];
        for (int i = 0; i < globs.Length; i++)
            globs[i] = Encoding.Latin1.GetString(context[i + 2]);
        var found = context.Client.Loop.Server.Config.Get(globs).ToList();
        context.Reply.MapHeader(found.Count);
        foreach (var (name, value) in found)
        {
            context.Reply.BulkString(Encoding.Latin1.GetBytes(name));
            context.Reply.BulkString(Encoding.Latin1.GetBytes(value));
        }
    }

    [Command("CONFIG|SET", Arity = -4, Flags = Common, Group = CommandGroup.Server, Categories = Restricted, Route = CommandRoute.Everywhere, Since = "2.0.0",
        Summary = "Sets configuration parameters in-flight.", Complexity = PerParameter, Syntax = "(parameter value)...",
        History = ["7.0.0: Added the ability to set multiple parameters in one call."],
        Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    internal static void Set(ref CommandContext context)
    {
        if ((context.Count & 1) != 0)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        var pairs = new (string Name, string Value)[(context.Count - 2) / 2];
        for (int i = 0; i < pairs.Length; i++)
            pairs[i] = (Encoding.Latin1.GetString(context[2 * i + 2]), Encoding.Latin1.GetString(context[2 * i + 3]));
        var server = context.Client.Loop.Server;
        server.Aof.IsWithinTransaction = context.IsInTransaction;
        string? error = server.Config.Set(pairs, LocalClient.Is(context.Client), server.Loading.IsOn);
        Finish(ref context, error);
    }

    [Command("CONFIG|REWRITE", Arity = 2, Flags = Common, Group = CommandGroup.Server, Categories = Restricted, Route = CommandRoute.Everywhere,
        Since = "2.8.0", Summary = "Persists the effective configuration to file.", Complexity = "O(1)")]
    internal static void Rewrite(ref CommandContext context) => Finish(ref context, context.Client.Loop.Server.Config.Rewrite());

    [Command("CONFIG|RESETSTAT", Arity = 2, Flags = Common, Group = CommandGroup.Server, Categories = Restricted, Route = CommandRoute.Everywhere,
        Since = "2.0.0", Summary = "Resets the server's statistics.", Complexity = "O(1)")]
    internal static void ResetStatistics(ref CommandContext context)
    {
        context.Client.Loop.Server.Statistics.Reset();
        context.Reply.Ok();
    }

    [Command("CONFIG|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "5.0.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "CONFIG"u8, """
        GET <pattern>
            Return parameters matching the glob-like <pattern> and their values.
        SET <directive> <value>
            Set the configuration <directive> to <value>.
        RESETSTAT
            Reset statistics reported by the INFO command.
        REWRITE
            Rewrite the configuration file.
        """u8);

    private static void Finish(ref CommandContext context, string? error)
    {
        if (error is null)
            context.Reply.Ok();
        else
            context.Reply.Error(Encoding.Latin1.GetBytes(error));
    }
}
