using FastKv.Engine.Clients;
using FastKv.Engine.Commands;

namespace FastKv.Engine.Monitoring;

/// <summary>The clients that watch what all others do (MONITOR). STUB: there are none.</summary>
internal sealed class Monitors
{
    /// <summary>Shows a command that a client has called; on the thread that runs it.</summary>
    public void Feed(Client client, ref CommandContext context, bool isWithinExec) => _ = client.Id + context.Count + (isWithinExec ? 1 : 0);
}
