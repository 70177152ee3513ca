using FastKv.Engine.Persistence.Aof;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>A log that consists of the base of another one and nothing else: what a server finds that starts on it is the instant of the rewrite.</summary>
internal sealed class BaseAlone : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="directory">Where the files of the other log are.</param>
    /// <param name="isRdb">What its base must be.</param>
    public BaseAlone(string directory, bool isRdb = false)
    {
        string manifest = File.ReadAllText(Path.Combine(directory, "appendonly.aof.manifest"));
        string name = AofManifest.Parse(manifest).Base!.Name;
        Assert.EndsWith(isRdb ? ".base.rdb" : ".base.aof", name, StringComparison.Ordinal);
        string target = Path.Combine(_folder.Path, "appendonlydir");
        Directory.CreateDirectory(target);
        File.Copy(Path.Combine(directory, name), Path.Combine(target, name));
        File.WriteAllText(Path.Combine(target, "appendonly.aof.manifest"), manifest.Split('\n').Single(line => line.EndsWith(" type b", StringComparison.Ordinal)) + "\n");
        Manifest = Path.Combine(target, "appendonly.aof.manifest");
    }

    /// <summary>What redis-check-aof takes.</summary>
    public string Manifest { get; }

    /// <summary>What a server finds.</summary>
    public T Loaded<T>(bool isFastKv, int shards, Func<RespClient, T> look)
    {
        string[] options = isFastKv ? ["--shards", $"{shards}"] : [];
        using var server = new AofServer(_folder.Path, isFastKv, [.. options, "--enable-debug-command", "yes"]);
        using RespClient client = server.Connect();
        return look(client);
    }

    /// <summary>Waits until a rewrite has ended well.</summary>
    public static void Await(RespClient client)
    {
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.Contains("aof_last_bgrewrite_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
