using System.Net.Sockets;
using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Blocking;

/// <summary>
/// Several clients of one server, some of them blocked. After each step it waits until the server and the session agree about how many are, so that the
/// transcript of the same steps is the same on every server.
/// </summary>
public sealed class BlockingSession : IDisposable
{
    private const int SettleMs = 60_000;

    private readonly RespClient _control;
    private readonly RespClient[] _clients;
    private readonly string[] _ids;
    private readonly bool[] _pending;

    /// <summary>Connects <paramref name="clients"/> clients and one that observes, and empties the server.</summary>
    public BlockingSession(ServerProcess server, int clients, int protocol)
    {
        _control = server.Connect();
        _control.Call("FLUSHALL");
        _clients = Enumerable.Range(0, clients).Select(_ => server.Connect()).ToArray();
        foreach (RespClient client in _clients)
            client.Call("HELLO", protocol.ToString());
        _ids = _clients.Select(client => client.Call("CLIENT", "ID").Text).ToArray();
        _pending = new bool[clients];
    }

    /// <summary>Clients that wait for a reply.</summary>
    public int PendingCount => _pending.Count(pending => pending);

    /// <summary>Has a client send a command, unless it is blocked; returns what all clients received since the step before.</summary>
    public string Step(int client, params string[] command)
    {
        if (_pending[client])
            return $"{client} is blocked\n";
        _clients[client].Send(command);
        _pending[client] = true;
        return Settle();
    }

    /// <summary>Unblocks a client from outside.</summary>
    public string Unblock(int client, string reason)
    {
        RespFrame reply = _control.Call("CLIENT", "UNBLOCK", _ids[client], reason);
        string text = reply + "\n";

        // The reply of CLIENT UNBLOCK does not wait for that of the client it unblocks.
        if (reply.Text == "1")
        {
            text += $"{client}: {_clients[client].Read()}\n";
            _pending[client] = false;
        }
        return text + Settle();
    }

    /// <summary>Closes a client's connection.</summary>
    public void Close(int client)
    {
        _clients[client].Dispose();
        _pending[client] = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RespClient client in _clients)
            client.Dispose();
        _control.Dispose();
    }

    /// <summary>Reads replies until those that wait are those that the server calls blocked.</summary>
    private string Settle()
    {
        var received = new SortedDictionary<int, string>();
        long end = Environment.TickCount64 + SettleMs;
        while (true)
        {
            for (int i = 0; i < _clients.Length; i++)
            {
                if (!_pending[i] || !_clients[i].Socket.Poll(0, SelectMode.SelectRead))
                    continue;
                received[i] = _clients[i].Read().ToString();
                _pending[i] = false;
            }
            if (BlockedClients() == PendingCount)
                break;
            if (Environment.TickCount64 > end)
                throw new TimeoutException($"{PendingCount} clients wait, the server says {BlockedClients()}");
        }
        var text = new StringBuilder();
        foreach (var (client, reply) in received)
            text.Append(client).Append(": ").Append(reply).Append('\n');
        return text.ToString();
    }

    private int BlockedClients()
    {
        string info = _control.Call("INFO", "clients").Text;
        int start = info.IndexOf("blocked_clients:", StringComparison.Ordinal) + "blocked_clients:".Length;
        return int.Parse(info.AsSpan(start, info.IndexOf('\r', start) - start));
    }
}
