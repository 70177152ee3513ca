using FastKv.Protocol;

namespace FastKv.Engine.Commands.Generic;

/// <summary>
/// WAIT and WAITAOF, as a server answers that has no replicas and no append-only file: nobody will ever acknowledge anything, so who asks for more than
/// nothing waits until his time is up. Data plane.
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
            ReplyCount(context.Reply, context.Command);
        else
            context.Block(firstKey: 0, keyCount: 0, timeoutMs);
    }

    [Command("WAITAOF", Arity = 4, Flags = CommandFlags.NoScript, Group = CommandGroup.Generic,
        Categories = AclCategories.Connection | AclCategories.NotOfGroup, Route = CommandRoute.Connection, Since = "7.2.0",
        Summary = "Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the master and/or replicas.",
        Complexity = "O(1)", Syntax = "numlocal:integer numreplicas:integer timeout:integer", Tips = ["request_policy:all_shards", "response_policy:agg_min"])]
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
        if (local > 0)
            context.Reply.Error(Errors.WaitWithoutFile);
        else if (replicas == 0 || context.IsInTransaction)
            ReplyCount(context.Reply, context.Command);
        else
            context.Block(firstKey: 0, keyCount: 0, timeoutMs);
    }

    /// <summary>Replies how many have acknowledged.</summary>
    internal static void ReplyCount(ReplyWriter reply, CommandDescriptor command)
    {
        if (command.Name == "waitaof")
        {
            reply.ArrayHeader(2);
            reply.Integer(0);
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
