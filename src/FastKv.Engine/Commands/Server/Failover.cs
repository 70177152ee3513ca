namespace FastKv.Engine.Commands.Server;

/// <summary>FAILOVER, as a server answers that has no replicas. Control plane.</summary>
internal static class Failover
{
    [Command("FAILOVER", Arity = -1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Stale, Group = CommandGroup.Server,
        Route = CommandRoute.Connection, Since = "6.2.0", Summary = "Starts a coordinated failover from a server to one of its replicas.",
        Complexity = "O(1)", Syntax = "[TO target(host port [FORCE])] [ABORT] [TIMEOUT milliseconds]", Differs = "there are no replicas yet")]
    internal static void Run(ref CommandContext context)
    {
        if (context.Count == 2 && context.Is(1, "ABORT"u8))
            context.Reply.Error(Errors.NoFailover);
        else if (TryOptions(ref context))
            context.Reply.Error(Errors.FailoverNeedsReplicas);
    }

    private static bool TryOptions(ref CommandContext context)
    {
        bool hasTimeout = false, hasTarget = false, isForced = false;
        for (int i = 1; i < context.Count; i++)
        {
            if (!hasTimeout && i + 1 < context.Count && context.Is(i, "TIMEOUT"u8))
            {
                if (!context.TryInteger(++i, out long timeoutMs))
                    return false;
                if (timeoutMs <= 0)
                {
                    context.Reply.Error(Errors.FailoverTimeout);
                    return false;
                }
                hasTimeout = true;
            }
            else if (!hasTarget && i + 2 < context.Count && context.Is(i, "TO"u8))
            {
                if (!context.TryInteger(i + 2, out _))
                    return false;
                hasTarget = true;
                i += 2;
            }
            else if (!isForced && context.Is(i, "FORCE"u8))
            {
                isForced = true;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }
}
