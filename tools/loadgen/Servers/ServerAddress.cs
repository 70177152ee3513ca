// Where a server listens, and as which process it runs. Control plane.
using System.Net;
using System.Net.Sockets;
using FastKv.LoadGen.Load;

namespace FastKv.LoadGen.Servers;

/// <summary>An address as given on the command line.</summary>
/// <param name="Text">As given, without the process id.</param>
/// <param name="EndPoint">What to connect to.</param>
/// <param name="ProcessId">0 when not given.</param>
internal sealed record ServerAddress(string Text, EndPoint EndPoint, int ProcessId)
{
    /// <summary>Whether the server runs on this machine, so that its process can be looked at.</summary>
    public bool IsLocal => EndPoint is UnixDomainSocketEndPoint || (EndPoint is IPEndPoint ip && IPAddress.IsLoopback(ip.Address));

    /// <summary>A port of the loopback interface.</summary>
    public static ServerAddress Loopback(int port) => new($"127.0.0.1:{port}", new IPEndPoint(IPAddress.Loopback, port), 0);

    /// <summary>Reads <c>host:port</c>, <c>[ipv6]:port</c>, <c>port</c>, <c>unix:path</c> or <c>/path</c>, each with <c>,pid</c> behind it or not.</summary>
    /// <exception cref="FormatException">It is none of these, or the host is unknown.</exception>
    public static ServerAddress Parse(string text)
    {
        int processId = 0;
        int comma = text.LastIndexOf(',');
        if (comma >= 0)
        {
            if (!int.TryParse(text.AsSpan(comma + 1), out processId) || processId <= 0)
                throw new FormatException($"A process id is a positive number: {text}");
            text = text[..comma];
        }
        return new ServerAddress(text, ParseEndPoint(text), processId);
    }

    private static EndPoint ParseEndPoint(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return new UnixDomainSocketEndPoint(text[5..]);
        if (text.StartsWith('/'))
            return new UnixDomainSocketEndPoint(text);
        int colon = text.LastIndexOf(':');
        string host = colon <= 0 ? "127.0.0.1" : text[..colon].Trim('[', ']');
        if (!ushort.TryParse(text.AsSpan(colon + 1), out ushort port))
            throw new FormatException($"An address is host:port or the path of a Unix socket: {text}");
        if (IPAddress.TryParse(host, out IPAddress? address))
            return new IPEndPoint(address, port);
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return new IPEndPoint(found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0], port);
        }
        catch (SocketException error)
        {
            throw new FormatException($"{host}: {error.Message}");
        }
    }

    /// <summary>A TCP port of the loopback interface that is free now.</summary>
    public static int FindFreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Throws when the process of this address cannot be measured.</summary>
    public static void CheckProcess(int processId)
    {
        if (CpuClock.ProcessNs(processId) < 0)
            throw new LoadException($"There is no process {processId}");
    }
}
