using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using FastKv.Engine.Sharding;
using FastKv.Network;
using Microsoft.Extensions.ObjectPool;

namespace FastKv.Engine.Clients;

// Control plane. All clients of all loops: accepting, spreading them over the loops, admission (maxclients, protected mode), lookup by id.

/// <summary>The clients of a server.</summary>
internal sealed class ClientRegistry(FastKvServer server)
{
    private const string DeniedText =
        "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. " +
        "In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis " +
        "you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' " +
        "from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not " +
        "publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just " +
        "disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then " +
        "restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " +
        "4) Set up an authentication password for the default user. NOTE: You only need to do one of the above things in order for the " +
        "server to start accepting connections from the outside.\r\n";

    private readonly FastKvServer _server = server;
    private readonly ConcurrentDictionary<long, Client> _clients = new();
    private readonly ObjectPool<Client> _pool = new DefaultObjectPool<Client>(new ClientPolicy(), 1024);
    private long _nextId;
    private int _count;
    private int _nextLoop;

    /// <summary>Connected clients.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>All clients in the order of their ids, but for those that are about to be closed because they were killed.</summary>
    public IEnumerable<Client> All => _clients.Values.Where(static client => !client.IsEnded).OrderBy(static client => client.Id);

    public Client? Find(long id) => _clients.TryGetValue(id, out var client) && !client.IsEnded ? client : null;

    /// <summary>
    /// Takes a client out of what is listed, found and counted, because it is being killed; it goes when its loop has closed the connection. Any thread.
    /// </summary>
    /// <returns>False: the session with this id is over, or somebody else is killing it.</returns>
    public bool TryEnd(Client client, long id)
    {
        if (!client.TryMarkEnded(id))
            return false;
        Interlocked.Decrement(ref _count);
        return true;
    }

    /// <summary>Hands an accepted socket to the next loop in turn, so that connections are spread evenly.</summary>
    public void Distribute(int socket, Listener listener)
    {
        var loop = _server.Loops[(uint)Interlocked.Increment(ref _nextLoop) % (uint)_server.Loops.Length];
        bool isUnixSocket = listener.IsUnixSocket;
        if (_server.Loops.Length == 1)
            loop.Sockets.Adopt(socket, isUnixSocket);
        else
            loop.Post(() => loop.Sockets.Adopt(socket, isUnixSocket));
    }

    public Client Create(ShardLoop loop, long nowMs)
    {
        var client = _pool.Get();
        client.Id = Interlocked.Increment(ref _nextId);
        client.Loop = loop;
        client.CreatedMs = client.LastInteractionMs = nowMs;
        client.Gate = _server.CommonGate;
        _server.Acl.BeginSession(client);
        if (_server.Pause.IsOn(nowMs) || loop.IsPressed)
            client.Gate |= ClientGate.Pause;
        return client;
    }

    /// <summary>Registers an adopted client, or refuses it with Redis's text.</summary>
    public void Admit(Client client)
    {
        _clients[client.Id] = client;
        int count = Interlocked.Increment(ref _count);
        client.Address = Describe(client.Connection.RemoteEndPoint, client.IsUnixSocket);
        client.LocalAddress = Describe(client.Connection.LocalEndPoint, client.IsUnixSocket);
        if (count > _server.Options.MaxClients)
        {
            client.Loop.Statistics.ConnectionsRejected++;
            Refuse(client, "-ERR max number of clients reached\r\n");
            return;
        }
        if (_server.Options.ProtectedMode && _server.Acl.Default.Rules.NoPassword && !client.IsUnixSocket &&
            client.Connection.RemoteEndPoint is IPEndPoint remote && !IPAddress.IsLoopback(remote.Address))
        {
            client.Loop.Statistics.ConnectionsRejected++;
            Refuse(client, DeniedText);
            return;
        }
        if (!client.IsUnixSocket && _server.Options.TcpKeepAlive > 0)
            SocketOptions.SetKeepAlive(client.Connection.Socket, _server.Options.TcpKeepAlive);
        if (_server.Log.IsEnabled(Logging.LogLevel.Verbose))
            _server.Log.Verbose($"Accepted {client.Address}");
    }

    /// <summary>Takes a closed client out and returns its object to the pool.</summary>
    public void Remove(Client client)
    {
        if (!_clients.TryRemove(client.Id, out _))
            return;
        TryEnd(client, client.Id);
        _pool.Return(client);
    }

    private static void Refuse(Client client, string text)
    {
        client.Connection.Output.Append(System.Text.Encoding.ASCII.GetBytes(text));
        client.CloseAfterReply();
        client.Loop.Sockets.Flush(client);
    }

    private string Describe(EndPoint? endPoint, bool isUnixSocket) =>
        isUnixSocket ? $"{_server.Options.UnixSocket}:0" : endPoint is IPEndPoint { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } ip6
            ? $"[{ip6.Address}]:{ip6.Port}" : endPoint?.ToString() ?? "?:0";

    private sealed class ClientPolicy : PooledObjectPolicy<Client>
    {
        public override Client Create() => new();

        public override bool Return(Client client)
        {
            client.Recycle();
            return true;
        }
    }
}
