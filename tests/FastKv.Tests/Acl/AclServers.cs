using FastKv.Tests.TestKit;

namespace FastKv.Tests.Acl;

/// <summary>redis-server and FastKv side by side, for tests that send the same to both.</summary>
public abstract class AclServers : IDisposable
{
    private string[]? _missing;

    protected AclServers(ServerKind kind)
    {
        Redis = ServerProcess.Start(ServerKind.Redis);
        FastKv = ServerProcess.Start(kind);
    }

    public ServerProcess Redis { get; }

    public ServerProcess FastKv { get; }

    /// <summary>Commands and subcommands of redis-server that FastKv does not have (yet), parents only where the whole container is missing.</summary>
    public string[] Missing => _missing ??= FindMissing();

    /// <summary>A connection that speaks the given protocol.</summary>
    public static RespClient Connect(ServerProcess server, int protocol)
    {
        RespClient client = server.Connect();
        if (protocol == 3)
            client.Call("HELLO", "3");
        return client;
    }

    public void Dispose()
    {
        Redis.Dispose();
        FastKv.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>All commands and subcommands of a server.</summary>
    public static HashSet<string> Names(ServerProcess server)
    {
        using RespClient client = server.Connect();
        return [.. client.Call("COMMAND", "LIST").Items!.Select(name => name.Text)];
    }

    private string[] FindMissing()
    {
        var known = Names(FastKv);
        var missing = Names(Redis).Where(name => !known.Contains(name)).ToHashSet();
        return [.. missing.Where(name => !missing.Contains(name.Split('|')[0]) || !name.Contains('|')).Order(StringComparer.Ordinal)];
    }
}

/// <summary>FastKv on one shard.</summary>
public sealed class AclOneShard() : AclServers(ServerKind.FastKv1);

/// <summary>FastKv on three shards.</summary>
public sealed class AclThreeShards() : AclServers(ServerKind.FastKv3);
