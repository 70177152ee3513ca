using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Introspection;

/// <summary>redis-server, and FastKv on one shard and on three; started once for a class of tests.</summary>
public sealed class ServerTriple : IDisposable
{
    /// <summary>The real one.</summary>
    public ServerProcess Redis { get; } = ServerProcess.Start(ServerKind.Redis);

    /// <summary>FastKv on one shard.</summary>
    public ServerProcess FastKv1 { get; } = ServerProcess.Start(ServerKind.FastKv1);

    /// <summary>FastKv on three shards.</summary>
    public ServerProcess FastKv3 { get; } = ServerProcess.Start(ServerKind.FastKv3);

    /// <summary>FastKv on so many shards.</summary>
    public ServerProcess FastKv(int shards) => shards == 1 ? FastKv1 : FastKv3;

    /// <summary>A client that speaks the protocol version.</summary>
    public static RespClient Connect(ServerProcess server, int protocol)
    {
        RespClient client = server.Connect();
        client.Call("HELLO", protocol.ToString());
        return client;
    }

    /// <summary>Calls each line's command, words apart by blanks, and returns lines and replies.</summary>
    public static string Run(RespClient client, params string[] lines)
    {
        var text = new StringBuilder();
        foreach (string line in lines)
            text.Append(line).Append(" => ").Append(client.Call(line.Split(' '))).Append('\n');
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Redis.Dispose();
        FastKv1.Dispose();
        FastKv3.Dispose();
    }
}
