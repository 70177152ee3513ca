using FastKv.Protocol;

namespace FastKv.Engine.Commands.Generic;

/// <summary>
/// WAIT and WAITAOF, as a server answers that has no replicas: none will ever acknowledge anything, so who asks for one waits until his time is up. What the
/// own append-only file has on the disk, WAITAOF waits for (<see cref="Blocking.FileWaits"/>). Data plane.
/// </summary>
internal static class Waiting
{
    [Command("WAIT", Arity = 3, Flags = CommandFlags.NoScript, Group = CommandGroup.Generic, Categories = AclCategories.Connection | AclCategories.NotOfGroup,
        Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Blocks until the asynchronous replication of all preceding write commands sent by the connection is completed.", Complexity = "O(1)",
        Syntax = "numreplicas:integer timeout:integer", Tips = ["request_policy:all_shards", "response_policy:agg_min"])]
    internal static void Wait(ref CommandContext context)
    {
        if (!context.TryInteger(1, out long replicas) || !TryTimeout(ref context, 2, out long timeoutMs))
            return;
        if (replicas <= 0 || context.IsInTransaction)
            ReplyCount(context.Reply, context.Command, local: 0);
        else
            context.Block(firstKey: 0, keyCount: 0, timeoutMs);
    }

    [Command("WAITAOF", Arity = 4, Flags = CommandFlags.NoScript, Group = CommandGroup.Generic,
        Categories = AclCategories.Connection | AclCategories.NotOfGroup, Route = CommandRoute.Connection, Since = "7.2.0",
        Summary = "Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the master and/or replicas.",
        Complexity = "O(1)", Syntax = "numlocal:integer numreplicas:integer timeout:integer", Tips = ["request_policy:all_shards", "response_policy:agg_min"],
        Differs = "It waits for what all clients have written before, not this one only.")]
    internal static void WaitForFile(ref CommandContext context)
    {
        if (!context.TryInteger(1, out long local))
            return;
        if (local is < 0 or > 1)
        {
            context.Reply.Error(Errors.NotZeroOrOne);
            return;
        }
        if (!context.TryInteger(2, out long replicas))
            return;
        if (replicas < 0)
        {
            context.Reply.Error(Errors.NotPositive);
            return;
        }
        if (!TryTimeout(ref context, 3, out long timeoutMs))
            return;
        var log = context.Client.Loop.Server.Aof;
        if (local > 0 && !log.IsOn)
        {
            context.Reply.Error(Errors.WaitWithoutFile);
            return;
        }

        // That appendfsync always holds the reply does not say enough: with no-appendfsync-on-rewrite it may be let go unsynced.
        bool isSafe = log.Writer.IsAllSafe;
        if (context.IsInTransaction || (replicas == 0 && (local == 0 || isSafe)))
            ReplyCount(context.Reply, context.Command, isSafe ? 1 : 0);
        else
            Wait(ref context, log, timeoutMs, endsWithSync: local > 0 && replicas == 0);
    }

    private static void Wait(ref CommandContext context, Persistence.Aof.AppendOnlyLog log, long timeoutMs, bool endsWithSync)
    {
        context.Block(firstKey: 0, keyCount: 0, timeoutMs);
        var client = context.Client;
        if (client.Waiter is not { } waiter || !log.IsOn)
            return;
        waiter.Mark = log.Writer.Mark();
        if (endsWithSync)
            client.Loop.FileWaits.Add(waiter);
    }

    /// <summary>Replies how many have acknowledged to a command whose wait is over without that.</summary>
    internal static void ReplyCount(ReplyWriter reply, Blocking.Waiter waiter)
    {
        var log = waiter.Origin.Server.Aof;
        ReplyCount(reply, waiter.Command, waiter.Mark != 0 && log.IsOn && log.Writer.Synced >= waiter.Mark ? 1 : 0);
    }

    /// <summary>Replies how many have acknowledged: the own file (WAITAOF), and replicas.</summary>
    internal static void ReplyCount(ReplyWriter reply, CommandDescriptor command, int local)
    {
        if (command.Name == "waitaof")
        {
            reply.ArrayHeader(2);
            reply.Integer(local);
        }
        reply.Integer(0);
    }

    private static bool TryTimeout(ref CommandContext context, int index, out long timeoutMs)
    {
        if (!context.TryInteger(index, out timeoutMs, Errors.TimeoutNotAnInteger))
            return false;
        bool isTooLate = timeoutMs > long.MaxValue - context.NowMs;
        if (timeoutMs >= 0 && !isTooLate)
            return true;
        context.Reply.Error(isTooLate ? Errors.TimeoutOutOfRange : Errors.TimeoutNegative);
        return false;
    }
}
