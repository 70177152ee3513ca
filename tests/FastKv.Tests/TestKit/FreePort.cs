using System.Net;
using System.Net.Sockets;

namespace FastKv.Tests.TestKit;

/// <summary>
/// Hands out TCP ports that nobody listens on. They lie under the kernel's ephemeral range (32768 and up), so that no
/// outgoing connection of a parallel test takes one between the check and the server's bind, and none is given twice in a run.
/// </summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int Count = 12_000;
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A port that could be bound a moment ago. A server that fails to bind it asks for another.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                int port = First + Random.Shared.Next(Count);
                if (Given.Contains(port) || !CanBind(port))
                    continue;
                Given.Add(port);
                return port;
            }
        }
    }

    private static bool CanBind(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
