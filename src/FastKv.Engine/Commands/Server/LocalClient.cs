using System.Net;
using FastKv.Engine.Clients;

namespace FastKv.Engine.Commands.Server;

/// <summary>Which clients the values "local" of enable-debug-command and enable-protected-configs mean. Control plane.</summary>
internal static class LocalClient
{
    /// <summary>Whether the client is on this machine: a Unix socket, or a loopback address.</summary>
    public static bool Is(Client client) =>
        client.IsUnixSocket || (client.Connection.RemoteEndPoint is IPEndPoint remote && IPAddress.IsLoopback(remote.Address));
}
