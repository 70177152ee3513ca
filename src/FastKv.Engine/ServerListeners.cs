using System.Net;
using System.Net.Sockets;
using FastKv.Engine.Configuration;
using FastKv.Network;

namespace FastKv.Engine;

// Control plane. The addresses that a server listens on: all on the first loop, which hands accepted sockets on. CONFIG SET changes them while it runs.

/// <summary>The listening sockets of a server.</summary>
internal sealed class ServerListeners(FastKvServer server)
{
    /// <summary>How long CONFIG SET waits for the first loop; it answers within a turn.</summary>
    private const int AnswerTimeoutMs = 5000;

    // Errors that an address with a leading '-' may have: the machine has no such address or protocol (ENOPROTOOPT, EPROTONOSUPPORT,
    // ESOCKTNOSUPPORT, EPFNOSUPPORT, EAFNOSUPPORT, EADDRNOTAVAIL). A busy port is an error in any case.
    private static readonly int[] s_forgivenErrors = [92, 93, 94, 96, 97, 99];

    private readonly FastKvServer _server = server;
    private readonly List<(string Address, int Port, Listener Listener)> _tcp = [];
    private EventLoop? _events;
    private Thread? _thread;

    private ServerOptions Options => _server.Options;

    /// <summary>Binds everything configured; on the first loop's thread. Throws <see cref="NetworkException"/>.</summary>
    public void Open(EventLoop events)
    {
        _events = events;
        _thread = Thread.CurrentThread;
        if (Update() is { } error)
            throw new NetworkException(error);
        if (Options.Port != 0 && Options.Bind.Length > 0 && _tcp.Count == 0)
            throw new NetworkException($"Could not bind any address of port {Options.Port}.");
        if (Options.UnixSocket is { Length: > 0 } path)
        {
            var mode = Options.UnixSocketPerm == 0 ? (UnixFileMode?)null : (UnixFileMode)Options.UnixSocketPerm;
            events.Listen(new UnixDomainSocketEndPoint(path), Options.TcpBacklog, mode);
        }
    }

    /// <summary>
    /// Follows a change of <c>port</c> or <c>bind</c>; from any loop. Returns null, or <paramref name="failure"/> when an address cannot be bound.
    /// </summary>
    public string? Change(string failure)
    {
        // Before the start there is nothing to change.
        if (_thread is null)
            return null;
        return RunOnFirstLoop(Update) is null ? null : failure;
    }

    private string? RunOnFirstLoop(Func<string?> action)
    {
        if (Thread.CurrentThread == _thread)
            return action();
        var answer = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Loops[0].Post(() => answer.SetResult(action()));
        return answer.Task.Wait(AnswerTimeoutMs) ? answer.Task.Result : "The first shard does not answer.";
    }

    /// <summary>Makes the sockets those of the options. Returns null, or why an address could not be bound; then none of the new ones is.</summary>
    private string? Update()
    {
        string[] addresses = Options.Port == 0 ? [] : Options.Bind;
        var obsolete = _tcp.Where(open => open.Port != Options.Port || !addresses.Contains(open.Address)).ToList();

        // Another port is tried before the old one is given up; another address of the same port may need it free.
        bool closeFirst = obsolete.Exists(open => open.Port == Options.Port);
        if (closeFirst)
            Close(obsolete);
        int kept = _tcp.Count;
        foreach (string address in addresses)
        {
            bool isOpen = _tcp.Exists(open => open.Port == Options.Port && open.Address == address);
            if (!isOpen && Listen(address) is { } error)
            {
                Close(_tcp.GetRange(kept, _tcp.Count - kept));
                return error;
            }
        }
        if (!closeFirst)
            Close(obsolete);
        return null;
    }

    private void Close(List<(string Address, int Port, Listener Listener)> listeners)
    {
        foreach (var open in listeners)
        {
            _events!.CloseListener(open.Listener);
            _tcp.Remove(open);
        }
    }

    private string? Listen(string address)
    {
        bool isOptional = address.StartsWith('-');
        string name = isOptional ? address[1..] : address;
        try
        {
            _tcp.Add((address, Options.Port, _events!.Listen(new IPEndPoint(Resolve(name), Options.Port), Options.TcpBacklog)));
            return null;
        }
        catch (Exception exception) when (exception is NetworkException or SocketException)
        {
            string message = $"Could not create server TCP listening socket {name}:{Options.Port}: {exception.Message}";
            _server.Log.Warning("Warning: " + message);
            return isOptional && exception is NetworkException network && s_forgivenErrors.Contains(network.ErrorCode) ? null : message;
        }
    }

    private static IPAddress Resolve(string name) => name switch
    {
        "*" => IPAddress.Any,
        "::*" => IPAddress.IPv6Any,
        _ => IPAddress.TryParse(name, out var parsed) ? parsed : Dns.GetHostAddresses(name)[0],
    };
}
