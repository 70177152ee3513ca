using FastKv.Engine.Clients;

namespace FastKv.Engine.Commands.Server;

/// <summary>MONITOR: the client sees all commands of all clients from now on. Control plane.</summary>
internal static class Monitor
{
    [Command("MONITOR", Arity = 1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "1.0.0",
        Summary = "Listens for all requests received by the server in real-time.",
        Complexity = "O(N) for each command shown, where N is the length of its arguments")]
    internal static void Run(ref CommandContext context)
    {
        if (context.IsInTransaction)
        {
            context.Reply.Error(Errors.MonitorNotAllowed);
            return;
        }

        // A monitor that asks again is not answered.
        if ((context.Client.Gate & ClientGate.IsMonitor) != 0)
            return;
        context.Client.Loop.Server.Monitors.Add(context.Client);
        context.Reply.Ok();
    }
}
